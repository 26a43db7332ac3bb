"""The pipe of death: one byte for each child that is to leave, and the end of the pipe for all."""

import os

import pytest

from server.processes.pipe_of_death import GRACEFUL, RESTART, PipeOfDeath


def test_each_byte_is_for_one_child() -> None:
    pipe = PipeOfDeath()
    pipe.graceful(2)
    pipe.kill(1)
    assert [pipe.wait() for _ in range(3)] == [GRACEFUL, GRACEFUL, RESTART]
    pipe.close()


def test_a_look_does_not_wait() -> None:
    pipe = PipeOfDeath()
    pipe.never_block()
    assert not pipe.check()
    pipe.graceful(1)
    assert pipe.check()
    assert not pipe.check()
    pipe.close()


def test_children_see_that_the_parent_is_gone() -> None:
    pipe = PipeOfDeath()
    pipe.graceful(1)
    pipe.close_write_end()
    assert [pipe.wait(), pipe.wait(), pipe.wait()] == [GRACEFUL, b"", b""]


def test_one_process_is_its_own_parent() -> None:
    pipe = PipeOfDeath(one_process=True)
    pipe.close_write_end()
    pipe.graceful(1)
    assert pipe.wait() == GRACEFUL
    pipe.close()


def test_a_full_pipe_does_not_hold_up_the_parent() -> None:
    pipe = PipeOfDeath()
    for _ in range(3):
        pipe.kill(1_000_000)
    pipe.close()


def test_children_of_the_last_generation_still_read_what_is_for_them() -> None:
    pipe = PipeOfDeath()
    go, went = os.pipe()
    pid = os.fork()
    if pid == 0:
        pipe.close_write_end()
        os.read(go, 1)
        os._exit(0 if (pipe.wait(), pipe.wait()) == (GRACEFUL, b"") else 1)
    pipe.graceful(1)
    pipe.close()
    os.write(went, b".")
    assert os.waitpid(pid, 0) == (pid, 0)
    os.close(go)
    os.close(went)


def test_a_closed_pipe_cannot_be_used() -> None:
    pipe = PipeOfDeath()
    pipe.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        pipe.kill(1)
