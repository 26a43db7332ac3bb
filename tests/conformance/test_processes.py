"""Processes, threads, crashes and growth of real servers, against what /proc had meanwhile."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.held_connections import connect
from tests.support.httpd import Apache, apache
from tests.support.lab_server import lab_server
from tests.support.load import Request, in_turn
from tests.support.processes import threads, tree, wait_until
from tests.support.recording.acts import crash
from tests.support.tracers import TRACEKIT, TRACERS, attached

pytestmark = pytest.mark.conformance

THREADS = 3
MOST = 3
"""Processes at the limit."""
HELD = 12


@dataclass
class Crashed:
    """A server of which a thread was struck, and what /proc had before and after."""

    trace: Path
    parent: int
    owners: dict[int, int]
    """The process of each thread."""
    truth: dict[str, Any]


def owners(parent: int) -> dict[int, int]:
    """Return the process of each living thread of a server."""
    return {one.tid: pid for pid in tree(parent) for one in threads(pid) if not one.ended}


def asked(question: str, trace: Path) -> dict[str, Any]:
    command = [*TRACEKIT, question, str(trace), "--format", "json"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    return found


@pytest.fixture(scope="module", params=["prefork", "worker", "event"])
def crashed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crashed]:
    """Trace an apache2 with strace, strike a thread of it, and wait until its parent has noticed."""
    trace = tmp_path_factory.mktemp("crash") / "server.trace"
    with apache(request.param, 2, THREADS) as server:
        with attached(TRACERS["strace"](server, trace), server):
            for _ in range(4):
                in_turn(server.address, [Request("/"), Request("/sub/")])
            before = owners(server.parent)
            truth = crash(server.parent)
            log = server.root / "error.log"
            wait_until(lambda: "exit signal Segmentation" in log.read_text(), "the notice")
            found = before | owners(server.parent)
        yield Crashed(trace, server.parent, found, truth)


def test_every_thread_is_of_its_process(crashed: Crashed) -> None:
    found = asked("tasks", crashed.trace)
    shown = {one["tid"]: process["pid"] for process in found["processes"] for one in process["threads"]}
    assert crashed.owners.keys() <= shown.keys()
    told = {tid: pid for tid, pid in shown.items() if tid in crashed.owners and pid is not None}
    assert told == {tid: crashed.owners[tid] for tid in told}
    assert {*crashed.owners.values()} <= told.keys()
    roles = {process["pid"]: process["role"] for process in found["processes"]}
    assert roles.pop(crashed.parent) == "parent"
    assert {roles[pid] for pid in {*crashed.owners.values()} - {crashed.parent}} == {"worker"}
    ended = {one["pid"]: one["exit"] for one in found["processes"] if one["exit"]}
    assert ended == {crashed.truth["pid"]: "killed by SIGSEGV"}


def test_the_crash_is_told_as_it_was(crashed: Crashed) -> None:
    (found,) = asked("crashes", crashed.trace)["crashes"]
    truth = dict(crashed.truth)
    siblings = [pid for pid in truth.pop("survivors") if pid != crashed.parent]
    assert {name: found[name] for name in truth} == truth
    assert (found["survivors"], found["cause"], found["sender"]) == (siblings, "sent", os.getpid())


def test_growth_to_the_limit_is_told_from_calls(tmp_path: Path) -> None:
    root, trace = tmp_path / "server", tmp_path / "server.trace"
    root.mkdir()
    extra = f"MaxRequestWorkers {THREADS * MOST}\n"
    with lab_server(root, "event", threads=THREADS, extra=extra) as server:
        tracee = Apache(server.root, "event", server.address, server.process)
        with attached(TRACERS["strace"](tracee, trace), tracee), ExitStack() as held:
            for _ in range(HELD):
                held.enter_context(connect(server.address, b"A"))
            wait_until(lambda: "AH00484" in server.error_log(), "the message of the limit")
            children = server.children()
            wait_until(lambda: {len(threads(pid)) for pid in children} == {THREADS + 2}, "all threads")
            enough = looks(trace, server.process.pid) + 3
            wait_until(lambda: looks(trace, server.process.pid) >= enough, "more looks of the parent")
    found = asked("scaling", trace)
    assert found["peak_processes"] == len(children) == MOST
    assert [one["processes"] for one in found["steps"]] == [2, MOST]
    assert [one["pid"] for one in found["spawns"]] == [max(children)]
    assert (found["limit_reached"], found["peak_connections"]) == (True, THREADS * MOST)


def looks(trace: Path, parent: int) -> int:
    """Count how often the parent has looked for children that ended."""
    lines = trace.read_text(errors="replace").splitlines()
    return sum(line.startswith(f"{parent} ") and "wait4(-1" in line for line in lines)
