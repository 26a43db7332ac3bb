"""Tasks that come into being, change and end in every way: the lines are those of the real strace."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chance import by_task
from tests.support.processes import Process, ending, start, stop, task, threads, wait_until
from tests.support.requirements import need, need_ptrace, need_root
from tests.support.tracees import build
from tests.support.tracers import TRACEKIT

CALLS = "trace=chdir,execve,kill,tgkill,clone,clone3,fork,vfork,exit,exit_group"
LEADER = ["-ttt", "-T", "-yy", "-s", "1024"]
WAYS = ("thread-exec", "leader-ends", "vfork", "parent", "memory", "stop", "orphan")


def strace() -> list[str]:
    return [need("strace"), *LEADER]


OURS = {
    "strace": [*TRACEKIT, "strace", *LEADER],
    "run": [*TRACEKIT, "run", "--plain"],  # where it can be, under a filter
}
pytestmark = pytest.mark.conformance


@pytest.fixture(autouse=True)
def _may_trace() -> None:
    need_ptrace()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("follow_tasks", tmp_path_factory.mktemp("program"), "-pthread")


def traced(tracer: list[str], program: Path, way: str, out: Path) -> list[list[str]]:
    """Return what a trace says of a program that goes this way, task by task; SIGCHLD comes by chance."""
    options = ["-f", "-e", CALLS, "-e", "signal=!SIGCHLD", "-o", str(out)]
    done = subprocess.run(
        [*tracer, *options, str(program), way], check=False, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return by_task(out.read_text())


@pytest.mark.parametrize("ours", OURS)
@pytest.mark.parametrize("way", WAYS)
def test_the_lines_are_those_of_strace(program: Path, ours: str, way: str, tmp_path: Path) -> None:
    expected = traced(strace(), program, way, tmp_path / "theirs")
    assert traced(OURS[ours], program, way, tmp_path / "ours") == expected
    assert len(expected) > 1


def test_a_child_that_no_tracer_may_see_is_not_seen(program: Path, tmp_path: Path) -> None:
    """CLONE_UNTRACED; under a filter nobody would answer for it, so there is none here."""
    expected = traced(strace(), program, "untraced", tmp_path / "theirs")
    assert traced(OURS["strace"], program, "untraced", tmp_path / "ours") == expected
    assert len(expected) == 1


@pytest.mark.parametrize("ours", OURS)
def test_tids_are_those_of_the_tracers_namespace(program: Path, ours: str, tmp_path: Path) -> None:
    need_root()
    expected = traced(strace(), program, "namespace", tmp_path / "theirs")
    assert traced(OURS[ours], program, "namespace", tmp_path / "ours") == expected
    lines = (tmp_path / "ours").read_text().splitlines()
    main, first, second = (who(lines, mark) for mark in ("execve(", '"/first"', '"/second"'))
    assert len({main, first, second, 1, 2}) == 5


@pytest.mark.parametrize("ours", OURS)
def test_a_tracer_in_a_namespace_of_its_own(program: Path, ours: str, tmp_path: Path) -> None:
    need_root()
    inside = [need("unshare"), "--pid", "--fork", "--mount-proc", *OURS[ours]]
    _, first, second = traced(inside, program, "namespace", tmp_path / "inside")
    assert first[0] == 'chdir("/first") = -1 ENOENT (No such file or directory)'
    assert second[0] == 'chdir("/second") = -1 ENOENT (No such file or directory)'
    lines = (tmp_path / "inside").read_text().splitlines()
    assert who(lines, "execve(") < who(lines, '"/first"') < who(lines, '"/second"') < 100


def who(lines: list[str], mark: str) -> int:
    """Return whose line it is that has this in it."""
    return int(next(line for line in lines if mark in line).split()[0])


# Attaching


@pytest.fixture
def stopped(program: Path) -> Iterator[Process]:
    """A process that has stopped itself."""
    with ending(start([program, "stop-once"])) as process:
        wait_until(lambda: state(process.pid) == "T", "the stop")
        yield process


def state(pid: int) -> str:
    found = task(pid)
    assert found
    return found.state


@pytest.mark.parametrize("tracer", ["strace", "tracekit"])
def test_a_stopped_process_is_told_stays_stopped_and_goes_on(
    stopped: Process, tracer: str, tmp_path: Path
) -> None:
    out = tmp_path / "trace"
    attach = [*strace(), "-f"] if tracer == "strace" else [*TRACEKIT, "attach", "-f", "--plain"]
    command = [*attach, "-o", str(out), "-p", str(stopped.pid)]
    with ending(start(command)) as first:
        wait_until(lambda: out.exists() and "stopped by" in out.read_text(), "the attach")
        assert state(stopped.pid) == "t"
        assert stop(first, signal.SIGINT) in {0, -signal.SIGINT, 128 + signal.SIGINT}
    assert by_task(out.read_text()) == [["--- stopped by SIGSTOP ---"]]
    assert state(stopped.pid) == "T"
    with ending(start(command)) as second:
        wait_until(lambda: "stopped by" in out.read_text() and state(stopped.pid) == "t", "another attach")
        os.kill(stopped.pid, signal.SIGCONT)
        assert stopped.wait(30) == 0
        second.wait(30)
    (lines,) = by_task(out.read_text())
    assert re.fullmatch(
        r"--- SIGCONT \{si_signo=SIGCONT, si_code=SI_USER, si_pid=OTHER, si_uid=\d+\} ---", lines[1]
    )
    assert lines[0] == "--- stopped by SIGSTOP ---"
    assert lines[2:] == [
        'chdir("/after") = -1 ENOENT (No such file or directory)',
        "exit_group(0) = ?",
        "+++ exited with 0 +++",
    ]


SHORT_LIVED = """
import os, threading
print(os.getpid(), flush=True)
while True:
    thread = threading.Thread(target=os.getppid); thread.start()
    if not (child := os.fork()):
        os._exit(0)
    os.waitpid(child, 0); thread.join()
"""
ROUNDS = 5


def test_what_ends_while_we_attach_is_no_failure(tmp_path: Path) -> None:
    out = tmp_path / "trace"
    with ending(start([sys.executable, "-c", SHORT_LIVED], stdout=subprocess.PIPE)) as process:
        assert process.stdout
        pid = int(process.stdout.readline())
        for _ in range(ROUNDS):
            command = [*TRACEKIT, "attach", "-f", "--tree", "-p", str(pid), "-o", str(out)]
            with ending(start(command, stderr=subprocess.PIPE)) as tracer:
                assert tracer.stderr
                assert b"attached to" in tracer.stderr.readline()
                wait_until(lambda: out.read_text().count("getppid(") > 3, "threads")
                assert stop(tracer, signal.SIGINT) == 0
                assert b"not traced" not in tracer.stderr.read()
            assert '"refused":[]' in out.read_text().splitlines()[-1]
            assert not any(one.tracer for one in threads(pid))
