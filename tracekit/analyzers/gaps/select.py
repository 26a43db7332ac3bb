"""Some of a trace's events as records, without making records of the others; and its own first line."""

import json
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np

from tracekit.events import Row, Trace


def called(trace: Trace, names: Collection[str]) -> list[Row]:
    """Return the calls that have one of the names, in order."""
    events = trace.events
    return chosen(trace, (events["kind"] == "syscall") & events["name"].isin(list(names)))


def of_task(trace: Trace, tid: int | None) -> list[Row]:
    """Return the calls of one task, in order."""
    tids = trace.events["tid"]
    return chosen(
        trace,
        (trace.events["kind"] == "syscall") & (tids.isna() if tid is None else tids.eq(tid).fillna(False)),
    )


def chosen(trace: Trace, mask: Any) -> list[Row]:
    """Return the events for which a boolean column is true."""
    return list(replace(trace, events=trace.events[np.asarray(mask, dtype=bool)]).rows())


def names_in(trace: Trace) -> set[str]:
    """Return the names of all calls of a trace."""
    events = trace.events
    return set(events["name"][events["kind"] == "syscall"].dropna().unique())


def successes_only(trace: Trace) -> bool:
    """Tell whether only calls that succeed may be in a trace (-z): then those that wait are not in it."""
    events = trace.events
    return not trace.in_progress and not events["errno"][events["kind"] == "syscall"].notna().any()


def note(trace: Trace, name: str) -> dict[str, Any]:
    """Return what a line of tracekit's own says: the first that has this name; empty in a log of strace's."""
    events = trace.events
    notes = events["args"][(events["kind"] == "note") & (events["name"] == name)]
    try:
        said = json.loads(notes.iloc[0]) if len(notes) else {}
    except json.JSONDecodeError:  # a line of strace's, such as one of its messages
        return {}
    return said if isinstance(said, dict) else {}
