"""The tracer and what it traces on one core, for as long as the trace lasts (sched_setaffinity(2)).

To wake a core that sleeps is most of what a stop costs; on one core nobody has to be woken. It
changes what is observed, so it is done on request only, and undone for every task before it is
let go of. What is created meanwhile inherits the one core, and is given what its creator had.
"""

import os
from contextlib import suppress

Cores = frozenset[int]


class OneCore:
    """Keeps tasks on one core, and knows where else each of them may run."""

    def __init__(self) -> None:
        self.unmoved = 0
        """Tasks that could not be moved: they may not run there, or are not ours to move."""
        self._ours = _cores(0)
        self._core: int | None = None
        self._before: dict[int, Cores] = {}

    def take(self, tid: int, process: int, *, new: bool) -> None:
        """Move a task to the core; the first one decides which core that is: its own.

        A new one is there already, since its creator is. It may run where its process may, until
        ``inherit`` tells who the creator was.
        """
        cores = _cores(tid)
        if self._core is None:
            self._core = self._choose(tid, cores)
            _move(0, frozenset({self._core}))
        if new and cores == {self._core}:
            self._before[tid] = self._before.get(process, self._ours)
        elif self._core in cores and _move(tid, frozenset({self._core})):
            self._before[tid] = cores
        else:
            self.unmoved += 1

    def inherit(self, tid: int, creator: int) -> None:
        """A task that was taken turns out to be created by this one."""
        if tid in self._before and creator in self._before:
            self._before[tid] = self._before[creator]

    def supersede(self, former: int, leader: int) -> None:
        """A thread goes on under its leader's tid."""
        if former in self._before:
            self._before[leader] = self._before.pop(former)

    def give_back(self, tid: int) -> None:
        """Let a task run where it ran before; one that has chosen its cores itself meanwhile keeps them."""
        before = self._before.pop(tid, None)
        if before is not None and _cores(tid) == {self._core}:
            _move(tid, before)

    def close(self) -> None:
        """Give back what is left, our own cores too."""
        for tid in list(self._before):
            self.give_back(tid)
        _move(0, self._ours)

    def _choose(self, tid: int, cores: Cores) -> int:
        """Return the core on which a task ran last, or one on which it and we may run."""
        shared = self._ours & cores or self._ours
        latest = _latest(tid)
        return latest if latest in shared else min(shared)


def _cores(tid: int) -> Cores:
    try:
        return frozenset(os.sched_getaffinity(tid))
    except OSError:
        return frozenset()


def _move(tid: int, cores: Cores) -> bool:
    with suppress(OSError):
        os.sched_setaffinity(tid, cores)
        return True
    return False


def _latest(tid: int) -> int:
    """Return the core of a task's latest run: the 39th field of ``/proc/TID/stat`` (proc(5))."""
    try:
        with open(f"/proc/{tid}/stat", encoding="utf-8", errors="replace") as stat:
            return int(stat.read().rpartition(")")[2].split()[36])
    except OSError:
        return -1
