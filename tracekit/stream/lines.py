"""A log line by line to its events: all of it at once, by the definition of how a log is read."""

from collections.abc import Iterable, Iterator

from tracekit.stream.event import Event
from tracekit.stream.reader import Reader


def read_events(lines: Iterable[str], file: str = "", tid: int | None = None) -> Iterator[Event]:
    """Read a log line by line; return its events, in the order in which they began.

    Args:
        lines: the lines, with or without newlines.
        file: the name that the events bear.
        tid: the task of lines without a pid.
    """
    reader = Reader(file, tid)
    for line in lines:
        reader.feed(line)
    reader.finish()
    return reader.rows.events()
