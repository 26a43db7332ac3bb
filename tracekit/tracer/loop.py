"""The stop loop: from what the kernel reports of traced tasks to what a trace says of them.

Semantics are those of ``strace -f`` over PTRACE_SEIZE, see ptrace(2): a stop is
a syscall's entry or exit, an event (clone, exec, exit), the delivery of a
signal, or a group-stop; each is taken down and the task resumed in the way
that leaves the program's own behaviour as it was.
"""

import contextlib
import gc
import math
import os
import signal
import time
from collections import deque
from collections.abc import Callable

from tracekit.tracer import procfs, ptrace
from tracekit.tracer.calls import Calls, installs_filter
from tracekit.tracer.counts import Counts
from tracekit.tracer.decode import Decoder
from tracekit.tracer.delays import Delays
from tracekit.tracer.record import Record
from tracekit.tracer.release import SYSCALL_STOP, Release
from tracekit.tracer.remarks import Remarks
from tracekit.tracer.settings import Settings
from tracekit.tracer.task import Task, Tasks
from tracekit.tracer.waiting import TICK, Waiter

_NEW_TASK = frozenset({ptrace.EVENT_CLONE, ptrace.EVENT_FORK, ptrace.EVENT_VFORK})
_SYSCALL_STATUS = SYSCALL_STOP << 8 | 0x7F
"""What wait4(2) reports of a syscall stop: most of all stops."""
_LEAST = 0.04
"""The share of time that goes to writing while tasks are busy; a full backlog takes all of it."""
_AT_ONCE = 8
"""Entries that are written between two looks for tasks that have stopped: some 50 microseconds."""
_SOON = 0.001
"""Seconds: a delay that ends so soon is not slept through, the wait could begin too late to be woken."""
_STOPPING = frozenset({signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU})


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
        self.released = False
        """It was let go of at an execve."""
        self._remarks = Remarks(record, settings, self.counts)
        self.calls = Calls(record, decoder, self._remarks, settings, self.counts)
        self.release = Release(tasks, record, self.counts)
        self._reader = record.reader
        self._delays = Delays()
        self._record = record
        self._follow = settings.follow
        self._detach_on_exec = settings.detach_on_execve
        self._round: deque[tuple[int, int]] = deque()
        """Changes that were reported and are not handled yet."""
        self._detaching = False
        self._quiet = True
        """No task has stopped since the last tick."""
        self._events: dict[int, Callable[[Task, int], None]] = {
            **dict.fromkeys(_NEW_TASK, self._on_new_task),
            ptrace.EVENT_EXEC: self._on_exec,
            ptrace.EVENT_EXIT: self._on_exiting,
            ptrace.EVENT_STOP: self._on_event_stop,
            ptrace.EVENT_SECCOMP: self._on_seccomp,
        }

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
        until = time.monotonic() + max(self._record.fullness, _LEAST) * TICK if busy else waiter.deadline
        while time.monotonic() < until and not waiter.requested and self._record.write_some(_AT_ONCE):
            self.glance(waiter)
        self._record.flush()
        self._quiet = True

    def _end_delays(self, waiter: Waiter) -> None:
        """Let tasks go on whose delay is over, and see to it that we wake for the next."""
        now = time.monotonic()
        for tid, number in self._delays.over(now):
            if tid in self.tasks:
                self._resume(self.tasks[tid], number)
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
        if status == _SYSCALL_STATUS and tid in self.tasks and not self._detaching:
            self._on_syscall(self.tasks[tid])
            return
        if not os.WIFSTOPPED(status):
            self._on_end(tid, status)
            return
        task = self.tasks.get(tid) or (self._adopt(tid) if self._follow else None)
        if task is None:
            # A clone that asked for it by CLONE_PTRACE; we follow none.
            ptrace.detach(tid)
            self._record.unknown(tid, ended=False)
            return
        stop, event = os.WSTOPSIG(status), status >> 16
        if self._detaching:
            if event in _NEW_TASK:
                self._adopt_new(task)
            self.release.one(task, status)
        elif stop == SYSCALL_STOP:
            self._on_syscall(task)
        elif event:
            self._events[event](task, stop)
        else:
            self._on_signal(task, stop)

    # Stops, by kind

    def _on_syscall(self, task: Task) -> None:
        if task.passing:
            task.passing = False
            ptrace.resume(task.tid)
            return
        info = ptrace.syscall_info(task.tid)
        if info is None:
            self.calls.miss(task)
            return
        number = 0
        if info[0] == ptrace.EXIT:
            if task.call is not None:
                self.calls.leave(task, task.call, info)
        elif info[0]:
            self.calls.enter(task, info)
            task.passing = task.call is None and not task.filtered
            number = task.tampering.signal if task.tampering else 0
        self._resume(task, number)

    def _on_seccomp(self, task: Task, _stop: int) -> None:
        """A filter of ours sends us a call: an entry, which an unfiltered task has reported already."""
        info = ptrace.syscall_info(task.tid)
        if info is None:
            return
        if task.call is None and not task.passing:
            self.calls.enter(task, info)
            if installs_filter(info):
                self._unfilter(task.pid)
        self._resume(task)

    def _unfilter(self, pid: int) -> None:
        """Stop at every call of a process from now on, see ``seccomp.installs``."""
        for task in self.tasks.values():
            if task.pid == pid:
                task.filtered = False

    def _resume(self, task: Task, number: int = 0) -> None:
        """Let a task go on to its next stop, with a signal: at once, or when it has paused.

        The next stop that is of interest is a call's exit, and outside of calls
        the filter's, where there is one.
        """
        if task.pause_ns:
            self._delays.add(task.tid, time.monotonic() + task.pause_ns / 1e9, number)
            task.pause_ns = 0
        elif task.filtered and task.call is None:
            ptrace.proceed(task.tid, number)
        else:
            ptrace.resume(task.tid, number)

    def _on_new_task(self, task: Task, _stop: int) -> None:
        self._adopt_new(task)
        self._resume(task)

    def _adopt_new(self, parent: Task) -> None:
        """Take on the task that an event tells of; it may have been served, and have ended, before that."""
        tid = ptrace.event_message(parent.tid)
        if tid and tid not in self.tasks and (status := procfs.status(tid)) and status.is_ours:
            self._adopt(tid).arch = parent.arch
        if tid and tid in self.tasks:
            self.tasks.inherit(tid, parent)

    def _adopt(self, tid: int) -> Task:
        self._record.attached(tid)
        return self.tasks.adopt(tid)

    def _on_exec(self, task: Task, _stop: int) -> None:
        former = ptrace.event_message(task.tid)
        if former and former != task.tid:
            self._delays.drop(task.tid)
            if former in self.tasks:
                task = self.tasks.supersede(former, task.tid)
                self._remarks.superseded(task, former)
            else:
                task.call = None  # one that we were still about to attach to; this was the leader's call
        if self._detach_on_exec and not task.hidden:
            self.released = self.released or task.tid == self.program
            self.release.one(task)
            return
        task.hidden = False
        self.tasks.announce_program(task)
        self._resume(task)

    def _on_exiting(self, task: Task, _stop: int) -> None:
        self.calls.die(task)
        self._resume(task)

    def _on_event_stop(self, task: Task, stop: int) -> None:
        if self.release.guardian:
            self.release.guardian.tell(task.tid, stopped=stop in _STOPPING)
        if stop not in _STOPPING:
            self._resume(task)
            return
        self._remarks.stopped(task, stop)
        ptrace.listen(task.tid)

    def _on_signal(self, task: Task, stop: int) -> None:
        self._remarks.signal(task, stop)
        self._resume(task, stop)

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
