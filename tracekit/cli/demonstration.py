"""What ``tracekit demo`` does: the main job on the embedded server, from start to answers."""

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
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import click
import psutil

from tracekit import resources
from tracekit.analyzers.catalogue import ANALYZERS
from tracekit.cli import streams
from tracekit.cli.answering import show
from tracekit.cli.tracing import settings
from tracekit.errors import TracekitError
from tracekit.events import read_trace
from tracekit.tracer import tracing
from tracekit.tracer.tasks.targets import Selection

_START_TIMEOUT = 10.0
_CLIENTS = 4

_CONFIGURATION = """\
ServerRoot "{folder}"
ServerName localhost
Listen 127.0.0.1:0
LoadModule mpm_event_module modules/mod_mpm_event.so
LoadModule dir_module modules/mod_dir.so
LoadModule mime_module modules/mod_mime.so
StartServers 2
ThreadsPerChild 5
MaxRequestWorkers 80
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


def demonstrate() -> None:
    """Trace the built-in server under load, and print every answer."""
    folder = Path(tempfile.mkdtemp(prefix="tracekit-demo-"))
    folder.chmod(0o755)
    _lay_out(folder)
    trace = folder / "demo.strace"
    with _server(folder) as (pid, port):
        click.echo(f"The server (event MPM, pid {pid}) listens on 127.0.0.1:{port}; sending requests to it.")
        _trace_load(pid, port, trace)
    read = read_trace(str(trace))
    last = list(ANALYZERS.values())[-1]
    for analyzer in ANALYZERS.values():
        click.echo("\n" + click.style(analyzer.question, bold=True), color=streams.colored())
        show(analyzer().answer(read), "text", account=analyzer is last)
    click.echo(f"\nThe trace is {trace}")
    click.echo(f"What the server itself logged of these requests: {folder}/logs/access.log")
    click.echo(f"Try: tracekit dispatch {trace} --format json")


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
    user = "User #65534\nGroup #65534\n" if os.geteuid() == 0 else ""
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
    """Run the embedded server; yields the pid of its main process and its port.

    It has a process group of its own, so that Ctrl-C is for us, who then end it.
    """
    command, environment = resources.server_command()
    command += ["-f", str(folder / "httpd.conf")]
    with subprocess.Popen(command, env=environment, process_group=0) as process:
        try:
            yield process.pid, _port(process)
        finally:
            process.terminate()
            process.wait()  # after Ctrl-C, Popen by itself waits for a quarter of a second only


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


class _Load(threading.Thread):
    """Sends the requests, then asks for the end of the trace."""

    def __init__(self, port: int, waiter: tracing.Waiter) -> None:
        super().__init__(daemon=True)
        self._port, self._waiter = port, waiter
        self.ended = False
        self.error: Exception | None = None

    def run(self) -> None:
        """Send them one connection after the other, then several at a time."""
        try:
            for targets in _LOAD:
                _get(self._port, targets)
            with ThreadPoolExecutor(_CLIENTS) as pool:
                list(pool.map(_get, [self._port] * _CLIENTS, [_LOAD[0] + _LOAD[2]] * _CLIENTS))
            self.ended = True
        except (OSError, http.client.HTTPException) as error:
            self.error = error
        finally:
            self._waiter.request()


def _trace_load(pid: int, port: int, trace: Path) -> None:
    """Trace the server while it gets the requests.

    Raises:
        TracekitError: it did not answer.
        KeyboardInterrupt: the trace was ended before the requests were.
    """
    loads: list[_Load] = []

    def on_ready(tasks: int, waiter: tracing.Waiter) -> None:
        click.echo(f"Following {tasks} threads of it.")
        loads.append(_Load(port, waiter))
        loads[0].start()

    selection = Selection((pid,), tree=True)
    how = settings(output=str(trace), follow=True, duration=60.0)
    counts = tracing.attach(selection.pids(), how, rescan=selection.rescan, on_ready=on_ready)
    if loads and loads[0].error:
        raise TracekitError(
            f"the embedded server did not answer: {loads[0].error}", f"see {trace.parent}/logs"
        )
    if not loads or not loads[0].ended:
        raise KeyboardInterrupt
    click.echo(f"Detached after {counts.calls} system calls; the server ran on.")


def _get(port: int, targets: tuple[str, ...]) -> None:
    """Ask for targets one after the other on one connection, and wait until the server has closed it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for target in targets:
        connection.request("GET", target)
        connection.getresponse().read()
    connection.sock.shutdown(socket.SHUT_WR)
    connection.sock.recv(1)
    connection.close()
