"""Several logs of one run, put in one order."""

from collections.abc import Iterable, Iterator, Sequence
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
    streams = [keyed(number, log) for number, log in enumerate(logs)]
    return [event for _, event in merge(*streams, key=itemgetter(0))]


def keyed(number: int, log: Iterable[Event]) -> Iterator[tuple[Key, Event]]:
    """Yield the events of one log, each with its place among those of all."""
    latest, places = 0, count()
    for event in log:
        latest = max(latest, event.time_ns or 0)
        yield (latest, number, next(places)), event
