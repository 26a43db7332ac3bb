"""--same-cpu: everything on one core while the trace lasts, and each task where it was before after that."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import Process, ending, start, stop, threads, tree, wait_until
from tests.support.requirements import need_ptrace
from tests.support.tracers import TRACEKIT

ALL = frozenset(os.sched_getaffinity(0))
FIRST = frozenset({min(ALL)})
LAST = frozenset({max(ALL)})

TASKS = """
import os, sys, threading
first, last = map(int, sys.argv[1:])
def pinned(core):
    os.sched_setaffinity(0, {core}); ready.wait(); threading.Event().wait()
ready = threading.Barrier(4)
for work in ((pinned, first), (pinned, last), (lambda _: (ready.wait(), threading.Event().wait()), 0)):
    threading.Thread(target=work[0], args=(work[1],), daemon=True).start()
ready.wait()
print("ready", flush=True)
for line in sys.stdin:
    if line == "choose\\n":
        os.sched_setaffinity(0, {first, last})
    elif line == "create\\n":
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    print(len(threading.enumerate()), flush=True)
"""
"""Two threads that have chosen a core, a free one, and the main thread; more on request."""


@pytest.fixture(autouse=True)
def _may_trace() -> None:
    need_ptrace()
    if len(ALL) < 2:
        pytest.skip("there is one core only")


@pytest.fixture
def program() -> Iterator[Process]:
    words = [sys.executable, "-c", TASKS, str(min(ALL)), str(max(ALL))]
    with ending(start(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        yield process


def tell(process: Process, word: str) -> None:
    assert process.stdin
    assert process.stdout
    process.stdin.write(f"{word}\n".encode())
    process.stdin.flush()
    process.stdout.readline()


def cores(pid: int) -> dict[int, frozenset[int]]:
    return {one.tid: frozenset(os.sched_getaffinity(one.tid)) for one in threads(pid)}


def attach(program: Process, out: Path) -> Process:
    command: list[str] = [*TRACEKIT, "attach", "-f", "--same-cpu", "-p", str(program.pid), "-o", str(out)]
    tracer = start(command, stderr=subprocess.PIPE)
    assert tracer.stderr
    assert b"attached to 4 tasks" in tracer.stderr.readline()
    return tracer


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda end: end.name)
def test_all_on_one_core_and_back(program: Process, tmp_path: Path, end: signal.Signals) -> None:
    before = cores(program.pid)
    assert sorted(before.values(), key=sorted) == sorted([FIRST, LAST, ALL, ALL], key=sorted)
    with ending(attach(program, tmp_path / "t")) as tracer:
        (one,) = cores(tracer.pid).values()
        assert len(one) == 1
        # Who has chosen another core for himself stays there.
        assert cores(program.pid) == {tid: one if one <= was else was for tid, was in before.items()}
        assert stop(tracer, end) == 0
        assert tracer.stderr
        assert b"1 task not on tracekit's core" in tracer.stderr.read()
    assert cores(program.pid) == before


def test_what_is_created_meanwhile_gets_what_its_creator_had(program: Process, tmp_path: Path) -> None:
    before = cores(program.pid)
    with ending(attach(program, tmp_path / "t")) as tracer:
        (one,) = cores(tracer.pid).values()
        tell(program, "create")
        new = wait_until(lambda: cores(program.pid).keys() - before.keys(), "another thread")
        assert {cores(program.pid)[tid] for tid in new} == {one}
        assert stop(tracer, signal.SIGINT) == 0
    assert cores(program.pid) == {**before, **dict.fromkeys(new, ALL)}


def test_what_a_program_chooses_meanwhile_is_kept(program: Process, tmp_path: Path) -> None:
    os.sched_setaffinity(program.pid, FIRST)
    with ending(attach(program, tmp_path / "t")) as tracer:
        tell(program, "choose")
        assert stop(tracer, signal.SIGINT) == 0
    assert cores(program.pid)[program.pid] == FIRST | LAST


def run(out: Path, code: str, *options: str) -> list[str]:
    return [*TRACEKIT, "run", "-f", *options, "-o", str(out), "--", sys.executable, "-c", code]


def test_a_program_that_is_started(tmp_path: Path) -> None:
    code = (
        "import os\nif child := os.fork(): os.waitpid(child, 0)\n"
        "os.write(1, str(*os.sched_getaffinity(0)).encode() + b'\\n')"
    )
    done = subprocess.run(
        run(tmp_path / "t", code, "--same-cpu"), check=True, capture_output=True, timeout=60
    )
    one, another = done.stdout.splitlines()
    assert one == another
    assert {int(one)} < ALL


def test_a_program_that_outlives_its_trace_is_free_again(tmp_path: Path) -> None:
    code = "import time; print('ready', flush=True); time.sleep(1000)"
    words = run(tmp_path / "t", code, "--same-cpu", "--duration", "0.3")
    with ending(start(words, stdout=subprocess.PIPE)) as tracer:
        assert tracer.stdout
        tracer.stdout.readline()
        pid = next(pid for pid in tree(tracer.pid) if pid != tracer.pid)
        wait_until(lambda: frozenset(os.sched_getaffinity(pid)) == ALL, "its cores")
        wait_until(lambda: frozenset(os.sched_getaffinity(tracer.pid)) == ALL, "the tracer's own")


def test_without_it_nothing_is_moved(tmp_path: Path) -> None:
    code = "import os; print(*os.sched_getaffinity(0))"
    done = subprocess.run(run(tmp_path / "t", code), check=True, capture_output=True, timeout=60)
    assert frozenset(map(int, done.stdout.split())) == ALL
