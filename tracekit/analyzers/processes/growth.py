"""How many processes, threads and connections a server has over time, and in which steps that changes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from tracekit.analyzers.processes.parts import Parts
from tracekit.analyzers.state.connections import Connection, ended_ns
from tracekit.analyzers.state.lifetimes import Process, Thread
from tracekit.events import Row

STEP_NS: Final = 500_000_000
"""Changes that are closer are one step: httpd's parent makes its children together, once a second."""
POINTS: Final = 1000
"""Into how many spans the time is divided of which changes of connections alone get a point each."""


class Change(NamedTuple):
    """What came (1) or went (-1) at a time."""

    time_ns: int
    processes: int
    threads: int
    connections: int


@dataclass(frozen=True, slots=True)
class Point:
    """What was there from a time on.

    Attributes:
        time_ns: since when.
        processes: processes that serve; their parent is not counted.
        threads: all their threads.
        connections: accepted and not closed yet.
    """

    time_ns: int
    processes: int
    threads: int
    connections: int


@dataclass(frozen=True, slots=True)
class Step:
    """Processes that came, or went, together.

    Attributes:
        time_ns: when the first of them did.
        processes: how many there are after it.
        started: how many came.
        ended: how many went.
    """

    time_ns: int
    processes: int
    started: int
    ended: int


def changes(parts: Parts, connections: Iterable[Connection], begin: int) -> list[Change]:
    """Return all changes, in order; what was there before the trace comes with its beginning."""
    found: list[Change] = []
    for process in parts.serving:
        found += _span(begin, process.started_ns, _end_of(process), Change(0, 1, 0, 0))
        for thread in process.threads:
            found += _span(begin, thread.started_ns, _end(thread), Change(0, 0, 1, 0))
    for connection in connections:
        if connection.accepted is not None:
            begun, closed = open_ns(connection, connection.accepted)
            found += _span(begin, begun, closed, Change(0, 0, 0, 1))
    return sorted(found, key=lambda change: change.time_ns)


def open_ns(connection: Connection, accepted: Row) -> tuple[int | None, int | None]:
    """Return when a connection was accepted, and when it was closed; None while it is open."""
    return ended_ns(accepted) or accepted.time_ns, connection.closed.time_ns if connection.closed else None


def _end_of(process: Process) -> int | None:
    return process.ended.time_ns if process.ended else None


def _end(thread: Thread) -> int | None:
    return thread.ended_ns if thread.ended_ns is not None else _end_of(thread.process)


def _span(begin: int, started: int | None, ended: int | None, one: Change) -> Iterator[Change]:
    """Yield the coming of something and its going."""
    yield one._replace(time_ns=begin if started is None else started)
    if ended is not None:
        yield Change(ended, -one.processes, -one.threads, -one.connections)


def timeline(found: list[Change]) -> list[Point]:
    """Return the counts at each change of processes or threads; those of connections are thinned out."""
    if not found:
        return []
    span = max(1, (found[-1].time_ns - found[0].time_ns) // POINTS)
    points: list[Point] = []
    processes = threads = connections = 0
    for change in found:
        processes += change.processes
        threads += change.threads
        connections += change.connections
        point = Point(change.time_ns, processes, threads, connections)
        last = points[-1] if points else None
        if last is not None and (last.time_ns == point.time_ns or _is_near(last, point, span)):
            points[-1] = point
        else:
            points.append(point)
    return points


def _is_near(last: Point, point: Point, span: int) -> bool:
    """Tell whether a point differs from the last in connections alone, and is close to it."""
    same = (last.processes, last.threads) == (point.processes, point.threads)
    return same and last.time_ns // span == point.time_ns // span


def peak(found: list[Change], what: str) -> int:
    """Return the most that there were at one time, of processes, threads or connections."""
    most = count = 0
    for change in found:
        count += getattr(change, what)
        most = max(most, count)
    return most


def steps(found: list[Change]) -> list[Step]:
    """Return the steps in which the number of processes changed, the first of all at the beginning."""
    done: list[Step] = []
    count, last = 0, None
    for change in found:
        way = change.processes
        if not way:
            continue
        count += way
        if last is not None and change.time_ns - last < STEP_NS and (done[-1].ended == 0) == (way > 0):
            step = done.pop()
        else:
            step = Step(change.time_ns, 0, 0, 0)
        done.append(Step(step.time_ns, count, step.started + (way > 0), step.ended + (way < 0)))
        last = change.time_ns
    return done
