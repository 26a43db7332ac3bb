"""Clues in the order of first lines, for tasks that existed before the log began.

``strace -f -p A`` seizes A and then the other tasks of /proc/A/task in order
(``startup_attach`` in strace's src/strace.c), one process after another. The
kernel reports the tasks of a tracer newest first (``__ptrace_link`` adds at the
head of the list that wait4 walks), so their first lines come in reverse: the
threads of a process in descending order, its main thread after them. A task
that stops early or late stands in another place, so these are clues, and
give way to whatever is proven.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple


class Signs(NamedTuple):
    """What the tasks were seen doing.

    Attributes:
        threaded: waited on a futex that is private to a process, so another thread has to wake them.
        waiting: were found waiting for connections or I/O.
        managing: waited for child processes, or forked some.
    """

    threaded: frozenset[int]
    waiting: frozenset[int]
    managing: frozenset[int]


def downwards(first_lines: Sequence[int]) -> list[int]:
    """Return the tasks in reverse attach order: as the first lines have them, or the other way round."""
    falls = sum(before > after for before, after in pairwise(first_lines))
    return list(first_lines) if 2 * falls >= len(first_lines) - 1 else list(reversed(first_lines))


def neighbours(order: Sequence[int], signs: Signs) -> list[tuple[int, int]]:
    """Return pairs of threads that stand below one another, the surest first.

    A task out of place is stepped over: in 70 71 69 it is 71, in 74 70 71 it is 70. Where that may be
    the main thread at the end of a process, the next one goes on with it only if no thread between the
    two numbers stands elsewhere: in 74 70 71 73 72, 71 may be of another process than 74.
    """
    sure: list[tuple[int, int]] = []
    likely: list[tuple[int, int]] = []
    for place, (first, second) in enumerate(pairwise(order)):
        before = order[place - 1] if place else None
        after = order[place + 2] if place + 2 < len(order) else None
        if before is not None and second < before < first:
            _collect(before, second, signs, sure, likely)
        elif after is not None and second < after < first and after not in signs.waiting:
            if second in signs.threaded or not _are_between(first, after, signs):
                _collect(first, after, signs, sure, likely)
        else:
            _collect(first, second, signs, sure, likely)
    return sure + likely


def _are_between(first: int, second: int, signs: Signs) -> bool:
    return any(second < tid < first for tid in signs.threaded | signs.waiting)


def _collect(
    first: int, second: int, signs: Signs, sure: list[tuple[int, int]], likely: list[tuple[int, int]]
) -> None:
    if first > second and second in signs.threaded and first in signs.threaded | signs.waiting:
        (sure if first == second + 1 else likely).append((first, second))


def main_thread(members: set[int], order: Sequence[int], signs: Signs) -> int | None:
    """Return the task that stands right after a thread of a process and can be its main thread.

    None when there is none. A task with children of its own to look after is taken for a process
    of its own.
    """
    behind = dict(pairwise(order))
    lowest = min(members)
    for member in [lowest, *(tid for tid in reversed(order) if tid in members)]:
        candidate = behind.get(member, lowest)
        if candidate < lowest and candidate not in signs.threaded | signs.managing:
            return candidate
    return None
