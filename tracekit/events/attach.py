"""Thread groups of tasks that existed before the log began, from the order in which strace took them on.

``strace -f -p A`` seizes A and then the other tasks of /proc/A/task in order
(``startup_attach`` in strace's src/strace.c), one process after another, so the
tasks of a process stand together, its main thread first and its other threads
in ascending order. The first lines of the tasks come in that order or, as
strace 6.1 prints them, in its reverse. Where one process ends and the next
begins is what is looked for: the cheapest division into such runs that breaks
nothing that is proven.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

PROCESS = 1.0
"""What one more process costs."""
UNLIKELY = 2.0
"""What a thread costs that shows no sign of having a process around it."""
LIKELY = 0.5
"""What a thread costs that waits for I/O and has the tid after that of a sure thread."""
LONELY = 10.0
"""What a process of one task costs that waits for another thread."""
BROKEN = 1000.0
"""What it costs to go against something proven."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about the tasks to divide.

    Attributes:
        pids: the group of each task that is known.
        group: number of the set of tasks proven to be of one process, by tid.
        apart: pairs proven to be of two.
        threaded: tasks that wait for another thread of theirs.
        waiting: tasks that the log finds waiting for connections or I/O.
    """

    pids: dict[int, int] = field(default_factory=dict)
    group: dict[int, int] = field(default_factory=dict)
    apart: set[frozenset[int]] = field(default_factory=set)
    threaded: set[int] = field(default_factory=set)
    waiting: set[int] = field(default_factory=set)


def attach_order(first_seen: Sequence[int]) -> list[int]:
    """Return the order in which strace took tasks on, from the order of their first lines."""
    falls = sum(before > after for before, after in pairwise(first_seen))
    return list(reversed(first_seen)) if 2 * falls >= len(first_seen) - 1 else list(first_seen)


def divide(order: Sequence[int], evidence: Evidence) -> list[list[int]]:
    """Divide tasks in attach order into processes; each begins with its main thread.

    Dynamic programming over where the last process begins: the number of steps is the number of
    tasks times the length of the longest ascending run.
    """
    threads = [_price_of_thread(order, place, evidence) for place in range(len(order))]
    cuts = _cuts(order, evidence)
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(order) + 1):
        choices, run, price = [], set[int](), 0.0
        for start in range(end - 1, -1, -1):
            first = order[start]
            if run and (first > order[start + 1] or _contradicts(first, run, evidence)):
                break
            run.add(first)
            whole = (
                best[start][0] + PROCESS + price + _price_of_main(first, run, evidence) + BROKEN * cuts[start]
            )
            choices.append((whole, start))
            price += threads[start]
        best.append(min(choices))
    runs, end = [], len(order)
    while end:
        start = best[end][1]
        runs.append(list(order[start:end]))
        end = start
    return runs[::-1]


def _price_of_main(first: int, run: set[int], evidence: Evidence) -> float:
    """Return what it costs that a run begins with this task."""
    stated = evidence.pids.get(first, first)
    alone = len(run) == 1 and (first in evidence.threaded) and evidence.pids.get(first) != first
    return (BROKEN if stated != first else 0.0) + (LONELY if alone else 0.0)


def _price_of_thread(order: Sequence[int], place: int, evidence: Evidence) -> float:
    """Return what it costs that a task belongs to the process of the one before it."""
    tid, before = order[place], order[place - 1]
    if _is_sure(tid, evidence):
        return 0.0
    beside = tid == before + 1 and tid in evidence.waiting and _is_sure(before, evidence)
    return LIKELY if beside else UNLIKELY


def _is_sure(tid: int, evidence: Evidence) -> bool:
    stated = evidence.pids.get(tid)
    return tid in evidence.threaded or tid in evidence.group or (stated is not None and stated != tid)


def _contradicts(tid: int, run: set[int], evidence: Evidence) -> bool:
    """Tell whether a task cannot be of the process of the others."""
    stated = {evidence.pids[each] for each in run if each in evidence.pids}
    if tid in evidence.pids and stated - {evidence.pids[tid]}:
        return True
    return any(frozenset((tid, each)) in evidence.apart for each in run)


def _cuts(order: Sequence[int], evidence: Evidence) -> list[int]:
    """Return, for every place, how many sets of proven threads a boundary before it cuts."""
    places: dict[tuple[str, int | None], list[int]] = {}
    for place, tid in enumerate(order):
        for key in (("group", evidence.group.get(tid)), ("pid", evidence.pids.get(tid))):
            if key[1] is not None:
                places.setdefault(key, []).append(place)
    return [sum(found[0] < place <= found[-1] for found in places.values()) for place in range(len(order))]
