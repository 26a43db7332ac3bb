"""Connections that come from nowhere, or that nobody looks after: the tasks that did were not traced."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from tracekit.analyzers.answer import counted
from tracekit.analyzers.gaps.beginning import launched
from tracekit.analyzers.gaps.gap import DETAIL, MISSING, POSSIBLE, WHO, Gap
from tracekit.analyzers.gaps.select import names_in, successes_only
from tracekit.analyzers.gaps.tasks import FOLLOW
from tracekit.analyzers.models.models import EVENT, PREFORK, WORKER
from tracekit.analyzers.mpm import decide
from tracekit.analyzers.state.calls import meanings
from tracekit.analyzers.state.connections import is_request
from tracekit.analyzers.state.observe import observe
from tracekit.analyzers.state.service import Care, Service
from tracekit.events import Row, Trace
from tracekit.syscalls.families import names_of

ACCEPTED, ACCEPTED_MANY = "connection is accepted", "connections are accepted"
SEVERAL: Final = 3
"""A client or two may have sent nothing; so many are taken care of by somebody."""


def connections_missing(trace: Trace) -> Iterator[Gap]:
    """Yield connections of which one end of the way through the server is not in the trace."""
    if not trace.ordered:
        return
    service = observe(trace).service
    cares = [care for care in service.cares.values() if care.connection.is_socket or care.taker]
    unaccepted = [care for care in cares if care.taker is None and _used(care) and _asked(care)]
    unread = [care for care in cares if care.taker is not None and not _used(care)]
    if unaccepted and unread and not trace.events["pid_known"][trace.events["pid"].notna()].all():
        what = (
            f"{counted(len(unread), ACCEPTED, ACCEPTED_MANY)} here and {len(unaccepted)} served there: "
            "whether those tasks are threads of one process is not shown, so they cannot be joined"
        )
        yield Gap("connections", POSSIBLE, what, len(unread), WHO, "-yy, and the calls clone and futex")
    else:
        yield from _unaccepted(trace, unaccepted)
        yield from _unread(trace, unread, cares)
    yield from _unwoken(trace, cares)
    yield from _taken_by_others(service)
    yield from _no_parent(service, trace)


def _used(care: Care) -> bool:
    return bool(care.readers or care.writers)


def _asked(care: Care) -> bool:
    """Tell whether requests came over a connection: to a server that the task asks itself, none do."""
    return any(is_request(request) for request in care.connection.requests)


def _unaccepted(trace: Trace, cares: list[Care]) -> Iterator[Gap]:
    """Connections that are served, but that no traced task accepted: older than the trace, or passed on."""
    if not cares:
        return
    numbers = Counter((care.connection.process, care.connection.fd) for care in cares)
    again = max(numbers.values()) > 1  # the first may be older than the trace; the next cannot be
    served = counted(len(cares), "connection is served", "connections are served")
    what = f"{served} that no traced task accepted"
    shown = tuple(next(iter({**care.readers, **care.writers}.values())) for care in cares)
    if again or launched(trace):
        yield Gap("connections", MISSING, f"{what} while the trace ran", len(cares), WHO, FOLLOW, shown)
    else:
        what += ", perhaps from before the trace"
        yield Gap("connections", DETAIL, what, len(cares), WHO, FOLLOW, shown)


def _unread(trace: Trace, cares: list[Care], all_of_them: list[Care]) -> Iterator[Gap]:
    """Connections that are accepted, but that no traced task reads: a client may have sent nothing."""
    if not cares or not {name for name, means in meanings().items() if means == "read"} & names_in(trace):
        return
    shown = tuple(row for care in cares if (row := care.accepted))
    what = f"{counted(len(cares), ACCEPTED, ACCEPTED_MANY)} that no traced task reads"
    if len(cares) >= SEVERAL and not any(care.taker and _used(care) for care in all_of_them):
        yield Gap("connections", MISSING, what, len(cares), WHO, FOLLOW, shown)
    else:
        what += ": no client sent anything, or who serves was not traced"
        yield Gap(
            "connections", DETAIL if launched(trace) else POSSIBLE, what, len(cares), WHO, FOLLOW, shown
        )


def _unwoken(trace: Trace, cares: list[Care]) -> Iterator[Gap]:
    """Connections that pass from one thread to another, and no call by which one thread wakes another."""
    if names_in(trace) & names_of("futex"):
        return
    passed = [care for care in cares if care.taker and care.server and care.server is not care.taker]
    within = [care for care in passed if care.taker and care.server and care.taker.pid == care.server.pid]
    old = [care for care in within if care.server and care.server.made is None and care.queue is None]
    shown = tuple(row for care in old for row in (care.accepted, *care.readers.values()) if row)
    if len(old) >= SEVERAL:
        what = f"{len(old)} connections pass from thread to thread, but no futex that wakes one is there"
        yield Gap("calls", POSSIBLE, what, len(old), WHO, "trace all calls: without -e trace=", shown)


def _taken_by_others(service: Service) -> Iterator[Gap]:
    """One task accepts, is told of a client, and finds none: another one, that is not there, took it."""
    takers = [task for task in service.tasks if task.tried]
    late: list[Row] = [task.late for task in takers if task.late]
    if len({task.pid for task in takers}) == 1 and len(takers) == 1 and late:
        what = "a client was reported, but somebody else took it: others that accept were not traced"
        yield Gap("tasks", MISSING, what, None, WHO, FOLLOW, tuple(late))


KEPT: Final = (PREFORK, WORKER, EVENT)
"""Models with a parent that makes processes anew."""


def _no_parent(service: Service, trace: Trace) -> Iterator[Gap]:
    """A server of processes that a parent keeps, and only processes that accept or serve: no parent."""
    model = decide(service, trace)
    busy = {task.pid for task in service.tasks if task.tried or task.served}
    others = set(trace.events["pid"].dropna().unique().tolist()) - busy
    if model.model in KEPT and not others and not successes_only(trace):
        what = f"processes of a server ({model.model}) are in the trace, but their parent is not"
        shown = tuple(row for one in model.findings[-1:] for row in one.rows)
        yield Gap("tasks", MISSING, what, None, (*WHO, "docroot"), FOLLOW, shown)
