"""Tasks joined into processes, one clue after another, never against what is known."""

from collections.abc import Iterable


class Clusters:
    """Sets of tasks that are taken for one process each."""

    def __init__(self, tids: Iterable[int], pids: dict[int, int], apart: set[frozenset[int]]) -> None:
        """Begin with every task alone.

        Args:
            tids: all tasks.
            pids: the process of those for which it is stated.
            apart: pairs that are proven to be of two processes.
        """
        self._members = {tid: {tid} for tid in tids}
        self._pids = {tid: {pids[tid]} if tid in pids else set[int]() for tid in self._members}
        self._apart: dict[int, set[int]] = {tid: set() for tid in self._members}
        for one, other in map(tuple, apart):
            self._apart[one].add(other)
            self._apart[other].add(one)

    def of(self, tid: int) -> set[int]:
        """Return the tasks of the process of a task."""
        return self._members[tid]

    def pid(self, tid: int) -> int | None:
        """Return the pid that is stated for any task of the process."""
        return next(iter(self._pids[tid]), None)

    def join(self, one: int, other: int) -> bool:
        """Take two tasks for one process, if nothing is against it."""
        mine, its = self._members[one], self._members[other]
        if mine is its:
            return True
        if len(self._pids[one] | self._pids[other]) > 1 or any(self._apart[tid] & its for tid in mine):
            return False
        pids = self._pids[one] | self._pids[other]
        mine |= its
        for tid in mine:
            self._members[tid], self._pids[tid] = mine, pids
        return True

    def all(self) -> list[set[int]]:
        """Return every process, the one with the smallest tid first."""
        return sorted({id(members): members for members in self._members.values()}.values(), key=min)
