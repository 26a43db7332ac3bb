"""What is tried on processes of our own, and what comes of it behind a seccomp filter."""

import errno
import os
import signal
import subprocess
import sys

import pytest

from tests.support.privileges import KILL, filtered, nobody
from tests.support.processes import ending, start, task, wait_until
from tests.support.requirements import need_ptrace
from tracekit.tracer.machine import trial
from tracekit.tracer.machine.trial import Trial

ATTEMPT = "from tracekit.tracer.machine import attempt; print(attempt())"
ASK = "import sys; from tracekit.tracer.machine import trial; print(trial.attach_error(int(sys.argv[1])))"
ALL_WORKED = Trial(call=0, attach=0, run=0, info=0, memory=0, reading=0)


def said(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def attempted(command: list[str]) -> Trial:
    text = said(command)
    found = eval(text, {"Trial": Trial})
    assert isinstance(found, Trial)
    return found


def test_where_nothing_forbids_it_all_of_it_works() -> None:
    need_ptrace()
    assert attempted([sys.executable, "-c", ATTEMPT]) == ALL_WORKED


def test_who_may_trace_his_own_needs_no_root() -> None:
    need_ptrace()
    found = attempted(nobody(sys.executable, "-c", ATTEMPT))
    assert (found.call, found.run) == (0, 0)


@pytest.mark.parametrize("answer", [errno.EPERM, errno.ENOSYS])
def test_a_filter_that_forbids_ptrace_is_seen_as_such(answer: int) -> None:
    found = attempted(filtered("ptrace", answer, sys.executable, "-c", ATTEMPT))
    assert found == Trial(call=answer, attach=answer, run=answer)


def test_a_filter_that_kills_does_not_kill_us() -> None:
    assert attempted(filtered("ptrace", KILL, sys.executable, "-c", ATTEMPT)) == Trial(signal=signal.SIGSYS)


def test_a_filter_that_forbids_to_read_memory_is_seen_as_such() -> None:
    need_ptrace()
    found = attempted(filtered("process_vm_readv", errno.EPERM, sys.executable, "-c", ATTEMPT))
    assert found == Trial(call=0, attach=0, run=0, info=0, memory=errno.EPERM, reading=0)


def test_ignored_ends_of_children_are_waited_for_all_the_same() -> None:
    need_ptrace()
    code = f"import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN); {ATTEMPT}"
    assert attempted([sys.executable, "-c", code]) == ALL_WORKED


def test_a_companion_waits_and_ends_with_the_block() -> None:
    with trial.companion() as pid:
        assert (found := task(pid)) is not None
        assert found.ppid == os.getpid()
        assert not found.ended
    assert task(pid) is None


def test_to_ask_whether_one_may_attach_touches_nobody() -> None:
    need_ptrace()
    with ending(start(["sleep", "600"])) as process:
        before = wait_until(lambda: (one := task(process.pid)) and one.state == "S" and one, "its sleep")
        assert trial.attach_error(process.pid) == 0
        assert task(process.pid) == before
        assert said(nobody(sys.executable, "-c", ASK, str(process.pid))) == str(errno.EPERM)


def test_a_process_that_is_gone_is_not_found() -> None:
    with ending(start(["true"])) as process:
        process.wait()
    assert trial.attach_error(process.pid) == errno.ESRCH


def test_the_ends_of_a_socket_of_ours_are_told() -> None:
    assert trial.socket_error() == ""


def test_ptrace_gets_to_the_kernel_here() -> None:
    need_ptrace()
    assert trial.forbidden() == 0
