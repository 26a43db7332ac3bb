"""What each kind of stop means: what a task has come to is taken down, and it goes on (ptrace(2)).

A stop is a syscall's entry or exit, an event (clone, exec, exit), the delivery of a signal, or a
group-stop; each is resumed in the way that leaves the program's own behaviour as it was.
"""

import os
import signal
import time
from collections.abc import Callable

from tracekit.tracer.calls import Calls, installs_filter
from tracekit.tracer.kernel import procfs, ptrace
from tracekit.tracer.options.settings import Settings
from tracekit.tracer.tampering.delays import Delays
from tracekit.tracer.tasks.release import SYSCALL_STOP, Release
from tracekit.tracer.tasks.task import Task, Tasks
from tracekit.tracer.text.record import Record
from tracekit.tracer.text.remarks import Remarks

NEW_TASK = frozenset({ptrace.EVENT_CLONE, ptrace.EVENT_FORK, ptrace.EVENT_VFORK})
_STOPPING = frozenset({signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU})


class Stops:
    """Serves the stops of the tasks of one trace."""

    def __init__(
        self,
        tasks: Tasks,
        record: Record,
        calls: Calls,
        *,
        remarks: Remarks,
        release: Release,
        settings: Settings,
    ) -> None:
        self.delays = Delays()
        """Tasks that stand still for a while."""
        self.released: set[int] = set()
        """Processes that were let go of at an execve."""
        self._tasks = tasks
        self._record = record
        self._calls = calls
        self._remarks = remarks
        self._release = release
        self._detach_on_exec = settings.detach_on_execve
        self._events: dict[int, Callable[[Task, int], None]] = {
            **dict.fromkeys(NEW_TASK, self._new_task),
            ptrace.EVENT_EXEC: self._exec,
            ptrace.EVENT_EXIT: self._exiting,
            ptrace.EVENT_STOP: self._event_stop,
            ptrace.EVENT_SECCOMP: self._seccomp,
        }

    def serve(self, task: Task, status: int) -> None:
        """Serve a stop, of which wait4(2) reports this status."""
        stop, event = os.WSTOPSIG(status), status >> 16
        if stop == SYSCALL_STOP:
            self.syscall(task)
        elif event:
            self._events[event](task, stop)
        else:
            self._remarks.signal(task, stop)
            self.resume(task, stop)

    def adopt(self, tid: int) -> Task:
        """Take on a task that the kernel has attached for us."""
        self._record.attached(tid)
        return self._tasks.adopt(tid)

    def syscall(self, task: Task) -> None:
        """Serve a call's entry or exit."""
        if task.passing:
            task.passing = False
            ptrace.resume(task.tid)
            return
        info = ptrace.syscall_info(task.tid)
        if info is None:
            self._calls.miss(task)
            return
        number = 0
        if info[0] == ptrace.EXIT:
            if task.call is not None:
                self._calls.leave(task, task.call, info)
        elif info[0]:
            self._calls.enter(task, info)
            task.passing = task.call is None and not task.filtered
            number = task.tampering.signal if task.tampering else 0
        self.resume(task, number)

    def _seccomp(self, task: Task, _stop: int) -> None:
        """A filter of ours sends us a call: an entry, which an unfiltered task has reported already."""
        info = ptrace.syscall_info(task.tid)
        if info is None:
            return
        if task.call is None and not task.passing:
            self._calls.enter(task, info)
            if installs_filter(info):
                self._unfilter(task.pid)
        self.resume(task)

    def _unfilter(self, pid: int) -> None:
        """Stop at every call of a process from now on, see ``seccomp.installs``."""
        for task in self._tasks.values():
            if task.pid == pid:
                task.filtered = False

    def resume(self, task: Task, number: int = 0) -> None:
        """Let a task go on to its next stop, with a signal: at once, or when it has paused.

        The next stop that is of interest is a call's exit, and outside of calls
        the filter's, where there is one.
        """
        if task.pause_ns:
            self.delays.add(task.tid, time.monotonic() + task.pause_ns / 1e9, number)
            task.pause_ns = 0
        elif task.filtered and task.call is None:
            ptrace.proceed(task.tid, number)
        else:
            ptrace.resume(task.tid, number)

    def _new_task(self, task: Task, _stop: int) -> None:
        self.adopt_new(task)
        self.resume(task)

    def adopt_new(self, parent: Task) -> None:
        """Take on the task that an event tells of; it may have been served, and have ended, before that."""
        tid = ptrace.event_message(parent.tid)
        if tid and tid not in self._tasks and (status := procfs.status(tid)) and status.is_ours:
            self.adopt(tid).arch = parent.arch
        if tid and tid in self._tasks:
            self._tasks.inherit(tid, parent)

    def _exec(self, task: Task, _stop: int) -> None:
        former = ptrace.event_message(task.tid)
        if former and former != task.tid:
            self.delays.drop(task.tid)
            if former in self._tasks:
                task = self._tasks.supersede(former, task.tid)
                self._remarks.superseded(task, former)
            else:
                task.call = None  # one that we were still about to attach to; this was the leader's call
        if self._detach_on_exec and not task.hidden:
            self.released.add(task.tid)
            self._release.one(task)
            return
        task.hidden = False
        self._tasks.announce_program(task)
        self.resume(task)

    def _exiting(self, task: Task, _stop: int) -> None:
        self._calls.die(task)
        self.resume(task)

    def _event_stop(self, task: Task, stop: int) -> None:
        if self._release.guardian:
            self._release.guardian.tell(task.tid, stopped=stop in _STOPPING)
        if stop not in _STOPPING:
            self.resume(task)
            return
        self._remarks.stopped(task, stop)
        ptrace.listen(task.tid)
