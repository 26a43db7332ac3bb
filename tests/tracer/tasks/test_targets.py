"""Which processes are meant, and the words for those that cannot be traced."""

import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.processes import ending, start, task, wait_until
from tracekit.errors import NotPermittedError, UsageError
from tracekit.tracer.tasks import starting, targets
from tracekit.tracer.tasks.targets import Selection

PARENT = "import os, time\nos.fork() and os.fork()\ntime.sleep(100)"


@pytest.fixture
def family() -> Iterator[int]:
    """A process with two children."""
    with ending(start([sys.executable, "-c", PARENT])) as process:
        wait_until(lambda: len(targets.descendants([process.pid])) == 2, "two children")
        yield process.pid


def test_a_tree_is_the_process_and_all_below_it(family: int) -> None:
    assert Selection((family,)).pids() == [family]
    assert Selection((family,), tree=True).pids() == sorted({family, *targets.descendants([family])})


def test_by_name() -> None:
    with ending(start(["sleep", "100"])) as process:
        wait_until(lambda: process.pid in _sleepers(), "the exec")


def _sleepers() -> list[int]:
    try:
        return Selection(name="sleep").pids()
    except UsageError:
        return []


def test_by_port_takes_the_listeners_children() -> None:
    code = (
        "import os, socket, sys, time\n"
        "s = socket.create_server(('127.0.0.1', 0))\n"
        "pid = os.fork()\n"
        "if pid: print(s.getsockname()[1], pid, flush=True)\n"
        "else: s.close()\n"
        "time.sleep(100)"
    )
    with ending(start([sys.executable, "-c", code], stdout=subprocess.PIPE)) as process:
        assert process.stdout
        port, child = map(int, process.stdout.readline().split())
        assert Selection(port=port).pids() == sorted([process.pid, child])


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (Selection(), "no process was chosen"),
        (Selection((2**22 + 1,)), f"no process {2**22 + 1}"),
        (Selection(name="no such name"), "no process is named 'no such name'"),
    ],
)
def test_what_is_not_there(selection: Selection, message: str) -> None:
    with pytest.raises(UsageError, match=message) as failure:
        selection.pids()
    assert failure.value.hint


def test_those_that_have_ended_do_not_keep_us_from_the_others() -> None:
    gone = 2**22 + 1
    selection = Selection((gone, os.getppid()))
    assert os.getppid() in selection.pids()
    assert selection.gone() == [gone]


def test_a_port_that_nobody_listens_on() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(UsageError, match="listens on TCP port"):
            Selection(port=unused.getsockname()[1]).pids()


def test_a_zombie_is_named_as_ended() -> None:
    pid = os.fork()
    if not pid:
        os._exit(0)
    try:
        wait_until(lambda: (t := task(pid)) is not None and t.ended, "its end")
        error = starting.refusal(pid, OSError(errno.EPERM, ""))
    finally:
        os.waitpid(pid, 0)
    assert isinstance(error, UsageError)
    assert "has ended already" in error.message


def test_a_process_that_is_gone() -> None:
    with ending(start(["true"])) as process:
        process.wait()
    error = starting.refusal(process.pid, OSError(errno.ESRCH, ""))
    assert isinstance(error, UsageError)
    assert "is gone" in error.message


def test_a_task_that_may_not_be_traced_has_a_remedy(family: int) -> None:
    error = starting.refusal(family, OSError(errno.EPERM, "Operation not permitted"))
    assert isinstance(error, NotPermittedError)
    assert error.hint
    os.kill(family, signal.SIGCONT)
