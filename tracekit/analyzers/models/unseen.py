"""Why a trace does not tell how a server works: what is not in it."""

import re
from typing import Final

from tracekit.analyzers.answer import counted
from tracekit.analyzers.gaps.select import called, names_in
from tracekit.analyzers.gaps.texts import READING, unread
from tracekit.analyzers.models.models import Finding, Verdict, rows
from tracekit.analyzers.state.calls import meanings
from tracekit.analyzers.state.connections import is_request
from tracekit.analyzers.state.service import Care, Service
from tracekit.events import Trace
from tracekit.syscalls.families import names_of

NO_ORDER: Final = (
    "the files have no times that put the calls of their tasks in one order, so a connection cannot be "
    "followed from one thread to another: trace with -ttt"
)
NOT_TRACED: Final = "those calls were not traced (-e trace=), or the threads that make them were not"
ONLY_PARENT: Final = (
    "who was traced waits for children that were not; if it is a server's parent, trace them, too (--tree)"
)
WAITS: Final = names_of(
    "epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "select", "pselect6", "_newselect"
)
_REQUEST: Final = re.compile(r'"(?:GET|HEAD|POST|PUT|OPTIONS) /')
"""A request, at the beginning of what was read."""
OF_NO_FILE: Final = names_of("brk", "munmap", "mprotect", "rt_sigaction", "set_robust_list")
"""Calls that no class of calls on descriptors, files or networks has: with them, all calls are traced."""


def what_is_missing(service: Service, trace: Trace) -> Verdict:
    """Return the verdict on a trace in which no connection is seen both accepted and served."""
    blind = unread(trace)
    if blind is not None:
        return Verdict(None, f"{blind.what}, so nothing tells who serves: {blind.hint}")
    taken = [care for care in service.cares.values() if care.taker]
    served = [care for care in service.cares.values() if care.server and _asked(care)]
    if taken and served and not trace.ordered:
        return Verdict(None, NO_ORDER)
    if taken and served:
        shown = rows(taken[0].accepted, *list(served[0].readers.values())[:1])
        return Verdict(
            None,
            "connections are accepted and requests are read, but who answers was not traced, or it cannot be "
            "told which tasks are threads of one process (-yy, and the calls clone and futex, help)",
            (Finding("accepted; read", shown),),
        )
    if taken:
        return _nobody_serves(service, trace, len(taken))
    if served:
        shown = rows(*(next(iter(care.readers.values()), None) for care in served[:2]))
        return Verdict(
            None,
            f"requests are served on {counted(len(served), 'connection')}, but nobody is seen accepting one: "
            f"{NOT_TRACED}, or the connections are older than the trace",
            (Finding("served, but accepted by nobody in the trace", shown),),
        )
    return _no_traffic(service, trace)


def _asked(care: Care) -> bool:
    """Tell whether requests came over a connection: a client reads other things from its own."""
    return any(is_request(request) for request in care.connection.requests)


def _nobody_serves(service: Service, trace: Trace, count: int) -> Verdict:
    """Connections are accepted, and that is all."""
    accepted = next(care for care in service.cares.values() if care.taker)
    shown = Finding("accepted, but read by nobody in the trace", rows(accepted.accepted))
    if not _calls_of(trace, "read"):
        why = f"not one read: {NOT_TRACED}"
    elif any(_REQUEST.search(row.args or "") for row in called(trace, READING)):
        why = (
            "it is not shown on which of them the requests were read that other tasks read: which tasks are "
            "threads of one process cannot be told (-yy, and the calls clone and futex, help)"
        )
    else:
        why = "nobody in the trace reads from one: who serves was not traced, or no client sent anything"
    return Verdict(None, f"{counted(count, 'connection')} accepted, but {why}", (shown,))


def _no_traffic(service: Service, trace: Trace) -> Verdict:
    """Nobody connected, or what that shows is not there."""
    waits = [row for task in service.tasks if (row := task.tried or task.waiting)]
    connects = _calls_of(trace, "connects")
    reported = [row for row in called(trace, WAITS) if row.ret is not None and row.ret > 0]
    none = not _calls_of(trace, "accepts") and not (connects or _begins(trace))
    if reported and none:
        shown = (Finding("something was reported", rows(reported[0])),)
        return Verdict(None, f"waits report clients, but no call accepts one: {NOT_TRACED}", shown)
    if _calls_of(trace, "listens") or (waits and not (connects or _begins(trace))):
        found = (Finding("waits", rows(waits[0])),) if waits else ()
        return Verdict(None, "no traffic: no client was accepted while the server was traced", found)
    if not trace.calls:
        return Verdict(None, "the trace has no calls")
    parents = [task for task in service.tasks if task.parent and not _calls_of(trace, "forks")]
    if parents:
        shown = (Finding("waits for children", rows(parents[0].parent)),)
        return Verdict(None, f"nothing in the trace accepts connections: {ONLY_PARENT}", shown)
    return Verdict(None, f"nothing in the trace accepts connections: it is no server's, or {NOT_TRACED}")


def _begins(trace: Trace) -> bool:
    """Tell whether a trace has all calls of a program from its start: what it listens on would be seen."""
    return bool(names_in(trace) & OF_NO_FILE) and _calls_of(trace, "execs")


def _calls_of(trace: Trace, meaning: str) -> bool:
    """Tell whether any call that means this is in the trace."""
    names = {name for name, means in meanings().items() if means == meaning}
    return bool(names & set(trace.events["name"].dropna().unique()))
