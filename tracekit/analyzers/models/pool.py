"""Pools of threads: any server's, and httpd's worker and event, which are pools in pre-forked processes.

In a child of httpd's threaded MPMs the main thread only waits for a word from the parent; one thread, the
listener, accepts; the others, the workers, serve (server/mpm/worker/worker.c and event/event.c). With worker
a thread keeps its connection until it is closed, and the listener waits in accept, or with several Listen
holds a lock that processes share while it waits in epoll_wait. With event a connection that waits is given
to the listener's own epoll set, and listeners of several processes wait there without a lock.
"""

from collections.abc import Sequence
from typing import Final

from tracekit.analyzers.models.models import (
    EVENT,
    POOLED,
    THREAD_POOL,
    WORKER,
    Finding,
    Server,
    Verdict,
    first,
    forked,
    opened_by_itself,
    rows,
    way_of,
)
from tracekit.analyzers.state.service import Care, Task
from tracekit.events import Row

IN_CHILD: Final = "in each child process one thread, the listener, accepts and wakes a worker thread"


def pool(server: Server) -> Verdict | None:
    """Threads that were there before the connection serve what another thread accepted."""
    if not server.ways()[POOLED]:
        return None
    handed = _hand_over(server)
    # in their order, so that the same one is shown each time
    takers = [*dict.fromkeys(care.taker for care in server.served if way_of(care) == POOLED and care.taker)]
    inner = next((why for task in takers if (why := _no_listener(server, task))), None)
    if inner is not None:
        return Verdict(
            THREAD_POOL,
            f"threads that stay serve connections that another thread accepted, one after another; {inner}",
            (handed,),
        )
    sign = next((sign for task in takers if (sign := _managed(server, task))), None)
    if sign is None:
        return Verdict(
            None,
            "one thread accepts and others serve, but the trace does not show the process around them, its "
            "main thread or who opened the socket: worker, event, or a thread-pool in one process",
            (handed,),
        )
    return _worker_or_event(server, takers, (handed, sign))


def _hand_over(server: Server) -> Finding:
    care = first(server.served, POOLED)
    serves = [*care.readers.values()][:1] or [*care.writers.values()][:1]
    return Finding(
        "accepted by one thread, served by another that was there before",
        rows(care.accepted, *(care.handed or ()), *serves),
    )


def _no_listener(server: Server, task: Task) -> str | None:
    """Return what keeps a thread that accepts from being the listener of a threaded MPM; None if nothing."""
    serving = {care.server for care in server.served}
    if task in serving:
        return "the one that accepts serves, too"
    if opened_by_itself(server, task):
        return "the process opened its socket itself"
    if _is_main(task, serving):
        return "the main thread of the process accepts"
    return None


def _is_main(task: Task, serving: set[Task | None]) -> bool:
    """Tell whether a task is its process's main thread; where that is not stated, whether it came first."""
    if task.pid_known or task.tid is None:
        return task.tid == task.pid
    return all(
        other is None or other.tid is None or task.tid < other.tid for other in serving if other is not task
    )


def _managed(server: Server, task: Task) -> Finding | None:
    """Return what shows that a process is one of several that a parent made and looks after."""
    main = server.main(task.pid)
    if main is not None and main.word is not None:
        return Finding("the process's main thread waits for a word from its parent", (main.word,))
    if main is not None and forked(main):
        return Finding("a parent forked the process before there was a connection", rows(main.made))
    others = [other for other in server.acceptors if other.pid != task.pid]
    if others:
        return Finding("several processes accept", rows(task.tried, others[0].tried))
    return None


def _worker_or_event(server: Server, takers: Sequence[Task], shown: tuple[Finding, ...]) -> Verdict:
    added = next((care for care in server.served if care.added), None)
    if added is not None and (watcher := _watcher(server, added)):
        found = Finding("another thread than the one that accepts waits for idle connections", watcher)
        return Verdict(
            THREAD_POOL,
            "threads that stay serve connections that another thread accepted; a third thread, and not that "
            "one, waits for those that are idle",
            (*shown, found),
        )
    if added is not None:
        found = Finding(
            "the connection is given to the epoll set, where no thread waits for it alone", rows(added.added)
        )
        reason = f"{IN_CHILD}; a connection that waits is given back to the listener's epoll set"
        return Verdict(EVENT, reason, (*shown, found))
    worker, event = _keeps(server, takers), _polls(takers)
    if worker is not None:
        reason = f"{IN_CHILD}, which keeps the connection until it is closed"
        return Verdict(WORKER, reason, (*shown, worker))
    if event is not None:
        reason = (
            f"{IN_CHILD}; the listener waits in epoll_wait, and no lock keeps those of other processes out"
        )
        return Verdict(EVENT, reason, (*shown, event))
    return Verdict(
        None,
        f"{IN_CHILD}, but what that thread and a waiting connection wait in is not shown: worker or event",
        shown,
    )


def _watcher(server: Server, care: Care) -> tuple[Row, ...]:
    """Return what shows that a connection was given to a set on which only others than listeners wait."""
    if any(care.queue in task.queues for task in server.acceptors):
        return ()
    others = [task for task in server.tasks if care.queue in task.queues]
    return rows(care.added, *(task.active for task in others[:1])) if others else ()


def _keeps(server: Server, takers: Sequence[Task]) -> Finding | None:
    """Return what only worker does."""
    kept = next((care.kept for care in server.served if care.kept), None)
    if kept is not None:
        return Finding("a worker thread itself waits for what comes next on its connection", (kept,))
    for task in takers:
        if task.lock:
            return Finding(
                "the listener takes a lock that processes share before it waits", rows(task.lock, task.waits)
            )
        if task.blocked:
            return Finding("the listener waits in accept itself", (task.blocked,))
    return None


def _polls(takers: Sequence[Task]) -> Finding | None:
    """Return what only event does.

    Its listeners are woken together, and the late ones find nobody; and they wait for a limited time when
    there are connections whose time runs out, which worker's never look after.
    """
    for task in takers:
        if task.late:
            return Finding("the listener is woken for a client that another process accepts", rows(task.late))
    for task in takers:
        if task.limited and task.waits:
            return Finding(
                "the listener's wait has a time limit: it looks after connections, too", rows(task.limited)
            )
    return None
