"""Several logs of one run, put in one order."""

from collections.abc import Sequence
from heapq import merge
from itertools import count
from operator import itemgetter

from tracekit.stream import Event

Key = tuple[int, int, int]


def merge_logs(logs: Sequence[Sequence[Event]]) -> list[Event]:
    """Merge logs by time; each keeps its own order.

    An event without a time goes with the one before it. Logs without any time stand one after another.
    """
    if len(logs) == 1:
        return list(logs[0])
    keyed = [_keyed(number, log) for number, log in enumerate(logs)]
    return [event for _, event in merge(*keyed, key=itemgetter(0))]


def _keyed(number: int, log: Sequence[Event]) -> list[tuple[Key, Event]]:
    latest, places, keyed = 0, count(), []
    for event in log:
        latest = max(latest, event.time_ns or 0)
        keyed.append(((latest, number, next(places)), event))
    return keyed
