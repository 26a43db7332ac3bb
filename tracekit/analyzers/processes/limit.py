"""Whether a server came to the most processes that it may have: from when its parent made some, and when not.

The parent looks at its children now and then, and makes more while too few threads are idle. How few that
is (MinSpareThreads) no call says, but that it made one while so many were idle does. Where later as few are
idle, and it has looked and made none, it could not. What the server writes to its log is not looked at.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from tracekit.analyzers.processes.parts import LISTENER, WORKER, Parts
from tracekit.analyzers.state.connections import Connection, ended_ns
from tracekit.analyzers.state.lifetimes import Process, Thread
from tracekit.analyzers.state.watching import FUTEX
from tracekit.events import Trace

ASLEEP_NS: Final = 100_000_000
"""A parent that makes no call for so long has let time pass."""
YOUNG_NS: Final = 2_000_000_000
"""Processes that are younger may not have started all their threads."""
LOOKS: Final = 2
"""How often the parent has to have looked."""

Times = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Look:
    """One look of the parent at its children.

    Attributes:
        time_ns: when it woke.
        idle: how many threads, or processes of one thread, had nothing to do.
        busy: how many had.
        made: how many processes it made then.
        processes: how many there were.
        young: whether one of them had only just been made.
    """

    time_ns: int
    idle: int
    busy: int
    made: int
    processes: int
    young: bool


def reached(parts: Parts, connections: list[Connection], trace: Trace) -> tuple[bool | None, str]:
    """Return whether the limit was reached, None where the trace does not tell, and why."""
    makers = [one for one in parts.parents if any(child in parts.serving for child in _children(parts, one))]
    if len(makers) != 1:
        return None, "no process was traced that makes those that serve"
    if _is_loop(connections):
        return None, "one thread takes many connections at once: the number of processes limits nothing"
    if parts.headless or any(thread.first is None for one in parts.serving for thread in one.threads):
        return None, "not all threads were traced, so which of them are idle is not known"
    looks = _looks(parts, makers[0], connections, trace)
    return _judged(looks)


def _children(parts: Parts, parent: Process) -> list[Process]:
    return list(parts.lives.children(parent))


def _judged(looks: list[Look]) -> tuple[bool | None, str]:
    """Return the verdict on the looks of a parent."""
    most = max((look.processes + look.made for look in looks), default=0)
    grown = [look for look in looks if look.processes == most and not look.made and not look.young]
    if len(grown) < LOOKS:
        return None, "the parent was not seen looking at its children while there were most of them"
    hungry = max((look.idle for look in looks if look.made), default=0)
    content = min((look.idle for look in looks if not look.made and look.processes < most), default=None)
    short = [look for look in grown if look.busy and look.idle <= hungry]
    if len(short) >= LOOKS:
        before = f", though it had with {hungry} idle ones" if hungry else ""
        return True, (
            f"with {most} processes and {short[0].idle} idle threads the parent looked {len(short)} times "
            f"and made no more{before}"
        )
    fewest = min(look.idle for look in grown)
    if content is not None and fewest < content:
        return None, (
            f"with {most} processes {fewest} threads were idle, and the trace does not tell whether that was "
            "enough for the server"
        )
    return False, f"the server was content: of {most} processes never fewer than {fewest} threads were idle"


def _is_loop(connections: list[Connection]) -> bool:
    """Tell whether a thread took up a request while it was still answering one on another connection."""
    users: dict[int | None, list[tuple[int, int, int]]] = {}
    for connection in connections:
        for request in connection.requests[:1]:
            end = request.last or request.answered
            if request.answered is not None and end is not None and request.row.time_ns is not None:
                span = (request.row.time_ns, end.time_ns or 0, connection.id)
                users.setdefault(request.serve_tid, []).append(span)
    for spans in users.values():
        spans.sort()
        if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
            return True
    return False


def _looks(parts: Parts, parent: Process, connections: list[Connection], trace: Trace) -> list[Look]:
    """Return every look of a parent."""
    woke = _wakings(parent, trace)
    if not len(woke):
        return []
    idle, busy = _working(parts, connections, trace, woke)
    serving = parts.serving
    made = np.array(
        sorted(p.made.time_ns or 0 for p in serving if p.made and p.maker and p.maker.process is parent)
    )
    begun = np.searchsorted(made, woke)
    then = np.searchsorted(made, np.append(woke[1:], np.iinfo(np.int64).max))
    counts = [sum(process.alive(moment) for process in serving) for moment in woke.tolist()]
    young = [bool(at) and moment - made[at - 1] < YOUNG_NS for at, moment in zip(begun, woke, strict=True)]
    return [
        Look(int(woke[at]), int(idle[at]), int(busy[at]), int(then[at] - begun[at]), counts[at], young[at])
        for at in range(len(woke))
    ]


def _wakings(parent: Process, trace: Trace) -> Times:
    """Return when a parent went on after it had let time pass."""
    events = trace.events
    times = events["time_ns"][(events["tid"] == parent.pid) & (events["kind"] == "syscall")]
    moments = times.dropna().to_numpy(dtype=np.int64)
    return moments[1:][np.diff(moments) >= ASLEEP_NS] if len(moments) else moments


def _working(
    parts: Parts, connections: list[Connection], trace: Trace, moments: Times
) -> tuple[Times, Times]:
    """Return how many of those that serve were idle at some moments, and how many busy.

    Of processes with a listener the workers count: one that waits to be woken is idle. Others count as a
    whole: one that has no connection is idle.
    """
    idle, busy = np.zeros(len(moments), dtype=np.int64), np.zeros(len(moments), dtype=np.int64)
    for process in parts.serving:
        listens = any(parts.threads[thread] == LISTENER for thread in process.threads)
        workers = [thread for thread in process.threads if parts.threads[thread] == WORKER]
        if listens:
            resting = _resting(trace, workers)
            for thread in workers:
                alive = _alive(moments, thread.started_ns, thread.ended_ns)
                rests = _last_is(resting.get(thread.tid), moments)
                idle += alive & rests
                busy += alive & ~rests
        else:
            alive = _alive(moments, process.started_ns, process.ended.time_ns if process.ended else None)
            held = _held(connections, process, moments)
            idle += alive & ~held
            busy += alive & held
    return idle, busy


def _alive(moments: Times, begun: int | None, ended: int | None) -> npt.NDArray[np.bool_]:
    alive = np.ones(len(moments), dtype=bool) if begun is None else moments >= begun
    return alive if ended is None else alive & (moments < ended)


def _held(connections: Iterable[Connection], process: Process, moments: Times) -> npt.NDArray[np.bool_]:
    held = np.zeros(len(moments), dtype=bool)
    for connection in connections:
        if connection.process == process.pid and connection.accepted is not None:
            closed = connection.closed.time_ns if connection.closed else None
            held |= _alive(moments, ended_ns(connection.accepted) or connection.accepted.time_ns, closed)
    return held


def _resting(trace: Trace, threads: list[Thread]) -> dict[int | None, tuple[Times, npt.NDArray[np.bool_]]]:
    """Return, for each thread, when its calls began and which of them wait to be woken."""
    events = trace.events
    tids = [thread.tid for thread in threads]
    calls = events[events["tid"].isin(tids) & (events["kind"] == "syscall") & events["time_ns"].notna()]
    waits = calls["name"].isin(FUTEX) & calls["args"].fillna("").str.contains(r"FUTEX_WAIT.*NULL", regex=True)
    found: dict[int | None, tuple[Times, npt.NDArray[np.bool_]]] = {}
    for tid, group in calls.groupby(calls["tid"].astype("int64")):
        begun, rests = group["time_ns"].to_numpy(dtype=np.int64), waits[group.index].to_numpy(dtype=bool)
        found[int(str(tid))] = begun, rests
    return found


def _last_is(calls: tuple[Times, npt.NDArray[np.bool_]] | None, moments: Times) -> npt.NDArray[np.bool_]:
    """Tell whether the last call before each moment was such a wait; a thread without one is idle."""
    if calls is None:
        return np.ones(len(moments), dtype=bool)
    places = np.searchsorted(calls[0], moments, side="right") - 1
    return np.where(places >= 0, calls[1][np.maximum(places, 0)], True)
