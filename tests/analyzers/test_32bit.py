"""A 32-bit server, whose calls have other names, against what it says of itself and what its clients saw."""

import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.processes import PATIENCE_S, ending, start
from tests.support.requirements import need
from tests.support.tracees import build32
from tests.support.tracers import TRACEKIT
from tracekit.analyzers.dispatch import Dispatch
from tracekit.analyzers.docroot import Docroot
from tracekit.analyzers.files import Files
from tracekit.events import Trace, read_trace

PAGES = {"index.html": b"hello\n", "a.html": b"a\n", "b/c.html": b"another\n"}
TARGETS = ("/", "/a.html", "/b/c.html", "/")
"""As many as the server answers before it ends."""
STRACE = ["strace", "-f", "-ttt", "-T", "-s", "4096"]
TRACERS = {
    "strace": STRACE,
    "strace -yy": [*STRACE, "-yy"],
    "tracekit": [*TRACEKIT, "run", "-f"],
    "tracekit --for": [*TRACEKIT, "run", "-f", "--for", "docroot,files,dispatch"],
}


class Exchange(NamedTuple):
    """One request: what its client saw, and what the server said of it."""

    client: str
    local: str
    target: str
    status: int
    bytes: int
    pid: int


class Served(NamedTuple):
    """A server's run."""

    folder: str
    exchanges: list[Exchange]
    trace: Trace


def ask(port: int, target: str) -> tuple[str, bytes]:
    """Return the client's own address and the whole response."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as connection:
        client = "{}:{}".format(*connection.getsockname())
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        while data := connection.recv(4096):
            received += data
    return client, received


def serve(command: Sequence[str], folder: Path, targets: Sequence[str] = TARGETS) -> Served:
    """Run the server under a tracer and ask for each target."""
    site, out = folder / "site", folder / "trace"
    (site / "b").mkdir(parents=True)
    for name, content in PAGES.items():
        (site / name).write_bytes(content)
    program = build32("i386_server", folder)
    words = [need("strace") if word == "strace" else word for word in command]
    process = start([*words, "-o", out, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with ending(process):
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(bytes(site))
        process.stdin.close()
        port = int(process.stdout.readline())
        answers = [ask(port, target) for target in targets]
        said = [line.decode().split() for line in process.stdout]
        assert process.wait(PATIENCE_S) == 0
    assert [target for _, target, _ in said] == list(targets)
    exchanges = [
        Exchange(client, f"127.0.0.1:{port}", target, int(received.split()[1]), len(received), int(pid))
        for (client, received), (pid, target, _) in zip(answers, said, strict=True)
    ]
    return Served(str(site), exchanges, read_trace(out))


@pytest.fixture(params=list(TRACERS.values()), ids=list(TRACERS))
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Served:
    return serve(request.param, tmp_path)


def test_who_took_and_served_each_request(served: Served) -> None:
    found = Dispatch().answer(served.trace).requests
    shown = [(r.client, r.local, r.target, r.status, r.bytes, r.pid) for r in found]
    assert shown == served.exchanges
    for request, exchange in zip(found, served.exchanges, strict=True):
        tids = {request.accept_tid, request.serve_tid, request.close_tid, *request.writer_tids}
        assert tids == {exchange.pid}
        assert request.queue_ns is not None


def test_where_its_files_are_and_what_it_did_with_them(served: Served) -> None:
    [root] = Docroot().answer(served.trace).docroots
    assert (root.path, root.listen) == (served.folder, served.exchanges[0].local)
    found = {file.path: file for file in Files().answer(served.trace).files if file.kind == "document"}
    asked = [served.folder + (one.target if one.target != "/" else "/index.html") for one in served.exchanges]
    assert found.keys() == set(asked)
    for path, file in found.items():
        size = asked.count(path) * len(PAGES[path.removeprefix(served.folder + "/")])
        assert (file.opens, file.bytes_read, file.bytes_mapped) == (asked.count(path), size, size)
        assert set(file.pids) == {
            one.pid for one, name in zip(served.exchanges, asked, strict=True) if name == path
        }


@pytest.mark.parametrize("command", TRACERS.values(), ids=TRACERS)
def test_the_folder_itself_is_enough(command: list[str], tmp_path: Path) -> None:
    served = serve(command, tmp_path, ["/"] * len(TARGETS))
    assert [root.path for root in Docroot().answer(served.trace).docroots] == [served.folder]
