"""How tasks go on without us: running, or stopped if they were stopped (ptrace(2), PTRACE_DETACH)."""

import os
import signal

from tracekit.tracer.counts import Counts
from tracekit.tracer.kernel import ptrace
from tracekit.tracer.tasks.guardian import Guardian
from tracekit.tracer.tasks.task import Task, Tasks
from tracekit.tracer.text.record import Record

SYSCALL_STOP = signal.SIGTRAP | 0x80
"""PTRACE_O_TRACESYSGOOD marks syscall stops so."""


class Release:
    """Lets go of the tasks of one trace.

    A task can only be detached while it stands in a stop, so those that run are asked to stop. A
    program that has a filter is not let go of but handed over.
    """

    def __init__(self, tasks: Tasks, record: Record, counts: Counts) -> None:
        self.guardian: Guardian | None = None
        """Who takes the program over, when it has a filter."""
        self._tasks = tasks
        self._record = record
        self._counts = counts
        self._failure: Exception | None = None

    def begin(self) -> None:
        """Ask every task to stop."""
        if self.guardian and self._tasks:
            self.guardian.hold()
        for tid in list(self._tasks):
            ptrace.interrupt(tid)

    def one(self, task: Task, status: int = 0) -> None:
        """Detach a task from the stop that it stands in."""
        if status >> 16 == ptrace.EVENT_EXEC and (former := ptrace.event_message(task.tid)) != task.tid:
            self._tasks.drop(former or 0)
        self._tasks.give_back(task.tid)
        if ptrace.detach(task.tid, _pending(status)):
            self._counts.cut += task.call is not None
            self._record.detached(task.tid)
            self._record.abandoned(task.tid, "detached")
            self._tasks.drop(task.tid)
        else:
            # It was resumed already when an error of ours ended the trace, or it is gone.
            ptrace.interrupt(task.tid)

    def in_spite_of(self, error: Exception, tid: int, status: int) -> None:
        """Let go of a task although there is an error with it, which must not hold up the others."""
        self._failure = self._failure or error
        if os.WIFSTOPPED(status) and ptrace.detach(tid, _pending(status)):
            self._tasks.drop(tid)

    def collect(self) -> None:
        """Have those taken over that were let go of by now."""
        if self.guardian:
            self.guardian.collect()

    def end(self) -> None:
        """Be done with it.

        Raises:
            Exception: what went wrong with a task; the others were let go of.
        """
        if self.guardian and not self._tasks:
            self.guardian.dismiss()
            self.guardian = None
        self._counts.tasks, self._counts.attached = self._tasks.seen, self._tasks.attached
        self._counts.left = len(self._tasks)
        if self._failure:
            raise self._failure


def _pending(status: int) -> int:
    """Return the signal whose delivery a stop has held up, 0 if that is not what it is."""
    stop, event = os.WSTOPSIG(status), status >> 16
    return stop if not event and stop != SYSCALL_STOP else 0
