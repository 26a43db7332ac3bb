"""The stop loop: from what the kernel reports of traced tasks to what a trace says of them.

Semantics are those of ``strace -f`` over PTRACE_SEIZE, see ptrace(2); what each kind of stop means
stands in ``stops``.
"""

import contextlib
import gc
import math
import os
import time
from collections import deque

from tracekit.tracer.calls import Calls
from tracekit.tracer.counts import Counts
from tracekit.tracer.decode import Decoder
from tracekit.tracer.kernel import ptrace
from tracekit.tracer.kernel.waiting import SYSCALL_STATUS, TICK, Waiter
from tracekit.tracer.options.settings import Settings
from tracekit.tracer.stops import NEW_TASK, Stops
from tracekit.tracer.tasks.release import Release
from tracekit.tracer.tasks.task import Tasks
from tracekit.tracer.text.record import Record
from tracekit.tracer.text.remarks import Remarks

_LEAST = 0.04
"""The share of time that goes to writing while tasks are busy; a full backlog takes all of it."""
_AT_ONCE = 8
"""Entries that are written between two looks for tasks that have stopped: some 50 microseconds."""
_SOON = 0.001
"""Seconds: a delay that ends so soon is not slept through, the wait could begin too late to be woken."""


class Tracer:
    """Serves the stops of traced tasks and takes down what they tell."""

    def __init__(self, record: Record, decoder: Decoder, tasks: Tasks, settings: Settings) -> None:
        """Take down what the settings' filters let through."""
        self.tasks = tasks
        self.counts = Counts()
        self.program: int | None = None
        """The process that we launched, and are the parent of."""
        self.status: int | None = None
        """Its wait status, once it has ended; its number may be another's after that."""
        self._remarks = Remarks(record, settings, self.counts)
        self.calls = Calls(record, decoder, self._remarks, settings, self.counts)
        self.release = Release(tasks, record, self.counts)
        self._reader = record.reader
        self._stops = Stops(
            tasks, record, self.calls, remarks=self._remarks, release=self.release, settings=settings
        )
        self._delays = self._stops.delays
        self._on_syscall = self._stops.syscall
        self._record = record
        self._follow = settings.follow
        self._round: deque[tuple[int, int]] = deque()
        """Changes that were reported and are not handled yet."""
        self._detaching = False
        self._quiet = True
        """No task has stopped since the last tick."""

    @property
    def released(self) -> bool:
        """Whether the program was let go of at an execve."""
        return self.program in self._stops.released

    def run(self, waiter: Waiter) -> None:
        """Serve stops until every task has ended, or the waiter says that it is enough.

        What is taken down makes no cycles, and to search it for some costs more than to decode it.
        """
        collecting = gc.isenabled()
        gc.disable()
        try:
            while self.tasks and not waiter.ended():
                self.serve(waiter)
        finally:
            if collecting:
                gc.enable()

    def detach(self, waiter: Waiter) -> None:
        """Let every task go on as it was: running, or stopped if it was stopped (ptrace(2), PTRACE_DETACH).

        This is how every trace ends, one that ends by an error of ours too. A
        task in an uninterruptible wait (a vfork's parent) stops when its wait
        is over; a further request to end leaves it to the kernel, which lets
        go of everything when we exit.

        Raises:
            Exception: what went wrong with a task; the others were let go of.
        """
        self._detaching = True
        self._record.put_off()
        asked = len(waiter.requested)
        self._handle_round()
        for tid, number in self._delays.over(math.inf):
            ptrace.resume(tid, number)
        self.release.begin()
        while self.tasks and len(waiter.requested) <= asked:
            self.serve(waiter)
            self.release.collect()
        self.release.end()

    def close(self, waiter: Waiter) -> None:
        """Write what was put off; tasks that could not be let go of are not kept waiting for it.

        Raises:
            UnwritableError: the trace cannot be written.
        """
        record = self._record
        try:
            if self.calls.tally:
                record.text(self.calls.tally.text())
            record.header("end", {"time_ns": time.time_ns(), **self.counts.facts()})
            while record.write_some(_AT_ONCE):
                if self.tasks:
                    self.glance(waiter)
        finally:
            try:
                record.close()
            finally:
                self.counts.unwritten = record.unwritten

    def serve(self, waiter: Waiter) -> None:
        """Wait for tasks that have stopped, and serve them; now and then, write."""
        try:
            soon = self._delays and self._delays.next() - time.monotonic() < _SOON
            self._round.extend(waiter.anyone() if soon else waiter.stopped())
            self._quiet = self._quiet and not self._round
            self._handle_round()
            if waiter.tick() and not self._detaching:  # until all are free, writing can wait: it may fail
                self._catch_up(waiter)
            if self._delays:
                self._end_delays(waiter)
        except ChildProcessError:
            self.tasks.clear()

    def glance(self, waiter: Waiter) -> None:
        """Serve a task that has stopped, if there is one."""
        with contextlib.suppress(ChildProcessError):
            self._round.extend(waiter.anyone())
        self._handle_round()

    def _catch_up(self, waiter: Waiter) -> None:
        """Write while no task waits: all if none has stopped since the last tick, else by the backlog."""
        busy = not self._quiet
        until = time.monotonic() + max(self._record.fullness**2, _LEAST) * TICK if busy else waiter.deadline
        while time.monotonic() < until and not waiter.requested and self._record.write_some(_AT_ONCE):
            self.glance(waiter)
        self._record.flush()
        self._quiet = True

    def _end_delays(self, waiter: Waiter) -> None:
        """Let tasks go on whose delay is over, and see to it that we wake for the next."""
        now = time.monotonic()
        for tid, number in self._delays.over(now):
            if tid in self.tasks:
                self._stops.resume(self.tasks[tid], number)
        if self._delays:
            waiter.wake_after(self._delays.next() - now)

    def _handle_round(self) -> None:
        """Handle what was reported. One that fails is handled again when tasks are let go of."""
        while self._round:
            if self._detaching:
                self._let_go(*self._round.popleft())
            else:
                self._handle(*self._round[0])
                self._round.popleft()

    def _let_go(self, tid: int, status: int) -> None:
        """Handle one report while tasks are let go of; an error with it must not hold up the others."""
        try:
            self._handle(tid, status)
        except Exception as error:  # noqa: BLE001 - of whatever kind: it is raised when all are free
            self.release.in_spite_of(error, tid, status)

    def _handle(self, tid: int, status: int) -> None:
        if status == SYSCALL_STATUS and tid in self.tasks and not self._detaching:
            self._on_syscall(self.tasks[tid])
            return
        if not os.WIFSTOPPED(status):
            self._on_end(tid, status)
            return
        task = self.tasks.get(tid) or (self._stops.adopt(tid) if self._follow else None)
        if task is None:
            # A clone that asked for it by CLONE_PTRACE; we follow none.
            ptrace.detach(tid)
            self._record.unknown(tid, ended=False)
            return
        if self._detaching:
            if status >> 16 in NEW_TASK:
                self._stops.adopt_new(task)
            self.release.one(task, status)
        else:
            self._stops.serve(task, status)

    def _on_end(self, tid: int, status: int) -> None:
        if tid == self.program and self.status is None:
            self.status = status
        self._delays.drop(tid)
        self.calls.forget(tid)
        task = self.tasks.get(tid)
        if task is not None:
            self._remarks.ended(task, status)
            self.tasks.drop(tid)
        elif tid not in {self.program, self._reader}:
            self._record.unknown(tid, ended=True)
