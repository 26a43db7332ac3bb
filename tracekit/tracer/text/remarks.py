"""What a trace says beside calls: signals, stops, ends, and what a task turns into (strace.c)."""

import os
import signal
import time

from tracekit.syscalls import ABIS
from tracekit.tracer.counts import Counts
from tracekit.tracer.kernel import ptrace
from tracekit.tracer.options.settings import Settings
from tracekit.tracer.tasks.task import Task
from tracekit.tracer.text.record import Record
from tracekit.tracer.text.writer import Where


class Remarks:
    """Writes the lines about tasks that are no calls, as far as the filters let them through."""

    def __init__(self, record: Record, settings: Settings, counts: Counts) -> None:
        self._record = record
        self._counts = counts
        self._signals = settings.filters.signal
        self._quiet = settings.filters.quiet
        self._shows_where = settings.layout.numbers or settings.layout.pointers

    def signal(self, task: Task, number: int) -> None:
        """A signal is about to be delivered to a task, which stands still for it."""
        info = ptrace.signal_info(task.tid)
        if info is not None and not task.hidden and number in self._signals:
            self._record.signal(task, time.time_ns(), info, self._where(task))
            self._counts.signals += 1

    def stopped(self, task: Task, number: int) -> None:
        """A task stops with its process, by a signal."""
        if not task.hidden and number in self._signals:
            self._say(task, f"--- stopped by {signal.Signals(number).name} ---")

    def personality(self, task: Task, arch: str) -> None:
        """A task makes calls of another architecture than before, at first than the machine's."""
        if (task.arch or os.uname().machine) != arch and "personality" not in self._quiet:
            self._say(task, f"[ Process PID={task.tid} runs in {8 * ABIS[arch].word} bit mode. ]")
        task.arch = arch

    def superseded(self, task: Task, former: int) -> None:
        """A thread that was not the leader has called execve, and is the leader now."""
        if "thread-execve" not in self._quiet:
            self._say(task, f"+++ superseded by execve in pid {former} +++")

    def ended(self, task: Task, status: int) -> None:
        """A task has ended."""
        exited = os.WIFEXITED(status)
        if ("exit" not in self._quiet) if exited else (os.WTERMSIG(status) in self._signals):
            where = (task.number, -1, 8) if self._shows_where else None
            self._record.event(task.tid, time.time_ns(), f"+++ {_end_text(status)} +++", where)
            self._counts.others += 1

    def _say(self, task: Task, text: str) -> None:
        self._record.event(task.tid, time.time_ns(), text, self._where(task))
        self._counts.others += 1

    def _where(self, task: Task) -> Where | None:
        """Where a stopped task stands, when leaders tell of it."""
        info = ptrace.syscall_info(task.tid) if self._shows_where else None
        return (task.number, info[2], ABIS[task.arch].word if task.arch else 8) if info else None


def _end_text(status: int) -> str:
    if os.WIFEXITED(status):
        return f"exited with {os.WEXITSTATUS(status)}"
    dumped = " (core dumped)" if os.WCOREDUMP(status) else ""
    return f"killed by {_signal_name(os.WTERMSIG(status))}{dumped}"


def _signal_name(number: int) -> str:
    """Return ``SIGSEGV``, or ``SIGRT_3`` as strace counts the real-time signals from 32 on (signal(7))."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIGRT_{number - 32}"
