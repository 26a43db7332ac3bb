"""Where events begin and end, comparable across tasks."""

from collections.abc import Sequence

from tracekit.events.schema import Row
from tracekit.stream import Event


def positions(events: Sequence[Event | Row]) -> tuple[list[int], list[int]]:
    """Return where each event begins and where it ends: lines in one file, times (ns) across several.

    Without ``-T`` no time tells when a call returned. Its task went on at once, so the time of the
    task's next line is taken; where there is none, the call ends with the trace. A thread that called
    execve goes on in the file of its process, behind the line that says whom it superseded.

    Args:
        events: in the order in which they began.
    """
    if len({event.file for event in events}) <= 1:
        return [event.line for event in events], [event.end_line for event in events]
    begins = [event.time_ns or 0 for event in events]
    last = max(begins)
    following: dict[int | None, int] = {}
    ends = []
    for event, begin in zip(reversed(events), reversed(begins), strict=True):
        known = event.duration_ns is not None
        ends.append(begin + (event.duration_ns or 0) if known else following.get(event.tid, last))
        if event.kind == "exec" and event.args:
            following[int(event.args)] = following.get(event.tid, begin)
        if event.time_ns is not None:
            following[event.tid] = begin
    return begins, ends[::-1]
