"""The calls of a trace as a table, counted by name, thread or span, with pandas: a million take a second."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tracekit.events import Trace

if TYPE_CHECKING:
    import pandas as pd  # half a second to import; a trace comes with it

NO_NUMBER: Final = "syscall_0x"
"""How the name of a call begins that strace has no name for."""
NO_TID: Final = -1
"""Stands for the task of a log of one."""


def made(trace: Trace, foreign: frozenset[int]) -> "pd.DataFrame":
    """Return the calls of tasks that were traced: lines that a program wrote itself are none.

    Columns: seq, pid, pid_known, name, ret, ret_text, ns (duration; NA without -T), tid, error.
    """
    events = trace.events
    is_call = (events["kind"] == "syscall") & ~events["tid"].isin(list(foreign))
    calls = events.loc[is_call, ["seq", "pid", "pid_known", "name", "ret", "ret_text", "duration_ns"]]
    calls["tid"] = events.loc[is_call, "tid"].fillna(NO_TID)
    calls["error"] = events.loc[is_call, "errno"].notna()
    return calls.rename(columns={"duration_ns": "ns"})


def returned(calls: "pd.DataFrame") -> "pd.Series[bool]":
    """Tell which calls returned: ``= ?`` alone is what strace prints when the task ended in one.

    ``? ERESTARTSYS`` is a return: strace counts it, as a failure (count.c).
    """
    import pandas as pd  # noqa: PLC0415 - the table came with it

    silent = calls.loc[calls["ret"].isna() & ~calls["error"], "ret_text"]
    ended = silent.index[(silent.isna() | silent.str.startswith("?", na=False)).to_numpy(dtype=bool)]
    return pd.Series(~calls.index.isin(ended), index=calls.index)


def named(calls: "pd.DataFrame") -> "pd.Series[bool]":
    """Tell which calls have a name; strace -c does not count the others."""
    odd = [name for name in calls["name"].dropna().unique() if name.startswith(NO_NUMBER)]
    return calls["name"].notna() & ~calls["name"].isin(odd)


def sums(counted: "pd.DataFrame", *keys: str) -> "pd.DataFrame":
    """Return calls, errors and time of each group, in strace's order: by time, then by calls."""
    groups = counted.groupby(list(keys), sort=True, observed=True)
    table = groups.agg(calls=("seq", "size"), errors=("error", "sum"), timed=("ns", "count"))
    table["ns"] = groups["ns"].sum(min_count=1)
    order = np.lexsort((-table["calls"].to_numpy(), -table["ns"].fillna(0).to_numpy(dtype=np.int64)))
    return table.iloc[order].reset_index()


def records(table: "pd.DataFrame") -> list[dict[str, Any]]:
    """Return a small table as records of Python's own values, with None for what is missing."""
    found: list[dict[str, Any]] = table.astype(object).where(table.notna(), None).to_dict("records")  # type: ignore[assignment]
    return found


def first(calls: "pd.DataFrame") -> list[tuple[str, int]]:
    """Return the number of the first call of each name."""
    found = calls.drop_duplicates("name")
    return list(zip(found["name"].tolist(), found["seq"].tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Running:
    """The calls of one thread: their numbers, and what all of them up to each one add up to."""

    seqs: list[int]
    errors: list[int]
    timed: list[int]
    spent: list[int]


def running(calls: "pd.DataFrame") -> Running:
    """Return the calls of one thread so that those of a span are the difference of two sums."""
    timed = calls["ns"].notna()
    values = (calls["error"], timed, calls["ns"].fillna(0))
    totals = ([0, *np.cumsum(each.to_numpy(dtype=np.int64)).tolist()] for each in values)
    return Running(calls["seq"].tolist(), *totals)
