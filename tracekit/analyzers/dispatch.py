"""Which process and which thread took and served each request?"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from tracekit.analyzers.answer import FOUND, UNDETERMINED, Judged
from tracekit.analyzers.processes.roles import parts_of
from tracekit.analyzers.questions import DISPATCH
from tracekit.analyzers.serving.handover import handover
from tracekit.analyzers.serving.shares import Share, Spread, classes, fairness, shares, spread
from tracekit.analyzers.serving.unserved import partly_seen, why_none
from tracekit.analyzers.state.connections import Request, ended_ns
from tracekit.analyzers.state.observe import observe
from tracekit.analyzers.state.service import Care
from tracekit.events import Row, Trace, without_collection

NO_ORDER = (
    "the files have no times that put the calls of their tasks in one order, "
    "so a request cannot be followed from one thread to another: trace with -ttt"
)


@dataclass(frozen=True, slots=True)
class Served:
    """One request and who worked on it.

    Attributes:
        id: its number in the trace, from 1, in the order in which requests were read.
        time_ns: when its head had been read.
        client: far address of its connection; None when the trace does not show it.
        local: near address.
        method: as sent; None when it is not shown.
        target: as sent, as far as it is shown; see ``target_complete``.
        target_complete: False when strace cut it (-s).
        host: the Host field; None when there is none or it is not shown; see ``host_known``.
        host_known: False when strace cut the head before the end of the Host field.
        status: of the final response; None when no response was seen.
        bytes: of the response, head included, as the kernel took them.
        pid: the process that served it; None where the trace does not tell of which one the thread is.
        pid_known: False when the trace does not say so itself and it was inferred.
        accept_tid: the thread that accepted its connection; None when that was not traced.
        serve_tid: the thread that read its head and worked on it.
        handover: how the connection came from the accepting thread to this one: same-thread, futex-wake,
            epoll, fd-passing, fork, thread (made for it) or unknown; None when the accept was not traced.
        close_tid: the thread that closed the connection; None when it was still open.
        writer_tids: the threads that wrote the response.
        connection: number of its connection in the trace, from 1.
        nth_on_connection: its place there, from 1, among those that the trace shows: a connection that
            is older than the trace (``accept_tid`` is None) may have had others before.
        queue_ns: from the moment at which it could have been read (the accept's return, or what epoll
            or poll reported) to the serving thread's first read; None when that moment is not shown.
        service_ns: from the head's arrival at the thread to the end of the last write. Both spans need
            durations (-T).
        files: the files that were opened for it.
        evidence: the accept, what handed the connection over, the read, the response and the close. They are
            rows of the trace, which become ``Evidence`` in JSON: there are many, and few are looked at.
    """

    id: int
    time_ns: int | None
    client: str | None
    local: str | None
    method: str | None
    target: str | None
    target_complete: bool
    host: str | None
    host_known: bool
    status: int | None
    bytes: int
    pid: int | None
    pid_known: bool
    accept_tid: int | None
    serve_tid: int | None
    handover: str | None
    close_tid: int | None
    writer_tids: tuple[int, ...]
    connection: int
    nth_on_connection: int
    queue_ns: int | None
    service_ns: int | None
    files: tuple[str, ...]
    evidence: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchAnswer(Judged):
    """Every request once, in the order in which they were read, and how the work was shared out.

    Attributes:
        verdict: found, or undetermined.
        reason: how much was seen; why nothing was.
        fairness: Jain's index of the requests of each thread that served any; None without requests.
        handovers: how many requests came to their threads in each way.
        statuses: how many responses there were of each class; ``none`` where none was seen.
        queue_ns: percentiles of the requests' ``queue_ns``.
        service_ns: the same of ``service_ns``.
        threads: who accepted and who served.
        requests: every request.
    """

    name: ClassVar[str] = DISPATCH.name
    reason: str
    fairness: float | None = None
    handovers: Mapping[str, int] = field(default_factory=dict)
    statuses: Mapping[str, int] = field(default_factory=dict)
    queue_ns: Spread = field(default_factory=Spread)
    service_ns: Spread = field(default_factory=Spread)
    threads: tuple[Share, ...] = ()
    requests: tuple[Served, ...]


class Dispatch:
    """Follows every request from its connection's accept to its close."""

    name: ClassVar[str] = DISPATCH.name
    question: ClassVar[str] = DISPATCH.question
    needs: ClassVar[frozenset[str]] = DISPATCH.needs

    @without_collection()
    def answer(self, trace: Trace) -> DispatchAnswer:
        """Answer from the connections of a trace."""
        state = observe(trace)
        requests = state.requests
        if not trace.ordered and not all(_serves_alone(request.row) for request in requests):
            return DispatchAnswer(verdict=UNDETERMINED, reason=NO_ORDER, requests=(), trace=trace.summary())
        shown = f"requests that the trace shows: {len(requests)}"
        if not requests:
            reason = f"{shown}; {why_none(state, trace)}"
            return DispatchAnswer(
                verdict=UNDETERMINED,
                reason=reason,
                requests=(),
                threads=shares(state),
                trace=trace.summary(),
            )
        cares = state.service.cares
        inferred = {} if all(request.row.pid_known for request in requests) else _processes(trace)
        served = tuple(
            _served(request, cares.get(request.connection), inferred.get(request.row.tid, request.row.pid))
            for request in requests
        )
        threads = (replace(one, pid=inferred.get(one.tid, one.pid)) for one in shares(state))
        return DispatchAnswer(
            verdict=FOUND,
            reason="; ".join(filter(None, (shown, state.encrypted, *partly_seen(state, trace)))),
            requests=served,
            trace=trace.summary(),
            **_shared_out(served, tuple(threads)),
        )


def _serves_alone(row: Row) -> bool:
    """Tell whether a task is known to be a process of its own, so that its file alone is its whole story."""
    return row.pid_known and row.tid == row.pid


def _shared_out(served: tuple[Served, ...], threads: tuple[Share, ...]) -> dict[str, Any]:
    """Return how the work was shared out, by the names that the answer has for it."""
    ways = Counter(one.handover for one in served if one.handover is not None)
    return {
        "fairness": fairness(threads),
        "handovers": dict(sorted(ways.items())),
        "statuses": classes(one.status for one in served),
        "queue_ns": spread(one.queue_ns for one in served),
        "service_ns": spread(one.service_ns for one in served),
        "threads": threads,
    }


def _processes(trace: Trace) -> dict[int | None, int | None]:
    """Return the processes of threads of which the log does not state it; None where it does not tell."""
    parts = parts_of(trace)
    return {
        thread.tid: None if process in parts.headless else process.pid
        for process in parts.lives.processes
        for thread in process.threads
        if not thread.known
    }


def _served(request: Request, care: Care | None, pid: int | None) -> Served:
    """Return a request as the answer shows it.

    Args:
        request: the request.
        care: how its connection was taken care of.
        pid: its process, as far as that can be told.
    """
    asked = request.target
    connection = request.connection
    arrived = ended_ns(request.row)
    way, handing = handover(care, request)
    rows = (connection.accepted, *handing, request.row, request.answered, connection.closed)
    return Served(
        id=request.id,
        time_ns=request.row.time_ns if arrived is None else arrived,
        client=connection.client,
        local=connection.local,
        method=asked.method,
        target=asked.target,
        target_complete=asked.complete,
        host=asked.host,
        host_known=asked.host_known,
        status=request.status,
        bytes=request.sent,
        pid=pid,
        pid_known=request.row.pid_known,
        accept_tid=connection.accepted.tid if connection.accepted else None,
        serve_tid=request.serve_tid,
        handover=way,
        close_tid=connection.closed.tid if connection.closed else None,
        writer_tids=tuple(sorted(request.writers)),
        connection=connection.id,
        nth_on_connection=request.nth,
        queue_ns=_between(request.ready_ns, request.began.time_ns),
        service_ns=_between(arrived, ended_ns(request.last) if request.last else None),
        files=tuple(dict.fromkeys(name.path for name in request.names if name.file is not None)),
        evidence=tuple(row for row in rows if row is not None),
    )


def _between(begin: int | None, end: int | None) -> int | None:
    """Return a span of time; None when an end is not known, or they are out of order."""
    return end - begin if begin is not None and end is not None and end >= begin else None
