"""Programs that are no servers, or do not speak HTTP: what their logs say has to be left alone."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.support.recording.place import free_ports

REQUEST: Final = "GET /etc/passwd HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n"
SCRIPT: Final = f"""
printf '{REQUEST}' >request
while read -r method target rest; do cat ".$target" "/etc/passwd" >/dev/null; break; done <request
ls -R . >list; (cat request; printf 'HTTP/1.1 200 OK\\r\\n\\r\\n') | grep -c HTTP >count
"""
CLIENT: Final = """
import http.client, http.server, sys, threading, pathlib
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "3"); self.end_headers()
        self.wfile.write(b"ok\\n")
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdout.write("ready\\n"); sys.stdout.flush(); sys.stdin.read()
"""
"""The other end of a client that is traced."""
LINES: Final = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
for number in range(3):
    if number == 0:
        client = socket.create_connection(listener.getsockname())
        client.sendall(b"get /etc/passwd\\r\\nGET passwd\\r\\nquit\\r\\n")
    else:
        client = socket.create_connection(listener.getsockname())
        client.sendall(b"EHLO there\\r\\n")
    connection, _ = listener.accept()
    connection.recv(4096)
    open("/etc/passwd").read(10)
    connection.sendall(b"220 hello\\r\\n")
    connection.close(); client.close()
"""
"""A server that speaks something else."""


class Stranger(NamedTuple):
    """A program and what has to be said of it."""

    command: tuple[str, ...]
    options: str = "-f -ttt -T -yy"
    served: bool = False
    """Whether there is a server for it to be a client of."""
    model: str = "undetermined"


STRANGERS: Final[Mapping[str, Stranger]] = {
    "stranger-listing": Stranger(("ls", "-R", "/etc/apt")),
    "stranger-compiler": Stranger(("cc", "-c", "main.c")),
    "stranger-script": Stranger(("sh", "-c", SCRIPT), "-f"),
    "stranger-curl": Stranger(("curl", "-s", "{url}/index.html", "{url}/sub/page.html"), served=True),
    "stranger-lines": Stranger((sys.executable, "-c", LINES, "{port}"), "-f -ttt -yy -s 256"),
}


def record_stranger(one: Stranger, root: Path, out: Path) -> dict[str, Any]:
    """Run a program under strace in a folder of its own; return the truth: there is nothing to find."""
    (root / "main.c").write_text('int main(void) { return "GET / HTTP/1.1"[0]; }\n')
    (port,) = free_ports(1)
    words = [
        word.replace("{port}", str(port)).replace("{url}", f"http://127.0.0.1:{port}") for word in one.command
    ]
    command = ["strace", *one.options.split(), "-o", str(out), *words]
    if one.served:
        with subprocess.Popen(
            [sys.executable, "-c", CLIENT, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as server:
            assert server.stdout is not None
            server.stdout.readline()
            subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)
            server.kill()
    else:
        subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)
    return {
        "strace": one.options,
        "how": "launch",
        "traced": None,
        "mpm": one.model,
        "docroots": [],
        "aliases": [],
        "requests": [],
        "processes": [],
    }
