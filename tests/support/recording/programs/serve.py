"""Python's own server, with who served each request written to a log.

    serve.py KIND PORT SITE LOG

KIND is single, threads or forks. A line of the log is the client's port, the process and the
kernel's id of the thread; it is written by the server itself, apart from what it answers.
"""

import os
import sys
import threading
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler, ThreadingHTTPServer
from socketserver import ForkingMixIn


class Handler(SimpleHTTPRequestHandler):
    """Serves files and writes down who does."""

    log: int

    def parse_request(self) -> bool:
        """Note who read a request."""
        line = f"{self.client_address[1]} {os.getpid()} {threading.get_native_id()}\n"
        os.write(self.log, line.encode())
        return super().parse_request()

    def log_message(self, *_: object) -> None:
        """Be quiet."""


class ForkingHTTPServer(ForkingMixIn, HTTPServer):
    """A process for each connection."""


KINDS = {"single": HTTPServer, "threads": ThreadingHTTPServer, "forks": ForkingHTTPServer}


def main() -> None:
    """Serve until ended."""
    kind, port, site, log = sys.argv[1:]
    Handler.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    Handler.protocol_version = os.environ.get("PROTOCOL", "HTTP/1.0")
    KINDS[kind](("127.0.0.1", int(port)), partial(Handler, directory=site)).serve_forever()


if __name__ == "__main__":
    main()
