"""Several logs of one run, put in one order."""

from collections.abc import Iterable, Iterator
from itertools import count

from tracekit.stream import Event

Key = tuple[int, int, int]


def keyed(number: int, log: Iterable[Event]) -> Iterator[tuple[Key, Event]]:
    """Yield the events of one log, each with its place among those of all."""
    latest, places = 0, count()
    for event in log:
        latest = max(latest, event.time_ns or 0)
        yield (latest, number, next(places)), event
