"""The accept mutex: one holder at a time, among processes; a holder that dies gives it up."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from server.mpm.accept_mutex import AcceptMutex
from tests.support.processes import PROC, wait_until

FUTEX_LOCK_PI = 6  # linux/futex.h


@contextmanager
def child(work: Callable[[], None]) -> Iterator[int]:
    """Have a process do that while the block lasts."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def waits_for_it(pid: int) -> bool:
    """Say whether a process is in futex(FUTEX_LOCK_PI), in memory that is not its own (proc(5))."""
    words = (PROC / str(pid) / "syscall").read_text().split()
    return words[0] == "202" and int(words[2], 16) == FUTEX_LOCK_PI


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the number of futex is x86_64's")
def test_one_holds_it_and_the_other_waits() -> None:
    mutex = AcceptMutex()
    read, write = os.pipe()

    def take() -> None:
        with mutex:
            os.write(write, b"x")

    mutex.__enter__()
    with child(take) as other:
        wait_until(lambda: waits_for_it(other), "the other process")
        os.set_blocking(read, False)
        with pytest.raises(BlockingIOError):
            os.read(read, 1)
        os.set_blocking(read, True)
        mutex.__exit__(None, None, None)
        assert os.read(read, 1) == b"x"


def test_who_dies_with_it_gives_it_up() -> None:
    mutex = AcceptMutex()
    read, write = os.pipe()

    def hold() -> None:
        with mutex:
            os.write(write, b"x")
            signal.pause()

    with child(hold) as holder:
        assert os.read(read, 1) == b"x"
        os.kill(holder, signal.SIGKILL)
        for _ in range(3):  # it is consistent afterwards
            with mutex:
                pass


def test_an_error_inside_gives_it_up() -> None:
    mutex = AcceptMutex()
    with pytest.raises(RuntimeError), mutex:
        raise RuntimeError
    with mutex:
        pass


def test_who_does_not_hold_it_cannot_give_it_up() -> None:
    with pytest.raises(OSError, match="Operation not permitted"):
        AcceptMutex().__exit__(None, None, None)
