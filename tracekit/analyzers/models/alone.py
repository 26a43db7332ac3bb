"""Whether a task that serves has siblings at its socket: what shows that there are none.

A process of a pre-forked server, and a thread of a pool, look like a single-threaded server as long as
they are the only ones that are traced. So that there is one task must be shown: by its socket, made while the
trace ran and followed whoever inherits it; by the command that traced whoever has the socket; or by
clients that nobody else took. All siblings that wait in epoll_wait, poll or select
for one socket are woken for one client (epoll(7), without EPOLLEXCLUSIVE), and the late ones find none.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from tracekit.analyzers.gaps.select import names_in, note, of_task
from tracekit.analyzers.models.models import Finding, Server, rows
from tracekit.analyzers.state.calls import meanings
from tracekit.analyzers.state.service import Task
from tracekit.events import Row, Trace
from tracekit.syscalls.families import names_of

RACES: Final = 20
"""Clients that one task alone has to have won before siblings are excluded."""
CALM: Final = 8
"""The same where all of them came while it waited, and siblings would have."""
IDLE_NS: Final = 1_000_000
"""A wait that took this long began before its client came."""
AT_ONCE_NS: Final = 100_000
"""An accept that took longer may have waited for another client than the one that was reported."""
SLOW: Final = 20
"""Accepts at once for each that took longer: the machine makes few slow, siblings many."""
ALL_OF_IT: Final = frozenset({"--port", "--name"})
"""Options of tracekit that take every process which holds a socket, or has a name."""
ALWAYS: Final = names_of("mmap", "brk", "munmap", "mprotect", "rt_sigaction", "set_robust_list")
"""Calls that every program makes as it begins: without any, calls were left out."""
WAITS: Final = frozenset({"poll", "select"})
"""Meanings of waits that wake every waiter; those of epoll can be exclusive."""


class Race(NamedTuple):
    """A wait that reported a client, the accept after it, and how long each took, in ns."""

    wait: Row
    accept: Row
    waited: int
    took: int


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
    return None if task.late else _undisputed(server.trace, task)


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


def _undisputed(trace: Trace, task: Task) -> Finding | None:
    """Return what shows that a task never came too late for a client that its wait reported."""
    reported = list(_reported(trace, task))
    if any(each.accept.ret is None or each.accept.ret < 0 for each in reported):
        return None
    won = [each for each in reported if each.took < AT_ONCE_NS]
    slow = len(reported) - len(won)
    calm = not slow and sum(each.waited >= IDLE_NS for each in won) >= CALM
    if not calm and len(won) < max(RACES, SLOW * slow):
        return None
    return Finding(
        f"{len(won)} clients were reported to it by poll or select, and no other task took one of them",
        (won[0].wait, won[0].accept, won[-1].wait, won[-1].accept),
    )


def _reported(trace: Trace, task: Task) -> Iterator[Race]:
    """Yield the waits of a task that a client ended, and the accepts that followed."""
    means = meanings()
    calls = of_task(trace, task.tid)
    for wait, accept, after in zip(calls, calls[1:], calls[2:], strict=False):
        if means.get(wait.name or "") in WAITS and wait.ret and wait.ret > 0:
            waited, took = _lasted(wait, accept), _lasted(accept, after)
            if means.get(accept.name or "") == "accepts" and waited is not None and took is not None:
                yield Race(wait, accept, waited, took)


def _lasted(row: Row, after: Row) -> int | None:
    """Return how long a call took at most, in ns: to its return, or to the task's next call."""
    if row.duration_ns is not None:
        return row.duration_ns
    return None if row.time_ns is None or after.time_ns is None else after.time_ns - row.time_ns
