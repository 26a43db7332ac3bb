"""``tracekit demo``: the main job on the embedded server, from start to answers."""

import http.client
import os
import socket
import struct
import subprocess
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import psutil

from tracekit import resources, tracer
from tracekit.analyzers import ANALYZERS
from tracekit.cli.answers import show
from tracekit.cli.tracing import settings
from tracekit.errors import TracekitError
from tracekit.events import read_trace
from tracekit.tracer.targets import Selection

_START_TIMEOUT = 10.0
_CLIENTS = 4

_CONFIGURATION = """\
ServerRoot "{folder}"
ServerName localhost
Listen 127.0.0.1:0
LoadModule mpm_event_module modules/mod_mpm_event.so
StartServers 2
ThreadsPerChild 5
DocumentRoot "{folder}/htdocs"
DirectoryIndex index.html
ErrorLog "logs/error.log"
LogFormat "%h:%{{remote}}p %k pid=%P accept=%{{accept_tid}}P tid=%{{tid}}P \\"%r\\" %>s %B" dispatch
CustomLog "logs/access.log" dispatch
PidFile "logs/httpd.pid"
"""

_LOAD: tuple[tuple[str, ...], ...] = (
    ("/",),
    ("/docs/guide/threads.html",),
    ("/images/dot.png",),
    ("/missing.html",),
    ("/docs",),
    ("/docs/", "/images/dot.png"),
)
"""Targets, one tuple a connection: index page, nested page, image, 404, redirect, and two on a kept one."""


@click.command()
def demo() -> None:
    """Trace the built-in server under a mixed load, and print what it did."""
    folder = Path(tempfile.mkdtemp(prefix="tracekit-demo-"))
    folder.chmod(0o755)
    _lay_out(folder)
    trace = folder / "demo.strace"
    with _server(folder) as (pid, port):
        click.echo(f"The server (event MPM, pid {pid}) listens on 127.0.0.1:{port}; sending requests to it.")
        _trace_load(pid, port, trace)
    read = read_trace(str(trace))
    for analyzer in ANALYZERS.values():
        click.echo()
        click.secho(analyzer.question, bold=True)
        show(analyzer().answer(read), "text")
    click.echo(f"\nThe trace is {trace}\nTry: tracekit dispatch {trace} --format json")


def _lay_out(folder: Path) -> None:
    pages = {
        "index.html": b"<html><body><h1>It works!</h1></body></html>\n",
        "docs/index.html": b"<html><body><h1>Documents</h1></body></html>\n",
        "docs/guide/threads.html": b"<html><body><h1>Threads</h1></body></html>\n" * 400,
        "images/dot.png": _png(),
    }
    for name, content in pages.items():
        path = folder / "htdocs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "logs").mkdir()
    user = "User nobody\nGroup nogroup\n" if os.geteuid() == 0 else ""
    (folder / "httpd.conf").write_text(_CONFIGURATION.format(folder=folder) + user, encoding="utf-8")


def _png() -> bytes:
    """Return a picture of one pixel (PNG specification, section 5)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixel = zlib.compress(b"\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")


@contextmanager
def _server(folder: Path) -> Iterator[tuple[int, int]]:
    """Run the embedded server; yields the pid of its main process and its port."""
    command, environment = resources.server_command()
    with subprocess.Popen([*command, "-f", str(folder / "httpd.conf")], env=environment) as process:
        try:
            yield process.pid, _port(process)
        finally:
            process.terminate()


def _port(process: subprocess.Popen[bytes]) -> int:
    """Wait until a child of the server is there to accept, and return the port that it listens on."""
    server = psutil.Process(process.pid)
    deadline = time.monotonic() + _START_TIMEOUT
    while process.poll() is None and time.monotonic() < deadline:
        if server.children():
            for connection in server.net_connections("tcp"):
                if connection.status == psutil.CONN_LISTEN:
                    return int(connection.laddr[1])
        time.sleep(0.02)
    raise TracekitError("the embedded server did not start", "its own messages are above")


def _trace_load(pid: int, port: int, trace: Path) -> None:
    def on_ready(tasks: int, waiter: tracer.Waiter) -> None:
        click.echo(f"Following {tasks} threads of it.")
        threading.Thread(target=_send_load, args=(port, waiter), daemon=True).start()

    selection = Selection((pid,), tree=True)
    how = settings(output=str(trace), follow=True, duration=60.0)
    counts = tracer.attach(selection.pids(), how, rescan=selection.rescan, on_ready=on_ready)
    click.echo(f"Detached after {counts.calls} system calls; the server ran on.")


def _send_load(port: int, waiter: tracer.Waiter) -> None:
    try:
        for targets in _LOAD:
            _get(port, targets)
        clients = [threading.Thread(target=_get, args=(port, _LOAD[0] + _LOAD[2])) for _ in range(_CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
    finally:
        waiter.request()


def _get(port: int, targets: tuple[str, ...]) -> None:
    """Ask for targets one after the other on one connection, and wait until the server has closed it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for target in targets:
        connection.request("GET", target)
        connection.getresponse().read()
    connection.sock.shutdown(socket.SHUT_WR)
    connection.sock.recv(1)
    connection.close()
