"""How long calls took: which of them waited for something, and which were only in a log's last lines."""

from typing import NamedTuple

from tracekit.events import Row, Trace

WAITED_NS = 100_000_000
"""A call that took this long was waiting; on a busy machine ptrace alone makes a call some 10 ms long."""
WAITED_LINES = 20
"""The same in lines of a log without durations: so much happened elsewhere before it returned."""
RESTARTS = ("ERESTARTSYS", "ERESTARTNOINTR", "ERESTARTNOHAND", "ERESTART_RESTARTBLOCK")
"""What a call returns that a signal interrupts while it waits (include/linux/errno.h)."""


class Extent(NamedTuple):
    """Where a trace ends.

    Attributes:
        latest: the number of the last call of each task.
        time_ns: when the last event was over; None where the log has no times.
        line: the last line of the only file; None of several.
    """

    latest: dict[int | None, int]
    time_ns: int | None = None
    line: int | None = None


def extent_of(trace: Trace) -> Extent:
    """Return where a trace ends."""
    events = trace.events
    calls = events.loc[events["kind"] == "syscall", ["tid", "seq"]]
    last = calls.drop_duplicates("tid", keep="last")
    tids = (None if missing else tid for tid, missing in zip(last["tid"], last["tid"].isna(), strict=True))
    latest = dict(zip(tids, last["seq"].tolist(), strict=True))
    over = (events["time_ns"] + events["duration_ns"].fillna(0)).dropna()
    line = int(events["end_line"].max()) if len(events) and len(trace.files) <= 1 else None
    return Extent(latest, int(over.max()) if len(over) else None, line)


def waited(row: Row, extent: Extent) -> bool:
    """Tell whether a call waited for something: it took long, was interrupted in it, or never returned."""
    if not row.complete:
        return never_returned(row, extent)
    if row.errno in RESTARTS:
        return True
    return long(row) if row.duration_ns is not None else row.end_line - row.line >= WAITED_LINES


def never_returned(row: Row, extent: Extent) -> bool:
    """Tell whether a call was still waiting at the end of the trace.

    It has no return, is its task's last, not one whose second half is missing, and the trace goes on for
    long after it: where a log is cut off, every task is in some call.
    """
    return is_last(row, extent) and _outlasted(row, extent)


def is_last(row: Row, extent: Extent) -> bool:
    """Tell whether a call has no return and is its task's last: it was in it at the end of the trace."""
    return not row.complete and extent.latest.get(row.tid) == row.seq


def long(row: Row) -> bool:
    """Tell whether a call is known to have taken long."""
    return row.duration_ns is not None and row.duration_ns >= WAITED_NS


def _outlasted(row: Row, extent: Extent) -> bool:
    """Tell whether a trace goes on for long after a call; whole seconds (-t) tell of no less than one."""
    lasted = extent.time_ns - row.time_ns if extent.time_ns is not None and row.time_ns is not None else 0
    return lasted >= WAITED_NS or (
        lasted == 0 and extent.line is not None and extent.line - row.line >= WAITED_LINES
    )
