"""The stop loop: from what the kernel reports of traced tasks to what a trace says of them.

Semantics are those of ``strace -f`` over PTRACE_SEIZE, see ptrace(2): a stop is
a syscall's entry or exit, an event (clone, exec, exit), the delivery of a
signal, or a group-stop; each is taken down and the task resumed in the way
that leaves the program's own behaviour as it was.
"""

import gc
import math
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tracekit.syscalls import ABIS, ARCHITECTURES, Syscall, calls
from tracekit.tracer import procfs, ptrace, seccomp
from tracekit.tracer.decode import Call, Decoder, resolve
from tracekit.tracer.delays import Delays
from tracekit.tracer.dump import dump
from tracekit.tracer.guardian import Guardian
from tracekit.tracer.paths import PathFilter
from tracekit.tracer.record import Record
from tracekit.tracer.settings import Settings
from tracekit.tracer.summary import Tally
from tracekit.tracer.tamper import Tamper
from tracekit.tracer.task import Task, Tasks
from tracekit.tracer.waiting import Waiter
from tracekit.tracer.writer import Where

_SYSCALL_STOP = signal.SIGTRAP | 0x80
"""PTRACE_O_TRACESYSGOOD marks syscall stops so."""
_NEW_TASK = frozenset({ptrace.EVENT_CLONE, ptrace.EVENT_FORK, ptrace.EVENT_VFORK})
_TABLES: dict[int, tuple[str, Mapping[int, Syscall]]] = {
    number: (arch, calls(arch)) for number, arch in ptrace.ARCHITECTURES.items() if arch in ARCHITECTURES
}
"""The calls by number, for each architecture as the kernel tells it."""
_WRITING = 0.01
"""Seconds of a tick that go to writing while tasks are busy; on a machine with one core they would wait."""
_SOON = 0.001
"""Seconds: a delay that ends so soon is not slept through, the wait could begin too late to be woken."""
_STOPPING = frozenset({signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU})


@dataclass(slots=True)
class Counts:
    """What a trace took in; shown at its end and written into it."""

    tasks: int = 0
    calls: int = 0
    signals: int = 0
    refused: list[str] = field(default_factory=list)


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
        self.guardian: Guardian | None = None
        """Who takes the program over, when it has a filter."""
        self.tamper: Tamper | None = None
        """What is done to calls on purpose."""
        self.tally: Tally | None = None
        """Counts calls, when somebody asked for it."""
        self._reader = record.reader
        self._delays = Delays()
        self._record = record
        self._decoder = decoder
        self._filters = settings.filters
        self._paths = PathFilter(settings.filters.paths) if settings.filters.paths else None
        self._shows_command = settings.layout.commands
        self._writes = settings.summary is None or not settings.summary.only
        """Lines are written, and do not merely count."""
        self._dumps = self._writes and bool(settings.filters.read or settings.filters.write)
        self._follow = settings.follow
        self._detach_on_exec = settings.detach_on_execve
        self._shows_where = settings.layout.numbers or settings.layout.pointers
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
        gc.disable()
        while self.tasks and not waiter.ended():
            self.serve(waiter)

    def detach(self, waiter: Waiter) -> None:
        """Let every task go on as it was: running, or stopped if it was stopped (ptrace(2), PTRACE_DETACH).

        This is how every trace ends, one that ends by an error of ours too. A
        task can only be detached while it stands in a stop, so those that run
        are asked to stop. One in an uninterruptible wait (a vfork's parent)
        stops when its wait is over; a further request to end leaves it to the
        kernel, which lets go of everything when we exit. A program that has a
        filter is not let go of but handed over.
        """
        self._detaching = True
        asked = len(waiter.requested)
        self._handle_round()
        if self.guardian and self.tasks:
            self.guardian.hold()
        for tid, number in self._delays.over(math.inf):
            ptrace.resume(tid, number)
        for tid in list(self.tasks):
            ptrace.interrupt(tid)
        while self.tasks and len(waiter.requested) <= asked:
            self.serve(waiter)
            if self.guardian:
                self.guardian.collect()
        if self.guardian and not self.tasks:
            self.guardian.dismiss()
            self.guardian = None
        self.counts.tasks = self.tasks.seen

    def serve(self, waiter: Waiter) -> None:
        """Wait for tasks that have stopped, and serve them; now and then, write."""
        try:
            soon = self._delays and self._delays.next() - time.monotonic() < _SOON
            self._round.extend(waiter.anyone() if soon else waiter.stopped())
            self._quiet = self._quiet and not self._round
            self._handle_round()
            if waiter.tick():
                self._catch_up(waiter)
            if self._delays:
                self._end_delays(waiter)
        except ChildProcessError:
            self.tasks.clear()

    def _catch_up(self, waiter: Waiter) -> None:
        """Write while no task waits: a little, or all if none has stopped since the last tick."""
        until = math.inf if self._quiet else time.monotonic() + _WRITING
        while self._record.write_some() and time.monotonic() < until:
            self._round.extend(waiter.anyone())
            self._handle_round()
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
        while self._round:
            self._handle(*self._round[0])
            self._round.popleft()

    def _handle(self, tid: int, status: int) -> None:
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
            self._release(task, stop, event)
        elif stop == _SYSCALL_STOP:
            self._on_syscall(task)
        elif event:
            self._events[event](task, stop)
        else:
            self._on_signal(task, stop)

    # Stops, by kind

    def _on_syscall(self, task: Task) -> None:
        info = ptrace.syscall_info(task.tid)
        if info is None:
            return
        number = 0
        if info[0] == ptrace.EXIT:
            if task.call is not None:
                self._leave(task, task.call, info)
        elif info[0]:
            self._enter(task, info)
            number = task.tampering.signal if task.tampering else 0
        self._resume(task, number)

    def _on_seccomp(self, task: Task, _stop: int) -> None:
        """A filter of ours sends us a call: an entry, which an unfiltered task has reported already."""
        info = ptrace.syscall_info(task.tid)
        if info is None:
            return
        if task.call is None:
            self._enter(task, info)
            call = _TABLES[info[1]][1].get(info[4])
            if call and seccomp.installs(call.name, info[5]):
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

    def _enter(self, task: Task, info: ptrace.SyscallInfo) -> None:
        _, arch, pointer, stack, number, *args = info
        name, table = _TABLES[arch]
        call = Call(table.get(number), number, name, args, stack=stack, resumes=task.latest)
        if name == "i386":
            resolve(call, task)
            number = call.syscall.numbers.get(name, number) if call.syscall else number
        if task.hidden and call.name != "execve":
            return
        task.number = number
        if name != task.arch:
            self._change_personality(task, name)
        if not self._filters.trace.has(name, number) or (self._paths and not self._paths.touches(call, task)):
            return
        if self.tamper and not task.hidden:
            self.tamper.enter(task, call)
        if self._writes and not self._filters.raw.has(name, number):
            self._decoder.enter(call, task)
        where = (number, pointer, ABIS[name].word) if self._shows_where else None
        if self._shows_command:
            self._record.attach(task.tid, procfs.comm(task.tid))
        self._record.entry(task.tid, time.time_ns(), call, where)
        task.call = call
        task.latest = call.name
        task.entered_ns = time.monotonic_ns()
        self.counts.calls += 1
        if self.tally:
            self.tally.enter(task.tid)

    def _leave(self, task: Task, call: Call, info: ptrace.SyscallInfo) -> None:
        duration = time.monotonic_ns() - task.entered_ns
        now = time.time_ns()
        call.ret, call.is_error = info[4], bool(info[5] & 0xFF)
        note = self.tamper.leave(task, call) if self.tamper else ""
        if self.tally:
            self.tally.leave(task.tid, call, duration)
        self._decoder.leave(call, task)
        where = (call.number, info[2], ABIS[call.arch].word) if self._shows_where else None
        dumped = dump(call, task, self._filters) if self._dumps else ""
        self._record.exit(task.tid, now, call, duration, note, where=where, dump=dumped)
        task.call = None

    def _on_new_task(self, task: Task, _stop: int) -> None:
        self._adopt_new(task)
        self._resume(task)

    def _adopt_new(self, parent: Task) -> None:
        """Take on the task that an event tells of; it may have been served, and have ended, before that."""
        tid = ptrace.event_message(parent.tid)
        if tid and tid not in self.tasks and (status := procfs.status(tid)) and status.is_ours:
            self._adopt(tid).arch = parent.arch
        if tid and tid in self.tasks:
            self.tasks[tid].filtered = parent.filtered

    def _adopt(self, tid: int) -> Task:
        self._record.attached(tid)
        return self.tasks.adopt(tid)

    def _change_personality(self, task: Task, arch: str) -> None:
        if (task.arch or os.uname().machine) != arch and "personality" not in self._filters.quiet:
            text = f"[ Process PID={task.tid} runs in {8 * ABIS[arch].word} bit mode. ]"
            self._record.event(task.tid, time.time_ns(), text, self._where(task))
        task.arch = arch

    def _where(self, task: Task) -> Where | None:
        """Where a stopped task stands, when leaders tell of it."""
        info = ptrace.syscall_info(task.tid) if self._shows_where else None
        return (task.number, info[2], ABIS[task.arch].word if task.arch else 8) if info else None

    def _on_exec(self, task: Task, _stop: int) -> None:
        former = ptrace.event_message(task.tid)
        if former and former != task.tid and former in self.tasks:
            task = self.tasks.supersede(former, task.tid)
            if "thread-execve" not in self._filters.quiet:
                text = f"+++ superseded by execve in pid {former} +++"
                self._record.event(task.tid, time.time_ns(), text, self._where(task))
        if self._detach_on_exec and not task.hidden:
            self.released = self.released or task.tid == self.program
            self._release(task, 0, ptrace.EVENT_STOP)
            return
        task.hidden = False
        self.tasks.announce_program(task)
        self._resume(task)

    def _on_exiting(self, task: Task, _stop: int) -> None:
        if task.call is not None:
            self._record.died(task.tid, time.time_ns(), task.call)
            task.call = None
        self._resume(task)

    def _on_event_stop(self, task: Task, stop: int) -> None:
        if self.guardian:
            self.guardian.tell(task.tid, stopped=stop in _STOPPING)
        if stop not in _STOPPING:
            self._resume(task)
            return
        if not task.hidden and stop in self._filters.signal:
            text = f"--- stopped by {signal.Signals(stop).name} ---"
            self._record.event(task.tid, time.time_ns(), text, self._where(task))
        ptrace.listen(task.tid)

    def _on_signal(self, task: Task, stop: int) -> None:
        info = ptrace.signal_info(task.tid)
        if info is not None and not task.hidden and stop in self._filters.signal:
            self._record.signal(task.tid, time.time_ns(), info, self._where(task))
            self.counts.signals += 1
        self._resume(task, stop)

    def _on_end(self, tid: int, status: int) -> None:
        if tid == self.program and self.status is None:
            self.status = status
        self._delays.drop(tid)
        if self.tally:
            self.tally.forget(tid)
        task = self.tasks.get(tid)
        if task is None:
            if tid not in {self.program, self._reader}:
                self._record.unknown(tid, ended=True)
            return
        if self._tells_of(status):
            where = (task.number, -1, 8) if self._shows_where else None
            self._record.event(tid, time.time_ns(), f"+++ {_end_text(status)} +++", where)
        self.tasks.drop(tid)

    def _tells_of(self, status: int) -> bool:
        """Whether this end of a task is written."""
        if os.WIFEXITED(status):
            return "exit" not in self._filters.quiet
        return os.WTERMSIG(status) in self._filters.signal

    def _release(self, task: Task, stop: int, event: int) -> None:
        """Detach one task from the stop that it stands in."""
        if event in _NEW_TASK:
            self._adopt_new(task)
        elif event == ptrace.EVENT_EXEC and (former := ptrace.event_message(task.tid)) != task.tid:
            self.tasks.drop(former or 0)
        pending = stop if not event and stop != _SYSCALL_STOP else 0
        if ptrace.detach(task.tid, pending):
            self._record.detached(task.tid)
            self._record.abandoned(task.tid, "detached")
            self.tasks.drop(task.tid)
        else:
            # It was resumed already when an error of ours ended the trace, or it is gone.
            ptrace.interrupt(task.tid)


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
