"""Who wakes whom: threads of one process hand work over with private futexes (futex(2)).

Siblings that were forked have the same addresses, so the address alone proves
nothing; a wake-up that can have one author only does.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from tracekit.events.positions import positions
from tracekit.stream import Event, parse_arguments
from tracekit.stream.values import Name, symbols
from tracekit.syscalls import families

FUTEX = families.names_of("futex")
WAITS = {"FUTEX_WAIT_PRIVATE", "FUTEX_WAIT_BITSET_PRIVATE"}
WAKES = {"FUTEX_WAKE_PRIVATE", "FUTEX_WAKE_BITSET_PRIVATE"}
CHANCE = 10
"""A pair with less than a tenth of the votes that one of its tasks has with another is taken for chance."""


class Step(NamedTuple):
    """One wake-up given (``woken`` waiters), or one received (0), in the order of the log."""

    when: int
    woken: int
    tid: int


def waiters(events: Sequence[Event]) -> frozenset[int]:
    """Return the tasks that waited, without a limit, for another thread of their process."""
    found = set()
    for event in events:
        if event.name in FUTEX and event.tid is not None:
            match parse_arguments(event.args or ""):
                case (_, operation, _, Name("NULL"), *_) if symbols(operation) & WAITS:
                    found.add(event.tid)
    return frozenset(found)


def hand_overs(events: Sequence[Event]) -> list[tuple[int, int]]:
    """Return the pairs of which one woke the other, most often first.

    A wake-up counts when, on its address, only one task has had wake-ups outstanding since there were none.
    """
    votes: Counter[tuple[int, int]] = Counter()
    for steps in _steps(events).values():
        authors: set[int] = set()
        outstanding = 0
        for _, woken, tid in sorted(steps):
            if woken:
                authors.add(tid)
                outstanding += woken
            elif outstanding:
                outstanding -= 1
                if len(authors) == 1 and tid not in authors:
                    (author,) = authors
                    votes[min(tid, author), max(tid, author)] += 1
            if not outstanding:
                authors.clear()
    return _clear(votes)


def _clear(votes: Counter[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the pairs that are no chance hits: not far below the best that either task has."""
    best: Counter[int] = Counter()
    for pair, number in votes.items():
        for tid in pair:
            best[tid] = max(best[tid], number)
    return [pair for pair, number in votes.most_common() if number * CHANCE >= max(best[tid] for tid in pair)]


def _steps(events: Sequence[Event]) -> dict[str, list[Step]]:
    """Return the wake-ups given and received, by address."""
    steps: defaultdict[str, list[Step]] = defaultdict(list)
    for event, begin, end in zip(events, *positions(events), strict=True):
        if event.name not in FUTEX or event.tid is None or event.ret is None or not event.args:
            continue
        match parse_arguments(event.args):
            case (address, operation, *_):
                names, word = symbols(operation), getattr(address, "text", "")
                if names & WAKES and 0 < event.ret < 1000:
                    steps[word].append(Step(begin, event.ret, event.tid))
                elif names & WAITS and event.ret == 0:
                    steps[word].append(Step(end, 0, event.tid))
    return steps
