"""What the tests start they also end, with all that it started."""

import signal
import subprocess

import pytest

from tests.support.processes import ending, in_session, start, stop, task, threads, tree, wait_until

FAMILY = ["sh", "-c", "sleep 600 & (trap '' TERM; sleep 601 & wait) & wait"]
STUBBORN = ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 600; done"]
SLEEPERS = 2


def test_stopping_a_program_ends_its_descendants() -> None:
    with ending(start(FAMILY)) as process:
        wait_until(lambda: len(tree(process.pid)) == 1 + SLEEPERS + 1, "the family to be complete")
        family = tree(process.pid)
    assert in_session(process.pid) == []
    assert all((found := task(pid)) is None or found.ended for pid in family)


def test_orphans_end_too() -> None:
    process = start(["sh", "-c", "(sleep 600 &) ; exit 3"])
    process.wait()
    assert stop(process) == 3
    assert in_session(process.pid) == []


def test_what_does_not_want_to_end_is_killed() -> None:
    process = start(STUBBORN, stdout=subprocess.PIPE)
    with ending(process):
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert stop(process, seconds=0.1) == -signal.SIGKILL


def test_a_wait_in_vain_is_an_error_that_says_for_what() -> None:
    with pytest.raises(TimeoutError, match="the cows to come home"):
        wait_until(lambda: False, "the cows to come home", seconds=0)


def test_a_task_that_is_gone_is_none() -> None:
    process = start(["true"])
    process.wait()
    assert task(process.pid) is None
    assert threads(process.pid) == []
    assert tree(process.pid) == []
