"""Tasks told apart that had one number after another: the kernel gives a tid anew once its task is gone."""

from bisect import bisect_left, insort
from collections import defaultdict

LIFE = 32
"""Bits of a tid; a task's key has the number of lives that its tid had before above them."""


def tid_of(key: int) -> int:
    """Return the tid of a task."""
    return key & ((1 << LIFE) - 1)


def key_of(tid: int, life: int) -> int:
    """Return the key of a task whose tid so many others had before."""
    return tid | life << LIFE


class Lives:
    """When each tid went from one task to another, by the numbers of events.

    A tid is another task's after the end of its task, and after a fork that returned it although it was
    in use before: then the end is not in the log.

    Attributes:
        seen: the tids that were seen in their present life, with the number of its first event.
    """

    def __init__(self) -> None:
        """Know of no task."""
        self._ends: defaultdict[int, list[int]] = defaultdict(list)
        self.seen: dict[int, int] = {}

    def begin(self, tid: int, number: int) -> None:
        """Take in the first event of a task."""
        self.seen[tid] = number

    def end(self, tid: int, number: int) -> None:
        """Take in the end of a task."""
        self._ends[tid].append(number)
        self.seen.pop(tid, None)

    def forked(self, tid: int, number: int) -> None:
        """Take in that the call with this number made the task."""
        if self.seen.get(tid, number) < number:
            insort(self._ends[tid], number)
            del self.seen[tid]

    def key(self, tid: int, number: int) -> int:
        """Return which task an event with this number is about, when it names this tid."""
        ends = self._ends.get(tid)
        return key_of(tid, bisect_left(ends, number)) if ends else tid

    def ended(self) -> set[int]:
        """Return the keys of the tasks that ended."""
        return {key_of(tid, life) for tid, ends in self._ends.items() for life in range(len(ends))}

    def reused(self) -> dict[int, list[int]]:
        """Return the events after which a tid is another task's, for those that were used again."""
        used = {tid: ends if tid in self.seen else ends[:-1] for tid, ends in self._ends.items()}
        return {tid: ends for tid, ends in used.items() if ends}
