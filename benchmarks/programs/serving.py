"""Run one of the servers that pip can install on the small application: ``serving.py NAME PORT THREADS``."""

import functools
import http.server
import os
import sys


def main(name: str, port: int, threads: int) -> None:
    """Serve on loopback until a signal ends it."""
    if name == "waitress":
        import waitress
        from static_app import application

        waitress.serve(application, host="127.0.0.1", port=port, threads=threads, _quiet=True)
    elif name == "cheroot":
        from cheroot import wsgi
        from static_app import application

        wsgi.Server(("127.0.0.1", port), application, numthreads=threads).start()
    else:
        handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=os.environ["FOLDER"])
        http.server.SimpleHTTPRequestHandler.protocol_version = "HTTP/1.1"
        http.server.ThreadingHTTPServer(("127.0.0.1", port), handler).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
