"""Where events begin and end, comparable across tasks."""

from collections.abc import Callable, Sequence

from tracekit.stream import Event

Position = Callable[[Event], int]


def positions(events: Sequence[Event]) -> tuple[Position, Position]:
    """Return what tells when an event begins and ends: lines in one file, times across several."""
    if len({event.file for event in events}) == 1:
        return (lambda event: event.line), (lambda event: event.end_line)
    return (lambda event: event.time_ns or 0), (lambda event: (event.time_ns or 0) + (event.duration_ns or 0))
