"""Partial credit: what part of the points a list of answers earns.

The rule is one: right ones count for, wrong ones against, and to name everything earns nothing.
"""

from collections.abc import Callable, Collection, Sequence

Earn = Callable[[float, str], None]
"""What a check is given to say which share is earned so far, and why no more."""


def of_set(named: Collection[int], right: Collection[int], others: Collection[int]) -> float:
    """Return the share (0 to 1) that a set of ids earns.

    A wrong one costs what a right one brings, or more where there are few wrong ones to name: so the set
    of all ids earns nothing.

    Args:
        named: what was answered.
        right: what is right.
        others: what else could have been named by somebody who names everything.
    """
    given = set(named)
    if not right:
        return 0.0 if given else 1.0
    hits = len(given & set(right))
    misses = len(given - set(right))
    universe = len(set(others) - set(right))
    return _within(hits / len(set(right)) - misses / max(1, min(len(set(right)), universe)))


def of_order(named: Sequence[int], right: Sequence[int]) -> float:
    """Return the share (0 to 1) that a series earns: what is in the right order, minus what is too much."""
    if not right:
        return 0.0 if named else 1.0
    kept = _common(named, right)
    return _within((kept - (len(named) - kept)) / len(right))


def of_lines(showing: int, wrong: int, wanted: int) -> float:
    """Return the share (0 to 1) that cited lines earn; a wrong one costs what a right one brings.

    Args:
        showing: how many of the things asked for they show.
        wrong: how many lines show none.
        wanted: how many things were asked for.
    """
    return _within((showing - wrong) / wanted)


def _within(share: float) -> float:
    return min(1.0, max(0.0, share))


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """Return the length of the longest common subsequence."""
    before = [0] * (len(other) + 1)
    for a in one:
        now = [0]
        for index, b in enumerate(other):
            now.append(before[index] + 1 if a == b else max(before[index + 1], now[index]))
        before = now
    return before[-1]
