"""How servers work: the models, and by what a trace shows which one it is.

A rule looks at who accepts a connection, who serves it, how it got from one to the other, and in which
wait a thread learns that a client has sent something; never at what a program, a file or a descriptor's
number is called. Pools of threads, and what httpd's worker and event add to them, are in ``pool``;
serving one connection after another, alone or pre-forked, is in ``turn``.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from tracekit.analyzers.state.connections import ended_ns
from tracekit.analyzers.state.service import Care, Task
from tracekit.events import Row, Trace

PREFORK: Final = "prefork"
WORKER: Final = "worker"
EVENT: Final = "event"
SINGLE_THREADED: Final = "single-threaded"
EVENT_LOOP: Final = "event-loop"
THREAD_PER_CONNECTION: Final = "thread-per-connection"
PROCESS_PER_CONNECTION: Final = "process-per-connection"
THREAD_POOL: Final = "thread-pool"

SELF, LOOP, POOLED = "self", "loop", "pool"
NEW_THREAD, NEW_PROCESS, PASSED, UNSEEN = "thread", "process", "passed", "unseen"
"""How a connection came to whoever serves it."""
MADE: Final = {True: NEW_THREAD, False: NEW_PROCESS, None: UNSEEN}
"""The same where that task was made for it: as a thread, a process, or as one of the two."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the trace shows about a server, in a sentence, and the calls that show it."""

    what: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The model of a server; None where the trace does not tell, and then why."""

    model: str | None
    reason: str
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class Server:
    """The tasks that accept from the same sockets, and what was seen of their connections.

    Attributes:
        acceptors: every task that tried to accept.
        served: connections of which the accept and who served were both seen.
        tasks: all tasks of the trace.
        listeners: the sockets: their addresses, or else their numbers.
        unseen: the calls that made tasks of which the trace has no line.
        trace: the trace.
    """

    acceptors: list[Task]
    served: list[Care]
    tasks: list[Task] = field(repr=False)
    listeners: frozenset[str]
    unseen: list[Row]
    trace: Trace = field(repr=False)

    @property
    def pids(self) -> list[int | None]:
        """The processes that accept, in order."""
        return list(dict.fromkeys(task.pid for task in self.acceptors))

    def ways(self) -> Counter[str]:
        """How connections came to who served them, and how many did so."""
        return Counter(way_of(care) for care in self.served)

    def main(self, pid: int | None) -> Task | None:
        """The main thread of a process."""
        return next((task for task in self.tasks if task.tid == pid), None)


def way_of(care: Care, served_by: Task | None = None) -> str:
    """Return how a connection came from its taker to its server, or to another that serves it, too."""
    taker, server, accepted = care.taker, served_by or care.server, care.accepted
    assert taker is not None
    assert server is not None
    assert accepted is not None
    if server is taker:
        return SELF
    if care.queue is not None and care.queue in server.queues:
        return LOOP
    if _made_for(server, taker, accepted):
        thread = server.is_thread if server.maker is taker else server.pid == taker.pid
        return POOLED if server.rests else MADE[thread]
    if server.made is None and not _began_before(server.first, accepted):
        return UNSEEN
    return PASSED if taker.pid != server.pid else POOLED


def _made_for(server: Task, taker: Task, accepted: Row) -> bool:
    """Tell whether a task was made after an accept by who accepted, or by whom that made since then."""
    task: Task | None = server
    while task is not None and task.made is not None and task.made.seq > accepted.seq:
        if task.maker is taker:
            return True
        task = task.maker
    return False


def _began_before(row: Row, accepted: Row) -> bool:
    """Tell whether a call began before an accept returned."""
    if row.file == accepted.file:
        return row.line < accepted.end_line
    returned = ended_ns(accepted)
    if row.time_ns is None or returned is None:
        return row.seq < accepted.seq
    return row.time_ns < returned


def rows(*found: Row | None) -> tuple[Row, ...]:
    """Return the calls that there are."""
    return tuple(row for row in found if row is not None)


def first(cares: Iterable[Care], way: str) -> Care:
    """Return the clearest of the connections that came that way: one whose hand-over was seen."""
    those = [care for care in cares if way_of(care) == way]
    return next((care for care in those if care.handed), those[0])


def _new_process(server: Server) -> Verdict | None:
    if not server.ways()[NEW_PROCESS]:
        return None
    care = first(server.served, NEW_PROCESS)
    assert care.server is not None
    shown = rows(care.accepted, care.server.made, *care.readers.values(), care.connection.closed)
    return Verdict(
        PROCESS_PER_CONNECTION,
        "the process that accepts forks a child for each connection, and the child serves that one alone",
        (Finding("accepted here, served by a child that was forked for it", shown),),
    )


def _new_thread(server: Server) -> Verdict | None:
    ways = server.ways()
    if not ways[NEW_THREAD] or ways[POOLED] or ways[PASSED]:
        return None
    cares = [care for care in server.served if way_of(care) == NEW_THREAD]
    gone = next((care for care in cares if _gone(care)), None)
    if gone is None:
        return Verdict(
            None,
            "each connection was served by a thread that was made for it, but the trace does not show "
            "whether such a thread ends with its connection or waits for another one: "
            "thread-per-connection, or a thread-pool that still grows",
        )
    assert gone.server is not None
    shown = rows(gone.accepted, gone.server.made, *gone.readers.values(), gone.connection.closed)
    return Verdict(
        THREAD_PER_CONNECTION,
        "the thread that accepts makes a new thread for each connection, which serves that one and ends",
        (
            Finding("accepted by one thread, served by another that was made for it", shown),
            Finding("that thread has ended, and the one that accepts lives on", rows(gone.server.ended)),
        ),
    )


def _gone(care: Care) -> bool:
    """Tell whether the thread that was made for a connection ended while the server went on."""
    taker, server = care.taker, care.server
    if taker is None or server is None or server.ended is None or taker.active is None or server.served != 1:
        return False
    return taker.ended is None or taker.active.seq > server.ended.seq


def _event_loop(server: Server) -> Verdict | None:
    """One thread for many connections: it accepts the next while one is open, or waits for them together."""
    found = list(_loops(server))
    if not found:
        return None
    return Verdict(
        EVENT_LOOP,
        "a thread serves many connections at once: it waits for all of them in one call and goes on with "
        "whichever is ready",
        tuple(found[:2]),
    )


def _shared_set(server: Server) -> Verdict | None:
    """Threads that take turns at one epoll set: a connection goes on in whichever comes by (Go, tokio)."""
    for care in server.served:
        mates = [task for task in server.tasks if care.queue in task.queues] if care.added else []
        if len({task.pid for task in mates}) == 1 < len(mates) and sum(task.served > 0 for task in mates) > 1:
            return Verdict(
                THREAD_POOL,
                "threads of one process wait in turn on one epoll set, and whichever is free goes on with "
                "the connection that is ready",
                (
                    Finding("the connection is added to the set", rows(care.accepted, care.added)),
                    Finding("several threads wait on it, and serve", rows(*(one.active for one in mates))),
                ),
            )
    return None


def _loops(server: Server) -> Iterable[Finding]:
    for care in server.served:
        way = way_of(care)
        own = way == SELF and care.taker is not None and care.queue in care.taker.queues
        if care.added and (own or way == LOOP):
            shown = rows(care.accepted, care.added, *care.readers.values())
            yield Finding("the connection is added to the set that its own thread waits on", shown)
            break
    for task in server.acceptors:
        if task.mixed:
            yield Finding("a second connection is accepted before the first is done", task.mixed)
        if task.together:
            yield Finding("a connection and others are waited for in one call", (task.together,))


def _each_for_itself(server: Server) -> Verdict | None:
    """Several threads of one process that all accept, and serve what they took."""
    by_process = Counter(pid for pid, _ in {(task.pid, task.tid) for task in server.acceptors})
    pid, count = by_process.most_common(1)[0]
    if count == 1 or set(server.ways()) != {SELF}:
        return None
    several = [task for task in server.acceptors if task.pid == pid]
    return Verdict(
        THREAD_POOL,
        f"{count} threads of one process each accept connections and serve those that they took",
        (Finding("accepted by several threads of one process", rows(*(task.tried for task in several[:3]))),),
    )


def opened_by_itself(server: Server, task: Task) -> bool:
    """Tell whether the process of a task made the socket that it accepts from."""
    care = next((care for care in server.served if care.taker is task), None)
    opened = care.listener.opened if care and care.listener else None
    return opened is not None and opened.pid == task.pid


def forked(task: Task) -> bool:
    """Tell whether a process was made by one that lived on: not by one that only went to the background."""
    maker = task.maker
    if task.made is None or task.is_thread is not False or maker is None:
        return False
    return maker.ended is None or task.tried is None or maker.ended.seq > task.tried.seq


def _unseen(server: Server) -> Verdict | None:
    if not server.ways()[UNSEEN]:
        return None
    care = first(server.served, UNSEEN)
    return Verdict(
        None,
        "connections are served by tasks that are not seen before, and what made them was not traced, or is "
        "not shown whole: made for their connections, or there all the time",
        (Finding("accepted here, served there", rows(care.accepted, *care.readers.values())),),
    )


def _passed(server: Server) -> Verdict | None:
    if not server.ways()[PASSED]:
        return None
    care = first(server.served, PASSED)
    return Verdict(
        None,
        "connections are accepted by one process and served by another, which was there before: "
        "that is none of the models",
        (Finding("accepted here, served there", rows(care.accepted, *care.readers.values())),),
    )


Rule = Callable[[Server], Verdict | None]
BEFORE_POOLS: Final[tuple[Rule, ...]] = (_new_process, _new_thread)
AFTER_POOLS: Final[tuple[Rule, ...]] = (_shared_set, _event_loop, _passed, _unseen, _each_for_itself)
"""What is looked at in turn; the first rule that has something to say, says it."""
