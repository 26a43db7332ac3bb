"""How a request's connection came from the thread that accepted it to the one that serves the request."""

from typing import Final

from tracekit.analyzers.models.models import LOOP, NEW_PROCESS, NEW_THREAD, POOLED, rows, way_of
from tracekit.analyzers.state.connections import Request
from tracekit.analyzers.state.service import Care, Task
from tracekit.events import Row

SAME_THREAD: Final = "same-thread"
FUTEX_WAKE: Final = "futex-wake"
EPOLL: Final = "epoll"
FD_PASSING: Final = "fd-passing"
FORK: Final = "fork"
THREAD: Final = "thread"
UNKNOWN: Final = "unknown"

Handover = tuple[str | None, tuple[Row, ...]]
"""Its name, and the calls that show it."""


def handover(care: Care | None, request: Request) -> Handover:
    """Return how the connection came to the thread that serves a request; None when no accept was traced.

    A thread that was made for the connection, or given it by a call that names it, is known by that call. A
    wake names no connection: it counts when the accepting thread, after the accept, woke the thread that then
    read. A thread that comes back for more work and takes the connection before the woken one does has waited
    for nothing: no call shows how it came by it.

    Args:
        care: how the request's connection is taken care of.
        request: the request.
    """
    if care is None or care.taker is None or care.accepted is None:
        return None, ()
    if (request.serve_tid, request.row.pid) == (care.taker.tid, care.taker.pid):
        return SAME_THREAD, ()
    server = next((task for task in _busy(care) if task.tid == request.serve_tid), None)
    if server is None:
        return UNKNOWN, ()
    return _between(care, care.accepted, server, request)


def _busy(care: Care) -> tuple[Task, ...]:
    return (*care.readers, *care.writers)


def _between(care: Care, accepted: Row, server: Task, request: Request) -> Handover:
    """Return how it came from one thread to another."""
    if care.passed is not None and care.passed.pid == server.pid != accepted.pid:
        return FD_PASSING, (care.passed,)
    way = way_of(care, server)
    if way in (NEW_PROCESS, NEW_THREAD):
        return FORK if way == NEW_PROCESS else THREAD, rows(server.made)
    if way == LOOP:
        return EPOLL, rows(care.added)
    if way == POOLED and _made_for_it(care, accepted, server):
        return THREAD, rows(server.made)
    if request.handed is not None and request.row.tid == server.tid:
        return FUTEX_WAKE, request.handed
    return UNKNOWN, ()


def _made_for_it(care: Care, accepted: Row, server: Task) -> bool:
    """Tell whether a thread of a pool that still grows was made with this connection as its first."""
    return server.made is not None and server.maker is care.taker and server.made.seq > accepted.seq
