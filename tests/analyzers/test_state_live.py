"""A program that passes descriptors, changes its root and splices, traced: it tells itself what is true."""

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.requirements import need, need_root
from tests.support.tracees import SOURCES
from tracekit.analyzers.dispatch import Dispatch
from tracekit.analyzers.state.observe import observe
from tracekit.events import Trace, read_trace

PAGES = {"a.html": 45, "big.bin": 90_000, "c.html": 7, "d.html": 300}
LAYOUTS = {"plain": ["-f"], "annotated": ["-f", "-ttt", "-T", "-yy"]}


class Told:
    """What the program told, what its clients got, and the trace of it."""

    def __init__(self, folder: Path, words: list[str]) -> None:
        pages = folder / "site" / "pages"
        pages.mkdir(parents=True)
        for name, size in PAGES.items():
            (pages / name).write_bytes(b"x" * size)
        log, program = folder / "log.strace", SOURCES / "passing_server.py"
        command = [need("strace"), *words, "-o", str(log), sys.executable, "-I", str(program)]
        with subprocess.Popen(
            [*command, str(folder / "site"), str(len(PAGES))], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout
            port = int(process.stdout.readline())
            self.received = [fetched(port, f"/pages/{name}") for name in PAGES]
            self.child: dict[str, Any] = json.loads(process.stdout.read())
        assert process.returncode == 0
        self.site = folder / "site"
        self.trace: Trace = read_trace(log)


def fetched(port: int, target: str) -> tuple[int, int]:
    """Return the port that a client had, and how many bytes it got."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        got = 0
        while data := client.recv(65_536):
            got += len(data)
        return client.getsockname()[1], got


@pytest.fixture(scope="module", params=LAYOUTS)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    need_root()  # chroot
    return Told(tmp_path_factory.mktemp("passing"), LAYOUTS[request.param])


def test_who_accepted_and_who_served(told: Told) -> None:
    found = Dispatch().answer(told.trace).requests
    assert [[r.target, r.pid, r.serve_tid] for r in found] == [each[:3] for each in told.child["served"]]
    assert all(r.accept_tid not in (None, r.serve_tid) for r in found)


def test_clients_and_bytes(told: Told) -> None:
    found = Dispatch().answer(told.trace).requests
    assert [(r.client, r.bytes) for r in found] == [(f"127.0.0.1:{p}", got) for p, got in told.received]
    assert [r.bytes for r in found] == [each[4] for each in told.child["served"]]


def test_files_as_the_kernel_names_them_also_those_that_another_thread_opened(told: Told) -> None:
    found = observe(told.trace).requests
    names = [[(n.jail, n.path, n.row.tid == r.serve_tid) for n in r.names if n.opened] for r in found]
    expected = [
        [(str(told.site), path, not number % 2)]
        for number, (_, _, _, path, _) in enumerate(told.child["served"])
    ]
    assert names == expected


def test_descriptors_of_the_end_are_those_that_proc_shows(told: Told) -> None:
    spans = observe(told.trace).descriptors.spans
    ends = [span for span in spans if span.process == told.child["pid"] and _lasts(span.until)]
    found = {str(span.fd): span.file.path for span in ends if span.file.kind == "file" and span.fd > 2}
    files = {fd: path for fd, path in told.child["fds"].items() if path.startswith("/") and int(fd) > 2}
    folder = next(fd for fd, path in found.items() if path and path.startswith("/proc/"))
    assert found.pop(folder) == "/proc/self/fd"
    assert files.pop(folder) == f"/proc/{told.child['pid']}/fd"
    assert found == files
    assert {str(span.fd) for span in ends} >= set(told.child["fds"]) - {"0", "1", "2"}


def _lasts(row: Any) -> bool:
    return row is None or row.kind == "exit"
