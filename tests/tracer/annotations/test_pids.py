"""What is told of tasks: their commands, and their numbers in our PID namespace."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.requirements import need, need_root
from tracekit.tracer.annotations.pids import Pids
from tracekit.tracer.kernel import numbers, procfs
from tracekit.tracer.options.filters import EVERY_WORD, Members

COMMANDS = Members(frozenset({"comm"}))
NUMBERS = Members(frozenset({"pidns"}))
SUBJECT = "import os, sys; print(os.getpid(), flush=True); sys.stdin.read()"


@pytest.fixture(scope="module")
def stranger() -> Iterator[int]:
    """A process that is the first of a PID namespace below ours, and so has number 1 there."""
    need_root()
    command = [need("unshare"), "--pid", "--fork", "--kill-child", sys.executable, "-IS", "-c", SUBJECT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as unshare:
        assert unshare.stdout is not None
        assert unshare.stdin is not None
        if unshare.stdout.readline() != "1\n":
            pytest.skip("this machine gives us no PID namespace")
        (child,) = [pid for pid, parent in procfs.parents().items() if parent == unshare.pid]
        yield child
        unshare.stdin.close()


def test_our_own_numbers_have_a_command_and_no_translation() -> None:
    pids = Pids(EVERY_WORD)
    pids.tid = os.getpid()
    assert pids.note(os.getpid(), "tgid") == f"<{procfs.comm(os.getpid())}>"
    assert pids.note(os.getpid(), "tid") == pids.command(os.getpid())
    assert pids.note(os.getpgrp(), "pgid") == ""
    assert pids.note(os.getsid(0), "sid") == ""


def test_numbers_of_no_task_have_nothing() -> None:
    pids = Pids(EVERY_WORD)
    pids.tid = os.getpid()
    assert [pids.note(number, "tgid") for number in (0, -1, -os.getpid(), 2**31 - 1)] == [""] * 4


def test_a_number_of_another_namespace_is_followed_by_ours(stranger: int) -> None:
    pids = Pids(NUMBERS)
    pids.tid = stranger
    for kind in ("tid", "tgid"):
        assert pids.note(1, kind) == f" /* {stranger} in strace's PID NS */"
    assert pids.note(2, "tgid") == ""
    assert pids.note(1, "tgid") == f" /* {stranger} in strace's PID NS */"  # remembered, and looked at again


def test_the_command_is_that_of_the_task_that_is_meant(stranger: int) -> None:
    pids = Pids(COMMANDS)
    pids.tid = stranger
    assert pids.note(1, "tgid") == f"<{procfs.comm(stranger)}>"


def test_a_task_that_is_gone_sees_nothing() -> None:
    pids = Pids(EVERY_WORD)
    pids.tid = 2**31 - 1
    assert pids.note(1, "tgid") == ""


def test_namespaces_are_told_from_the_inside_out(stranger: int) -> None:
    inside, *above = numbers.namespaces(stranger)
    assert above == numbers.namespaces("self")
    assert inside not in above
    assert numbers.ids(stranger, "NSpid") == [stranger, 1]
    assert numbers.ids(2**31 - 1, "NSpid") == numbers.namespaces(2**31 - 1) == []


def test_where_proc_is_ours_its_numbers_are_ours() -> None:
    assert numbers.levels() == 1
    assert numbers.in_proc(12345) == numbers.ours(12345) == 12345
    assert numbers.folder(77) == "/proc/77"


FOREIGN = """
import os
from tracekit.tracer.kernel import numbers, procfs
child = os.fork()
if not child:
    os.read(0, 1)
    os._exit(0)
print(os.getpid(), child, numbers.levels(), int(os.readlink("/proc/self")) == numbers.in_proc(os.getpid()))
print(numbers.ours(numbers.in_proc(child)) == child, numbers.in_proc(999), procfs.threads(child) == [child])
print(procfs.status(child).tgid == child, procfs.comm(child) == procfs.comm(os.getpid()))
"""


def test_where_proc_is_that_of_the_namespace_above_tasks_are_found_in_it() -> None:
    need_root()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [need("unshare"), "--pid", "--fork", sys.executable, "-c", FOREIGN]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL
    )
    if "Operation not permitted" in done.stderr:
        pytest.skip("this machine gives us no PID namespace")
    assert done.stdout.splitlines() == ["1 2 2 True", "True 0 True", "True True"], done.stderr
