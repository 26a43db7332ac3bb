"""Which calls were made, how often, and how long did they take? What ``strace -c`` counts, from a trace.

Also by thread and by request. Durations (-T) are wall time, as of ``strace -c -w``; ``strace -c`` alone
has system time, which no line of a trace tells.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from tracekit.analyzers.answer import FOUND, UNDETERMINED, Evidence, Judged, evidence
from tracekit.analyzers.counts import tables
from tracekit.analyzers.counts.tables import NO_TID, Running
from tracekit.analyzers.dispatch import Dispatch
from tracekit.analyzers.gaps.select import chosen
from tracekit.analyzers.questions import SUMMARY
from tracekit.analyzers.state.connections import Request
from tracekit.analyzers.state.observe import observe
from tracekit.events import Trace

if TYPE_CHECKING:
    import pandas as pd  # half a second to import; a trace comes with it

TOP: Final = 5
"""Calls that are named for a thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """Calls, counted.

    Attributes:
        calls: that returned.
        errors: those that failed, also the interrupted ones that are made again (``? ERESTARTSYS``).
        total_ns: what they took, wall time; None without -T.
        usecs_per_call: microseconds of one on average.
    """

    calls: int
    errors: int
    total_ns: int | None
    usecs_per_call: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(Total):
    """The calls of one name.

    Attributes:
        percent: its share of the time of all calls.
        min_ns: the shortest one.
        max_ns: the longest one.
        evidence: the longest one (without -T the first one), and the first that failed.
    """

    name: str
    percent: float | None
    min_ns: int | None
    max_ns: int | None
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """The calls of one name that a thread made."""

    name: str
    calls: int
    total_ns: int | None


@dataclass(frozen=True, slots=True)
class Thread:
    """The calls of one thread.

    Attributes:
        pid_known: False when the trace does not say so itself and it was inferred.
        top: those that took longest; without -T those made most often.
    """

    tid: int | None
    pid: int | None
    pid_known: bool
    calls: int
    errors: int
    total_ns: int | None
    top: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Served:
    """The calls of one request: of its serving thread, from the read of the head to the last write.

    Both count, and so does all that the thread did between, for other requests too. ``calls``, ``errors``
    and ``total_ns`` are None when the trace shows no write of the response.

    Attributes:
        id: as of ``dispatch``.
        head_ns: of ``total_ns``, the read of the head: where it blocks, a wait for the client.
    """

    id: int
    method: str | None
    target: str | None
    target_complete: bool
    pid: int | None
    serve_tid: int | None
    calls: int | None
    errors: int | None
    total_ns: int | None
    head_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryAnswer(Judged):
    """The calls of a trace, counted.

    Attributes:
        verdict: found, or undetermined when no call returned.
        reason: what was counted, and what the numbers lack.
        not_returned: calls that did not return (exit_group, those of killed tasks): not counted.
        unknown: calls that strace has no name for: not counted.
        total: of all calls.
        calls: by name, the longest in sum first.
        threads: in the same order.
        requests: in the order in which they were read.
    """

    name: ClassVar[str] = SUMMARY.name
    reason: str
    not_returned: int
    unknown: int
    total: Total
    calls: tuple[Count, ...]
    threads: tuple[Thread, ...]
    requests: tuple[Served, ...]


class Summary:
    """Counts calls, failures and time."""

    name: ClassVar[str] = SUMMARY.name
    question: ClassVar[str] = SUMMARY.question
    needs: ClassVar[frozenset[str]] = SUMMARY.needs

    def answer(self, trace: Trace) -> SummaryAnswer:
        """Answer from the table of events; requests as ``dispatch`` finds them."""
        state = observe(trace)
        made = tables.made(trace, state.foreign)
        returned, named = tables.returned(made), tables.named(made)
        counted = made[returned & named]
        told = trace.ordered or Dispatch().answer(trace).determined
        total = _total(counted)
        return SummaryAnswer(
            verdict=FOUND if total.calls else UNDETERMINED,
            reason=_reason(counted, told=told),
            not_returned=int((~returned).sum()),
            unknown=int((returned & ~named).sum()),
            total=total,
            calls=_by_name(trace, counted, total),
            threads=_by_thread(counted),
            requests=_by_request(counted, state.requests) if told else (),
            trace=trace.summary(),
        )


def _total(counted: "pd.DataFrame") -> Total:
    timed = int(counted["ns"].count())
    spent = int(counted["ns"].sum()) if timed else None
    return Total(
        calls=len(counted),
        errors=int(counted["error"].sum()),
        total_ns=spent,
        usecs_per_call=_micro(spent, timed),
    )


def _micro(spent: int | None, calls: int) -> float | None:
    return None if spent is None else round(spent / calls / 1000, 3)


def _by_name(trace: Trace, counted: "pd.DataFrame", total: Total) -> tuple[Count, ...]:
    sums = tables.sums(counted, "name").set_index("name", drop=False)
    groups = counted.groupby("name")["ns"]
    sums["least"], sums["most"] = groups.min(), groups.max()
    ranked = counted.assign(ns=counted["ns"].fillna(-1)).sort_values("ns", ascending=False, kind="stable")
    shown = {name: [seq] for name, seq in tables.first(ranked)}
    for name, seq in tables.first(counted[counted["error"]]):
        shown[name].append(seq)
    wanted = np.array(sorted({seq for seqs in shown.values() for seq in seqs}), dtype=np.int64)
    rows = {row.seq: evidence(row) for row in chosen(trace, wanted)}
    return tuple(
        Count(
            name=one["name"],
            calls=one["calls"],
            errors=one["errors"],
            total_ns=one["ns"],
            percent=_percent(one["ns"], total.total_ns),
            usecs_per_call=_micro(one["ns"], one["timed"]),
            min_ns=one["least"],
            max_ns=one["most"],
            evidence=tuple(rows[seq] for seq in dict.fromkeys(shown[one["name"]])),
        )
        for one in tables.records(sums)
    )


def _percent(spent: int | None, of: int | None) -> float | None:
    if spent is None or of is None:
        return None
    return round(100 * spent / of, 2) if of else 0.0


def _by_thread(counted: "pd.DataFrame") -> tuple[Thread, ...]:
    pid_of = counted.drop_duplicates("tid").set_index("tid")[["pid", "pid_known"]]
    tops: dict[int, list[Share]] = {}
    for one in tables.records(tables.sums(counted, "tid", "name")):
        top = tops.setdefault(one["tid"], [])
        if len(top) < TOP:
            top.append(Share(one["name"], one["calls"], one["ns"]))
    return tuple(
        Thread(
            tid=None if one["tid"] == NO_TID else one["tid"],
            pid=one["pid"],
            pid_known=one["pid_known"],
            calls=one["calls"],
            errors=one["errors"],
            total_ns=one["ns"],
            top=tuple(tops[one["tid"]]),
        )
        for one in tables.records(tables.sums(counted, "tid").join(pid_of, on="tid"))
    )


def _by_request(counted: "pd.DataFrame", requests: list[Request]) -> tuple[Served, ...]:
    tids = {NO_TID if request.serve_tid is None else request.serve_tid for request in requests}
    serving = counted[counted["tid"].isin(list(tids))]
    threads = {tid: tables.running(calls) for tid, calls in serving.groupby("tid")}
    return tuple(_served(request, threads) for request in requests)


def _served(request: Request, threads: dict[Any, Running]) -> Served:
    own = threads.get(NO_TID if request.serve_tid is None else request.serve_tid)
    calls = errors = spent = None
    if own is not None and request.last is not None:
        begin = bisect_left(own.seqs, request.row.seq)
        end = max(begin, bisect_right(own.seqs, request.last.seq))
        calls, errors = end - begin, own.errors[end] - own.errors[begin]
        if own.timed[end] > own.timed[begin]:
            spent = own.spent[end] - own.spent[begin]
    return Served(
        id=request.id,
        method=request.target.method,
        target=request.target.target,
        target_complete=request.target.complete,
        pid=request.row.pid,
        serve_tid=request.serve_tid,
        calls=calls,
        errors=errors,
        total_ns=spent,
        head_ns=request.row.duration_ns if spent is not None else None,
    )


def _reason(counted: "pd.DataFrame", *, told: bool) -> str:
    """Say what was counted, and what the numbers lack."""
    timed, calls = int(counted["ns"].count()), len(counted)
    if not calls:
        return "the trace has no call that returned"
    parts = [f"{calls} calls that returned"]
    if not timed:
        parts.append("no times: the trace has no durations (strace -T)")
    elif timed < calls:
        parts.append(f"times are of {timed} of them: the others have no duration")
    else:
        parts.append("times are wall time, as of strace -c -w")
    if not told:
        parts.append("requests are not told: the files have no clock in common (strace -ttt)")
    return "; ".join(parts)
