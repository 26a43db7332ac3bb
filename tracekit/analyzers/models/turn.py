"""One thread that serves what it took before it takes another: alone, or one of many pre-forked ones."""

import re
from collections.abc import Iterable
from typing import Final

from tracekit.analyzers.gaps.select import names_in, of_task
from tracekit.analyzers.models.alone import ALWAYS, no_sibling
from tracekit.analyzers.models.models import (
    EVENT_LOOP,
    PREFORK,
    SELF,
    SINGLE_THREADED,
    Finding,
    Server,
    Verdict,
    forked,
    opened_by_itself,
    rows,
)
from tracekit.analyzers.state.connections import is_request
from tracekit.analyzers.state.service import Care, Task
from tracekit.events import Row
from tracekit.syscalls.families import names_of

ONE_EVENT: Final = re.compile(r"\], 1, -?\d+(?:, [^,]+, \d+)?$")
"""The end of an epoll_wait that has room for one event."""
POLLS: Final = names_of("poll", "ppoll")


def in_turn(server: Server) -> Verdict | None:
    """One thread that serves what it took before it takes another: pre-forked, or all there is."""
    if set(server.ways()) != {SELF}:
        return None
    own = next((finding for care in server.served if (finding := _bound(care))), None) or _waitless(server)
    if own is None:
        return _unbound(server)
    siblings = _siblings(server)
    if siblings is None and len(server.pids) > 1:
        return Verdict(
            None,
            "several tasks accept at the same address, and each serves what it took itself, but the trace "
            "does not state whether they are processes (prefork) or threads of one (thread-pool)",
            (_served_alone(server), own),
        )
    if siblings is None:
        return _one_task(server, own)
    many = len(server.pids)
    who = f"{many} processes accept at one address" if many > 1 else "a process that a parent keeps accepts"
    return Verdict(
        PREFORK,
        f"{who}, and {'each' if many > 1 else 'it'} serves what it took itself, one connection after another",
        (_served_alone(server), own, siblings),
    )


def _one_task(server: Server, own: Finding) -> Verdict:
    """One task is seen; that there is no other has to be shown, too."""
    shown, no_other = (_served_alone(server), own), no_sibling(server)
    if no_other is None:
        return Verdict(
            None,
            "one thread accepts a connection, serves it to its end, and only then accepts the next, but "
            "whether it is the only one at its socket is not shown: its start, its parent and any siblings "
            "were not traced (single-threaded, prefork, or a thread-pool)",
            shown,
        )
    return Verdict(
        SINGLE_THREADED,
        "one thread accepts a connection, serves it to its end, and only then accepts the next; no other "
        "task is at its socket",
        (*shown, no_other),
    )


def _served_alone(server: Server) -> Finding:
    care = server.served[0]
    shown = rows(care.accepted, *list(care.readers.values())[:1], care.connection.closed)
    return Finding("accepted, served and closed by one thread", shown)


def _bound(care: Care) -> Finding | None:
    """Return what shows that a thread waits for one thing at a time: a client, or its one connection."""
    taker = care.taker
    assert taker is not None
    if taker.blocked:
        return Finding("it waits in accept itself, where no connection could wake it", (taker.blocked,))
    if care.alone:
        return Finding("it waits for this connection alone, where no other could wake it", (care.alone,))
    if taker.waits and care.free is None:
        return Finding("between two connections it waits for clients only", (taker.waits,))
    return None


def _waitless(server: Server) -> Finding | None:
    """Return what shows that a thread waits in accept and read alone: it makes no other call that waits.

    That takes a trace of all calls, and none that returns at once where it would have to wait.
    """
    asked = any(is_request(request) for care in server.served for request in care.connection.requests)
    if not asked or not names_in(server.trace) & ALWAYS:
        return None
    for task in server.acceptors:
        looks = task.waits or task.waiting or task.together or task.queues
        calls = () if looks or task.taken < 2 else of_task(server.trace, task.tid)
        if calls and not any(row.errno == "EAGAIN" for row in calls):
            accepts = (care.accepted for care in server.served if care.taker is task)
            return Finding("no call but accept and read waits for clients", rows(*list(accepts)[:2]))
    return None


def _unbound(server: Server) -> Verdict:
    """No wait shows whether a thread has room for a second connection; what it could not wait in may."""
    care = next((care for care in server.served if _goes_on(care)), None)
    if care is None or care.taker is None:
        return Verdict(
            None,
            "each connection is served by the thread that accepted it, but the trace does not show what that "
            "thread waits in between: one connection at a time, or an event loop",
        )
    waits = care.taker.waits
    if waits is not None and ONE_EVENT.search(waits.args or ""):
        return Verdict(
            None,
            "each connection is served by the thread that accepted it, which asks for one event at a time: "
            "one connection at a time, or an event loop",
            (Finding("it waits for one event", (waits,)),),
        )
    hidden = next((row for row in of_task(server.trace, care.taker.tid) if _hides(row)), None)
    if hidden is not None:
        return Verdict(
            None,
            "each connection is served by the thread that accepted it, but what that thread waits for in "
            "between is not shown: arrays are cut (-s), or addresses stand in their place",
            (Finding("it waits for something that is not shown", (hidden,)),),
        )
    return Verdict(
        EVENT_LOOP,
        "calls on a connection never wait: the thread waits in one place only, for clients and connections",
        (
            Finding(
                "connections are non-blocking from the start",
                rows(care.taker.waits, care.accepted, care.free),
            ),
        ),
    )


def _goes_on(care: Care) -> bool:
    """Tell whether a thread was seen coming to the end of a connection without a wait for it alone.

    Who takes a lock before it waits for clients could not be woken by a connection meanwhile.
    """
    task, first = care.taker, next(iter(care.readers.values()), None)
    if task is None or care.free is None or task.waits is None or task.lock is not None or first is None:
        return False
    return care.connection.closed is not None or (task.active is not None and task.active.seq > first.seq)


def _hides(row: Row) -> bool:
    """Tell whether a call waits for descriptors that the trace does not show."""
    return row.name in POLLS and (row.args or "").startswith(("[...]", "0x"))


def _siblings(server: Server) -> Finding | None:
    """Return what shows that other processes serve, or could serve, at the same socket."""
    accepting = {task.pid: task for task in reversed(server.acceptors)}
    several = list(accepting.values())[::-1]
    if len(several) > 1 and all(task.pid_known for task in several):
        return Finding("several processes accept", rows(*(task.tried for task in several)))
    for task in server.acceptors:
        if opened_by_itself(server, task):
            return None
        for sign, what in _signs(server, task):
            if sign is not None:
                return Finding(what, (sign,))
    return None


def _signs(server: Server, task: Task) -> Iterable[tuple[Row | None, str]]:
    main = server.main(task.pid) or task
    yield (main.made if forked(main) else None), "its parent made it, before there was a connection"
    yield task.lock, "it takes a lock that other processes take, too, before it waits for clients"
    yield task.word, "it looks whether its parent has said a word, one byte in a pipe"
    yield task.asks_parent, "it looks whether its parent still lives"
    if task.tid is not None:  # without -f it is one thread alone, and others of its process may have accepted
        yield task.late, "a client was reported, but another process has accepted it"
    parent = next((other for other in server.tasks if other.parent and other.pid != task.pid), None)
    yield (parent.parent if parent else None), "another process waits for its children and serves nobody"
