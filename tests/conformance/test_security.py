"""What requests reached: a server that is careless and says so, and one that has to refuse it all."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import careless, traversals
from tests.support.lab_server import lab_server
from tests.support.processes import PATIENCE_S, start, stop, wait_until
from tests.support.raw_http import ask
from tests.support.recording.tracing import attached, is_traced
from tests.support.requirements import need, need_ptrace
from tracekit.analyzers.security import Security, SecurityAnswer
from tracekit.events import read_trace

pytestmark = pytest.mark.conformance

OPTIONS = "-f -ttt -T -yy -s 1024"
SITE = ("index.html", "a.html", "sub/b.html")


@contextmanager
def traced(first: int, trace: Path) -> Iterator[None]:
    """Trace a server that runs for as long as the block lasts."""
    need("strace")
    need_ptrace()
    command, pids = attached("attach", OPTIONS, trace, first)
    tracer = start(command)
    try:
        wait_until(lambda: is_traced(pids, follow=True), "strace")
        yield
        tracer.send_signal(signal.SIGINT)
        tracer.wait(PATIENCE_S)
    finally:
        stop(tracer, signal.SIGKILL)


def security(trace: Path) -> SecurityAnswer:
    return Security().answer(read_trace(trace))


def test_what_a_careless_server_says_that_it_did(tmp_path: Path) -> None:
    root, trace, said = tmp_path / "www", tmp_path / "trace", tmp_path / "said"
    (root / "sub").mkdir(parents=True)
    for name in SITE:
        (root / name).write_text(f"page {name}")
    (tmp_path / "secret.txt").write_text("a secret")
    (root / "out.txt").symlink_to(tmp_path / "secret.txt")
    targets = [
        *(f"/{name}" for name in SITE),
        "/../secret.txt",
        "/sub/%2e%2e/%2e%2e/secret.txt",
        f"/view?file={tmp_path}/secret.txt",
        "/sub/../a.html",
        "/out.txt",
        "/?run=hello",
        "/?put=new.html",
        "/a.html",
    ]
    with said.open("wb") as output:
        server = start([sys.executable, careless.__file__, root], stdout=output)
    try:
        port = int(wait_until(said.read_text, "the port"))
        with traced(server.pid, trace):
            for target in targets:
                assert ask(("127.0.0.1", port), target).status == 200
    finally:
        stop(server)
    lines = said.read_text().splitlines()[1:]
    truth = {(nth, kind, path) for nth, line in enumerate(lines, 1) for kind, path in json.loads(line)}
    assert {kind for _, kind, _ in truth} == {"outside-root", "link", "exec", "write"}

    answer = security(trace)
    assert answer.verdict == "found"
    found = {(one.request, one.kind, one.path) for one in answer.findings if one.kind != "traversal"}
    assert found == truth
    assert {one.request for one in answer.findings if one.kind == "traversal" and one.reached} == {4, 5}


def test_a_server_that_refuses_every_traversal(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    honest = [b"/", b"/sub/page.html", b"/pic.png", b"/shared/a.txt"]
    with lab_server(tmp_path, "event", servers=1) as server, traced(server.process.pid, trace):
        for target in (*honest, *traversals.targets()):
            ask(server.address, target)
    answer = security(trace)
    assert [one for one in answer.findings if one.reached is not False] == []
    assert answer.verdict == "nothing"
    assert len(answer.findings) > len(traversals.targets()) / 2
