"""The tasks (threads, LWPs) under trace, and what the header lines say of them."""

import errno
import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tracekit.tracer.annotations.descriptors import Descriptors, pidfd_target
from tracekit.tracer.decode import Call
from tracekit.tracer.kernel import memory, procfs
from tracekit.tracer.kernel.affinity import OneCore
from tracekit.tracer.kernel.numbers import seen_as
from tracekit.tracer.tampering.inject import Tampering
from tracekit.tracer.text.record import Record


@dataclass(slots=True)
class Task:
    """A task under trace, as the loop and the decoders see it."""

    tid: int
    pid: int
    """Its thread group (tgid)."""
    descriptors: Descriptors
    call: Call | None = None
    """The call that it is in, when that is printed."""
    entered_ns: int = 0
    """When it entered the call (monotonic clock)."""
    arch: str = ""
    """The architecture of its calls so far."""
    number: int = -1
    """The number of its latest call."""
    latest: str = ""
    """The name of the last call that it made."""
    passing: bool = False
    """It is in a call that nobody asked for: its next stop is the exit, and is passed over."""
    unknown: bool = False
    """It is in a call of which nobody knows which it is: it was killed at the entry."""
    hidden: bool = False
    """A launched program before its execve succeeds: what else our own child does is no part of the trace."""
    filtered: bool = False
    """It has a seccomp filter of ours, and none of its own: it stops at wanted calls alone."""
    tampering: Tampering | None = None
    """What is done to the call that it is in."""
    pause_ns: int = 0
    """How long it is to stand still before it goes on."""
    injected: Counter[tuple[str, int]] = field(default_factory=Counter)
    """How often it made each of the calls that something may be done to: architecture and number."""

    say: Callable[[str], None] = lambda _message: None
    """Takes what is said of it on standard error."""
    pages: memory.Pages = field(default_factory=dict)
    """Its memory, as far as it was read at the stop that it stands in."""

    def read(self, address: int, size: int) -> bytes:
        """Return up to ``size`` bytes of its memory, fewer or none where it cannot be read."""
        return memory.read(self.tid, address, size, self.pages)

    def describe(self, fd: int, tid: int | None = None) -> str:
        """Return the ``<...>`` annotation of a descriptor, of another task's perhaps, or nothing."""
        return self.descriptors.describe(self.tid if tid is None else tid, fd)

    def ours(self, pid: int) -> int:
        """Return our number of a process that this task sees under this one, 0 when there is none."""
        return seen_as(self.tid, pid)

    def target(self, pidfd: int) -> int:
        """Return the process that a pidfd stands for, or -1."""
        return pidfd_target(self.tid, pidfd)

    def netlink(self, fd: int) -> int | None:
        """Return the protocol of a netlink socket, -1 when nobody tells, None when it is none."""
        return self.descriptors.netlink(self.tid, fd)

    def cut_short(self, address: int, got: int, wanted: int, *, text: bool = False) -> None:
        """Say that something is not all there, in strace's words (ucopy.c: umoven, umovestr)."""
        reader, reason = ("umovestr", f": {os.strerror(errno.EFAULT)}") if text else ("umoven", "")
        self.say(f"{reader}: short read ({got} < {wanted}) @{address:#x}{reason}")

    def cwd(self) -> str:
        """Return the ``<...>`` annotation of AT_FDCWD, or nothing."""
        return self.descriptors.working_directory(self.tid)


class Tasks(dict[int, Task]):
    """The tasks under trace by tid. Each is announced in the trace when it is first seen."""

    def __init__(self, record: Record, descriptors: Descriptors, core: OneCore | None = None) -> None:
        """They are written to the record, and kept on one core if there is one."""
        super().__init__()
        self.core = core
        self.seen = 0
        """How many there have been."""
        self.attached = 0
        """Those of them that ran before we came."""
        self._record = record
        self._descriptors = descriptors
        self._announced: set[int] = set()

    def adopt(self, tid: int, attached: bool = False) -> Task:
        """Take a task on. One that ran before we came has descriptors that no call will tell of."""
        status = procfs.status(tid)
        pid = status.tgid if status else tid
        if pid not in self._announced:
            self._announced.add(pid)
            self._announce_process(tid, descriptors=attached)
        self._announce_task(tid, pid, status.name if status else "")
        self.attached += attached
        return self._add(tid, pid, new=not attached)

    def adopt_hidden(self, pid: int) -> Task:
        """Take a launched program on, that is not what it will be: its exec announces it."""
        self._announced.add(pid)
        task = self._add(pid, pid, new=True)
        task.hidden = True
        return task

    def _add(self, tid: int, pid: int, *, new: bool) -> Task:
        if self.core:
            self.core.take(tid, pid, new=new)
        self._record.attach(tid, procfs.comm(tid))
        self[tid] = Task(tid, pid, self._descriptors, say=self._record.say)
        self.seen += 1
        return self[tid]

    def inherit(self, tid: int, parent: Task) -> None:
        """Tell a new task who its parent is, of whom it has more than its first stop tells."""
        self[tid].filtered = parent.filtered
        if self.core:
            self.core.inherit(tid, parent.tid)

    def give_back(self, tid: int) -> None:
        """Undo what was done to a task, which stands still, before it is let go of."""
        if self.core:
            self.core.give_back(tid)

    def announce_program(self, task: Task) -> None:
        """Write what a task has become by an exec; descriptors were closed by it, too."""
        self._announce_process(task.tid, descriptors=True)
        self._announce_task(task.tid, task.pid, procfs.comm(task.tid))
        self._record.attach(task.tid, procfs.comm(task.tid))

    def _announce_task(self, tid: int, pid: int, comm: str) -> None:
        self._record.header("task", {"tid": tid, "pid": pid, "comm": comm, "time_ns": time.time_ns()})

    def _announce_process(self, tid: int, descriptors: bool) -> None:
        facts = procfs.process_facts(tid, descriptors)
        if facts is not None:
            self._record.header("process", {**facts, "time_ns": time.time_ns()})

    def drop(self, tid: int) -> Task | None:
        """Forget a task that has ended or was let go of; a later process may get its number."""
        self._announced.discard(tid)
        if tid in self:
            self._record.drop(tid)
        return self.pop(tid, None)

    def supersede(self, former: int, leader: int) -> Task:
        """Give the leader's tid to the thread that called execve (ptrace(2), "execve(2) under ptrace")."""
        self._record.supersede(former, leader)
        if self.core:
            self.core.supersede(former, leader)
        task = self.pop(former)
        task.tid = leader
        self[leader] = task
        return task
