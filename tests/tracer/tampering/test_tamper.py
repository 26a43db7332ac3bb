"""What injections do to programs beyond their lines: delays hold one task alone, and never the end."""

import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.chance import by_task
from tests.support.processes import ending, start, tree, wait_until
from tests.support.requirements import need_ptrace
from tests.support.settings import trace, tracing
from tracekit.tracer.kernel import ptrace
from tracekit.tracer.tampering.delays import Delays

NEVER = "chdir:delay_enter=1000s"
DELAYED_THREAD = """
import os, threading
threading.Thread(target=os.chdir, args=("/tmp",)).start()
for _ in range(20): os.getppid()
os._exit(5)
"""
DELAYED = """
import os, signal
os.chdir("/")
signal.pause()
"""


@pytest.fixture(autouse=True)
def _may_trace() -> None:
    need_ptrace()


def test_a_delay_holds_one_thread_alone(tmp_path: Path) -> None:
    command = [sys.executable, "-S", "-c", DELAYED_THREAD]
    done = trace(command, tmp_path / "t", "chdir,getppid", inject=[("inject", NEVER)])
    assert done.returncode == 5
    tasks = by_task((tmp_path / "t").read_text())
    assert sorted(lines.count("getppid() = OTHER") for lines in tasks) == [0, 20]
    assert all(lines[-1] == "+++ exited with 5 +++" for lines in tasks)


def test_calls_that_no_table_has_are_left_alone(tmp_path: Path) -> None:
    code = "import ctypes, os; ctypes.CDLL(None).syscall(999); os.getppid()"
    trace(
        [sys.executable, "-S", "-c", code], tmp_path / "t", "getppid", inject=[("inject", "all:delay_exit=1")]
    )
    (lines,) = by_task((tmp_path / "t").read_text())
    unknown = next(line for line in lines if line.startswith("syscall_0x3e7("))
    assert unknown.endswith(" = -1 ENOSYS (Function not implemented)")
    assert "getppid() = OTHER (DELAYED)" in lines


def test_a_request_to_end_ends_a_delay(tmp_path: Path) -> None:
    out = tmp_path / "t"
    command = tracing([sys.executable, "-S", "-c", DELAYED], out, "chdir", inject=[("inject", NEVER)])
    with ending(start(command, stdout=subprocess.PIPE)) as tracer:
        wait_until(lambda: out.exists() and 'chdir("/"' in out.read_text(), "the delay")
        tracer.send_signal(signal.SIGTERM)
        assert tracer.wait(30) == 128 + signal.SIGTERM


def test_a_program_is_killed_in_a_delay(tmp_path: Path) -> None:
    out = tmp_path / "t"
    command = tracing([sys.executable, "-S", "-c", DELAYED], out, "chdir", inject=[("inject", NEVER)])
    with ending(start(command)) as tracer:
        wait_until(lambda: out.exists() and 'chdir("/"' in out.read_text(), "the delay")
        os.kill(next(pid for pid in tree(tracer.pid) if pid != tracer.pid), signal.SIGKILL)
        assert tracer.wait(30) == 128 + signal.SIGKILL
    assert out.read_text().endswith("+++ killed by SIGKILL +++\n")


def test_delays_end_in_their_order() -> None:
    delays = Delays()
    assert not delays
    assert delays.next() == math.inf
    for tid, due in ((1, 30.0), (2, 10.0), (3, 20.0), (4, 15.0)):
        delays.add(tid, due, signal=tid)
    delays.drop(4)
    assert delays.next() == 10.0
    assert sorted(delays.over(20.0)) == [(2, 2), (3, 3)]
    assert delays.next() == 30.0
    assert list(delays.over(math.inf)) == [(1, 1)]
    assert not delays


def test_sets_of_registers_are_read_and_written() -> None:
    """NT_PRSTATUS (linux/elf.h): what is written is what is read next."""
    pid = os.fork()
    if not pid:
        signal.pause()
        os._exit(1)
    try:
        ptrace.seize(pid, follow=False)
        ptrace.interrupt(pid)
        os.waitpid(pid, ptrace.WAIT_ALL)
        size = {"x86_64": 27 * 8, "aarch64": 34 * 8}[os.uname().machine]
        before = ptrace.read_registers(pid, 1, size)
        assert before is not None
        assert any(before)
        changed = bytes([before[0] ^ 1]) + before[1:]  # r15, or x0
        assert ptrace.write_registers(pid, 1, changed)
        assert ptrace.read_registers(pid, 1, size) == changed
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, ptrace.WAIT_ALL)
