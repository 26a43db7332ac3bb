"""Whether a task that serves has siblings at its socket: what shows that there are none.

A process of a pre-forked server, and a thread of a pool, look like a single-threaded server as long as
they are the only ones that are traced. So that there is one task must be shown: by its socket, made while the
trace ran and followed whoever inherits it; by the command that traced whoever has the socket; or by
clients that nobody else took. All siblings that wait in epoll_wait, poll or select
for one socket are woken for one client (epoll(7), without EPOLLEXCLUSIVE), and the late ones find none.
"""

from collections.abc import Iterator
from typing import Final

from tracekit.analyzers.gaps.select import names_in, note, of_task
from tracekit.analyzers.models.models import Finding, Server, rows
from tracekit.analyzers.state.calls import meanings
from tracekit.analyzers.state.service import Task
from tracekit.events import Row, Trace
from tracekit.syscalls.families import names_of

RACES: Final = 5
"""Clients that one task alone has to have won before siblings are excluded."""
IDLE_NS: Final = 1_000_000
"""A wait that took this long was there before its client, as those of siblings would have been."""
AT_ONCE_NS: Final = 20_000_000
"""An accept that took longer may have waited for another client than the one that was reported."""
ALL_OF_IT: Final = frozenset({"--port", "--name"})
"""Options of tracekit that take every process which holds a socket, or has a name."""
ALWAYS: Final = names_of("mmap", "brk", "munmap", "mprotect", "rt_sigaction", "set_robust_list")
"""Calls that every program makes as it begins: without any, calls were left out."""
WAITS: Final = frozenset({"poll", "select"})
"""Meanings of waits that wake every waiter; those of epoll can be exclusive."""


def no_sibling(server: Server) -> Finding | None:
    """Return what shows that one task alone serves; None when others may, which were not traced."""
    task = server.acceptors[0]
    opened = next(
        (care.listener.opened for care in server.served if care.taker is task and care.listener), None
    )
    if opened is not None and _all_seen(server, opened):
        return Finding("its socket was made in the trace, and no other task has it", rows(opened, task.tried))
    if ALL_OF_IT & _options(server.trace):
        return Finding("every process that has the socket was traced", rows(task.tried))
    won = [] if task.late else list(_won(server.trace, task))
    if len(won) < RACES:
        return None
    return Finding(
        f"{len(won)} clients came while it waited in poll or select, and no other task took one of them",
        (*won[0], *won[-1]),
    )


def _all_seen(server: Server, opened: Row) -> bool:
    """Tell whether whoever can have a socket is in the trace: children of the process that made it, too.

    Where tasks have numbers, children were followed (-f); else the trace has to show that there are none.
    """
    if any(row.seq > opened.seq for row in server.unseen):
        return False
    return opened.tid is not None or bool(names_in(server.trace) & ALWAYS)


def _options(trace: Trace) -> set[str]:
    """Return the options of the command that attached to the tasks of a trace, as its first note has them."""
    argv = note(trace, "trace").get("argv")
    words = [str(word) for word in argv] if isinstance(argv, list) else []
    ours = words[: words.index("--")] if "--" in words else words
    return set() if "run" in words[1:2] else {word.partition("=")[0] for word in ours}


def _won(trace: Trace, task: Task) -> Iterator[tuple[Row, Row]]:
    """Yield the waits of a task that a client ended, and the accept that took it at once."""
    means = meanings()
    calls = of_task(trace, task.tid)
    for wait, accept, after in zip(calls, calls[1:], calls[2:], strict=False):
        if means.get(wait.name or "") not in WAITS or not wait.ret or wait.ret < 0:
            continue
        waited, took = _lasted(wait, accept), _lasted(accept, after)
        fast = waited is not None and took is not None and waited >= IDLE_NS and took < AT_ONCE_NS
        if means.get(accept.name or "") == "accepts" and (accept.ret or -1) >= 0 and fast:
            yield wait, accept


def _lasted(row: Row, after: Row) -> int | None:
    """Return how long a call took at most, in ns: to its return, or to the task's next call."""
    if row.duration_ns is not None:
        return row.duration_ns
    return None if row.time_ns is None or after.time_ns is None else after.time_ns - row.time_ns
