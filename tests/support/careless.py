"""A server that does what no server should, and says so: run as ``python careless.py ROOT``.

It prints its port, and then for every request a line of JSON: the findings that it has just made true.
"""

import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

ROOT = sys.argv[1] if len(sys.argv) > 1 else "."


class Careless(BaseHTTPRequestHandler):
    """Opens whatever a path leads to, runs and writes what it is told to."""

    def do_GET(self) -> None:
        """Say what is about to be answered, and answer."""
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        true: list[tuple[str, str]] = []
        if "run" in query:
            body = subprocess.run(["/bin/echo", query["run"]], check=True, capture_output=True).stdout
            true.append(("exec", "/bin/echo"))
        elif "put" in query:
            Path(ROOT, query["put"]).write_text("put")
            true.append(("write", str(Path(ROOT, query["put"]))))
            body = b"done"
        else:
            path = query.get("file") or ROOT + unquote(parts.path)
            body, inside = Path(path).read_bytes(), Path(path).resolve().is_relative_to(ROOT)
            if not inside and Path(path).is_symlink():
                true.append(("link", path))
            elif not inside:
                true.append(("outside-root", str(Path(path).resolve())))
        sys.stdout.write(json.dumps(true) + "\n")
        sys.stdout.flush()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing but the truth."""


if __name__ == "__main__":
    with HTTPServer(("127.0.0.1", 0), Careless) as server:
        sys.stdout.write(f"{server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever()
