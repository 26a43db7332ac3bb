"""Whether a server came to the most processes that it may have: from when its parent made some, and when not.

The parent looks at its children now and then, and makes more while too few threads are idle. How few that
is (MinSpareThreads) no call says, but that it made one while so many were idle does. Where later as few are
idle, and it has looked and made none, it could not. What the server writes to its log is not looked at.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tracekit.analyzers.answer import counted
from tracekit.analyzers.processes.growth import open_ns
from tracekit.analyzers.processes.parts import LISTENER, WORKER, Parts
from tracekit.analyzers.state.connections import Connection
from tracekit.analyzers.state.lifetimes import Process, Thread
from tracekit.analyzers.state.observe import observe
from tracekit.analyzers.state.service import Service
from tracekit.analyzers.state.watching import FUTEX
from tracekit.events import Trace

ASLEEP_NS: Final = 100_000_000
"""A parent that makes no call for so long has let time pass."""
YOUNG_NS: Final = 2_000_000_000
"""Processes that are younger may not have started all their threads."""
LOOKS: Final = 2
"""How often the parent has to look: to have wanted more, and not just by chance; or to replace what ended."""
RESTART: Final = "restart_syscall"

Times = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Look:
    """One look of the parent at its children.

    Attributes:
        idle: how many threads, or processes of one thread, had nothing to do.
        before: the same while it was still asleep, ``ASLEEP_NS`` before.
        busy: how many had.
        made: how many processes it made then.
        processes: how many there were.
        young: whether one of them had only just been made.
    """

    idle: int
    before: int
    busy: int
    made: int
    processes: int
    young: bool


def reached(parts: Parts, connections: list[Connection], trace: Trace) -> tuple[bool | None, str]:
    """Return whether the limit was reached, None where the trace does not tell, and why."""
    if len(parts.parents) != 1:
        return None, _no_parent(parts)
    if _is_loop(observe(trace).service):
        return None, "one thread takes many connections at once: the number of processes limits nothing"
    if any(thread.first is None for one in parts.serving for thread in one.threads) or _hidden(parts, trace):
        return None, "some threads were not traced, or only seen waiting: how many are idle is not known"
    (parent,) = parts.parents
    makes = any(child.made is not None and child in parts.serving for child in parts.lives.children(parent))
    return _judged(_looks(parts, parent, connections, trace), makes=makes)


def _no_parent(parts: Parts) -> str:
    """Say why there is no parent whose looks could tell."""
    serving = parts.serving
    if any(one.maker is not None and one.maker.process in serving for one in serving):
        return "processes are made for their connections, not beforehand: how many there may be is not shown"
    if not parts.parents and all(one.execs for one in serving):
        return "the server makes no processes"
    return "no process was traced that makes those that serve, or more than one"


def _hidden(parts: Parts, trace: Trace) -> bool:
    """Tell whether threads that were only seen waiting may be idle ones of one of the server's processes."""
    waits = {*FUTEX, RESTART}
    for process in {*parts.headless, *parts.idle}:
        tids = [thread.tid for thread in process.threads]
        names = trace.events["name"][trace.events["tid"].isin(tids)].dropna()
        if process in parts.serving or set(names) <= waits:
            return True
    return False


def _judged(looks: list[Look], *, makes: bool) -> tuple[bool | None, str]:
    """Return the verdict on the looks of a parent.

    Args:
        looks: all of them, in order.
        makes: whether it was seen making a process at all.
    """
    most = max((look.processes + look.made for look in looks), default=0)
    grown = [look for look in looks if look.processes == most and not look.made and not look.young]
    if not grown:
        return None, "the parent was not seen looking at its children while there were most of them"
    all_of_them = f"with {counted(most, 'process', 'processes')}"
    hungry = max(_hungry(looks), default=0)
    short = [look for look in grown if look.busy and look.idle <= hungry]
    if short:
        limit, found = _short(short, hungry)
        return limit, f"{all_of_them} and {found}"
    content = min((look.idle for look in looks if not look.made and look.processes < most), default=None)
    fewest = min(look.idle for look in grown)
    idle = counted(fewest, "idle worker")
    if fewest < content if content is not None else not makes and any(look.busy for look in grown):
        return (
            None,
            f"{all_of_them} there were {idle} at least: whether that was enough, the trace does not tell",
        )
    return False, f"{all_of_them} the parent never saw fewer than {idle}"


def _hungry(looks: list[Look]) -> Iterator[int]:
    """Yield how many were idle whenever the parent made more: not where it replaced what had ended."""
    for at, look in enumerate(looks):
        were = max((one.processes + one.made for one in looks[max(0, at - LOOKS) : at]), default=0)
        if look.made and look.processes >= were:
            yield look.idle


def _short(short: list[Look], hungry: int) -> tuple[bool | None, str]:
    """Return the verdict where so few were idle that the parent would have made more, had it been able to."""
    often = "once" if len(short) == 1 else f"{len(short)} times"
    found = f"{counted(short[0].idle, 'idle worker')} the parent looked {often} and made no more"
    if len(short) >= LOOKS or short[0].idle == short[0].before == 0:
        return True, found + (f", though it had with {hungry}" if hungry else "")
    return None, f"{found}, which may be chance: trace for longer"


def _is_loop(service: Service) -> bool:
    """Tell whether a thread that serves waits for several connections at once, or goes back and forth."""
    own = any(
        care.added is not None and care.server is care.taker is not None and care.queue in care.taker.queues
        for care in service.cares.values()
    )
    return own or any(task.served and (task.together or task.mixed) for task in service.tasks)


def _looks(parts: Parts, parent: Process, connections: list[Connection], trace: Trace) -> list[Look]:
    """Return every look of a parent."""
    woke = _wakings(parent, trace)
    if not len(woke):
        return []
    idle, busy = _working(parts, connections, trace, woke)
    before, _ = _working(parts, connections, trace, woke - ASLEEP_NS)
    serving = parts.serving
    made = np.array(
        sorted(p.made.time_ns or 0 for p in serving if p.made and p.maker and p.maker.process is parent)
    )
    begun = np.searchsorted(made, woke)
    then = np.searchsorted(made, np.append(woke[1:], np.iinfo(np.int64).max))
    counts = [sum(process.alive(moment) for process in serving) for moment in woke.tolist()]
    young = [bool(at) and moment - made[at - 1] < YOUNG_NS for at, moment in zip(begun, woke, strict=True)]
    return [
        Look(int(idle[at]), int(before[at]), int(busy[at]), int(then[at] - begun[at]), counts[at], young[at])
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
            held = _held(connections, process, moments) | _restarted(process)
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
            held |= _alive(moments, *open_ns(connection, connection.accepted))
    return held


def _restarted(process: Process) -> bool:
    """Tell whether a process waits all the time for what is no client of its: accept would show as such."""
    first = process.threads[0].first
    return first is not None and first.name == RESTART and first.ret is None


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
