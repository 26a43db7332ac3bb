"""Some of a trace's events as records, without making records of the others; and its own first line."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tracekit.analyzers.kept import kept
from tracekit.events import Row, Trace

Places = npt.NDArray[np.int64]
"""Where events stand in the table, ascending."""


@kept
def calls_by_name(trace: Trace) -> dict[str, Places]:
    """Return where the calls of each name stand; found once for a trace."""
    names = trace.events["name"].where(trace.events["kind"] == "syscall")
    return {str(name): np.asarray(places, np.int64) for name, places in names.groupby(names).indices.items()}


def places(trace: Trace, names: Iterable[str]) -> Places:
    """Return where the calls stand that have one of the names."""
    found = calls_by_name(trace)
    parts = [found[name] for name in set(names) if name in found]
    return np.sort(np.concatenate(parts)) if parts else np.empty(0, np.int64)


def saying(trace: Trace, names: Iterable[str], text: str) -> Places:
    """Return where the calls stand that have one of the names and this text among their arguments."""
    where = places(trace, names)
    found: Places = where[np.array([text in said for said in texts(trace, where)], dtype=bool)]
    return found


def texts(trace: Trace, where: Places) -> list[str]:
    """Return the arguments of the calls at some places; empty ones where none were printed."""
    said: list[str] = trace.events["args"].iloc[where].fillna("").tolist()
    return said


def called(trace: Trace, names: Iterable[str]) -> list[Row]:
    """Return the calls that have one of the names, in order."""
    return chosen(trace, places(trace, names))


def events_of(trace: Trace, kind: str, name: str) -> list[Row]:
    """Return what is no call, of one kind and name, in order."""
    return chosen(trace, _named(trace, kind, name))


def _named(trace: Trace, kind: str, name: str) -> Places:
    """Return where the events of a kind stand that have a name: few are no calls, so they come first."""
    where = np.flatnonzero(trace.events["kind"] == kind)
    found: Places = where[(trace.events["name"].iloc[where] == name).to_numpy(dtype=bool)]
    return found


def of_task(trace: Trace, tid: int | None) -> list[Row]:
    """Return the calls of one task, in order."""
    tids = trace.events["tid"]
    own = tids.isna() if tid is None else tids.eq(tid).fillna(False)
    return chosen(trace, (trace.events["kind"] == "syscall") & own)


def chosen(trace: Trace, which: Any) -> list[Row]:
    """Return the events at some places, or those for which a boolean column is true."""
    where = np.asarray(which)
    if where.dtype != np.int64:
        where = np.flatnonzero(np.asarray(which, dtype=bool))
    return list(replace(trace, events=trace.events.iloc[where]).rows())


def names_in(trace: Trace) -> set[str]:
    """Return the names of all calls of a trace."""
    return set(calls_by_name(trace))


def successes_only(trace: Trace) -> bool:
    """Tell whether only calls that succeed may be in a trace (-z): then those that wait are not in it."""
    events = trace.events
    return not trace.in_progress and not events["errno"][events["kind"] == "syscall"].notna().any()


def note(trace: Trace, name: str) -> dict[str, Any]:
    """Return what a line of tracekit's own says: the first that has this name; empty in a log of strace's."""
    notes = texts(trace, _named(trace, "note", name)[:1])
    try:
        said = json.loads(notes[0]) if notes else {}
    except json.JSONDecodeError:  # a line of strace's, such as one of its messages
        return {}
    return said if isinstance(said, dict) else {}
