"""Calls at their entries and exits: taken down as far as the filters let them through."""

import os
import time
from collections.abc import Mapping

from tracekit.syscalls import ABIS, ARCHITECTURES, Syscall, calls
from tracekit.tracer.counts import Counts
from tracekit.tracer.decode import Call, Decoder, resolve
from tracekit.tracer.kernel import procfs, ptrace, seccomp
from tracekit.tracer.options.settings import Settings
from tracekit.tracer.paths import PathFilter
from tracekit.tracer.tampering.tamper import Tamper
from tracekit.tracer.tasks.task import Task
from tracekit.tracer.text.dump import dump
from tracekit.tracer.text.record import Record
from tracekit.tracer.text.remarks import Remarks
from tracekit.tracer.text.summary import Tally

_TABLES: dict[int, tuple[str, Mapping[int, Syscall]]] = {
    number: (arch, calls(arch)) for number, arch in ptrace.ARCHITECTURES.items() if arch in ARCHITECTURES
}
"""The calls by number, for each architecture as the kernel tells it."""
_NO_TABLE: tuple[str, Mapping[int, Syscall]] = (os.uname().machine, {})
"""Of another architecture (32-bit ARM, say) no call is known: each is printed as a number and registers."""


class Calls:
    """The calls of all tasks of one trace."""

    def __init__(
        self, record: Record, decoder: Decoder, remarks: Remarks, settings: Settings, counts: Counts
    ) -> None:
        """Take down what the settings' filters let through."""
        self.tamper: Tamper | None = None
        """What is done to calls on purpose."""
        self.tally: Tally | None = None
        """Counts calls, when somebody asked for it."""
        self._record = record
        self._decoder = decoder
        self._remarks = remarks
        self._counts = counts
        self._filters = settings.filters
        self._chosen = bool(settings.filters.paths) or not settings.filters.trace.everything
        """Some calls are not wanted."""
        self._raw = settings.filters.raw if settings.filters.raw else None
        self._paths = PathFilter(settings.filters.paths) if settings.filters.paths else None
        self._shows_command = settings.layout.commands
        self._writes = settings.summary is None or not settings.summary.only
        """Lines are written, and do not merely count."""
        self._dumps = self._writes and bool(settings.filters.read or settings.filters.write)
        self._shows_where = settings.layout.numbers or settings.layout.pointers

    def enter(self, task: Task, info: ptrace.SyscallInfo) -> None:
        """Take down the entry of a call; ``task.call`` is the call then, if it is one that is wanted."""
        task.pages.clear()
        number = info[4]
        name, table = _TABLES.get(info[1], _NO_TABLE)
        call = Call(table.get(number), number, name, info[5:], stack=info[3], resumes=task.latest)
        if name == "i386":
            resolve(call, task)
            number = call.syscall.numbers.get(name, number) if call.syscall else number
        if task.hidden and call.name != "execve":
            return
        task.number = number
        if name != task.arch:
            self._remarks.personality(task, name)
        if self._chosen and not self._wants(call, number, task):
            return
        if self.tamper and not task.hidden:
            self.tamper.enter(task, call)
        if self._writes and (self._raw is None or not self._raw.has(name, number)):
            self._decoder.enter(call, task)
        where = (number, info[2], ABIS[name].word) if self._shows_where else None
        if self._shows_command:
            self._record.attach(task.tid, procfs.comm(task.tid))
        self._record.entry(task.tid, time.time_ns(), call, where)
        task.call = call
        task.latest = call.name
        task.entered_ns = time.monotonic_ns()
        self._counts.calls += 1
        if self.tally:
            self.tally.enter(task.tid)

    def _wants(self, call: Call, number: int, task: Task) -> bool:
        """Whether the filters let a call through.

        One that no table has is always told of, as strace does it: nobody could have asked for it.
        """
        chosen = call.syscall is None or self._filters.trace.has(call.arch, number)
        return chosen and (self._paths is None or self._paths.touches(call, task))

    def leave(self, task: Task, call: Call, info: ptrace.SyscallInfo) -> None:
        """Take down the exit of the call that a task is in."""
        duration = time.monotonic_ns() - task.entered_ns
        task.pages.clear()
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

    def miss(self, task: Task) -> None:
        """A task was killed between a call's stop and our look at it; nobody knows which call it was."""
        if task.hidden or task.unknown:
            return
        self._counts.unseen += 1
        if task.call is None:
            self._record.unknown_entry(task.tid, time.time_ns())
            task.unknown = True
        else:
            self._record.unavailable(task.tid, time.time_ns(), task.call)
            task.call = None

    def die(self, task: Task) -> None:
        """A task ends; if it is in a call, nothing will come of that."""
        if task.call is not None:
            self._record.died(task.tid, time.time_ns(), task.call)
            task.call = None
        elif task.unknown:
            self._record.unknown_died(task.tid, time.time_ns())
            task.unknown = False

    def forget(self, tid: int) -> None:
        """A task is traced no longer."""
        if self.tally:
            self.tally.forget(tid)


def installs_filter(info: ptrace.SyscallInfo) -> bool:
    """Whether a call at its entry installs a seccomp filter, see ``seccomp.installs``."""
    call = _TABLES.get(info[1], _NO_TABLE)[1].get(info[4])
    return call is not None and seccomp.installs(call.name, info[5])
