"""The invariant of reading: every line of a log is in exactly one event."""

from collections import Counter
from collections.abc import Iterable
from typing import Any


def accounts(events: Iterable[Any], lines: int) -> dict[int, int]:
    """Return the lines that are not in exactly one event, with the number of events that each is in.

    An event is on its first line and on its last: a split call on those of its halves, what was written
    around a program's output on those of its parts. strace's word of a task, in the middle of a call's line,
    shares that line; it is there on the call's account, and ends on the line that goes on with the call.

    Args:
        events: those of one file, as events or rows.
        lines: how many lines the file has.
    """
    found = list(events)
    calls = {event.line for event in found if event.kind == "syscall"}
    counted = Counter[int]()
    for event in found:
        own = {event.line, event.end_line}
        if event.kind in ("attach", "detach") and event.line in calls:
            own.discard(event.line)
        counted.update(own)
    return {line: counted[line] for line in {*range(1, lines + 1), *counted} if counted[line] != 1}
