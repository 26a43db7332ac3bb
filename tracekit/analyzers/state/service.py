"""Who takes connections, who serves them, and how they come from one to the other."""

from dataclasses import dataclass, field

from tracekit.analyzers.state.connections import Connection, is_request
from tracekit.analyzers.state.lasting import Extent
from tracekit.analyzers.state.openfiles import UNIX, OpenFile
from tracekit.events import Row


@dataclass(slots=True, eq=False)
class Task:
    """What one thread was seen doing for clients; each attribute that is a call is the first of its kind.

    Attributes:
        first: its first call in the trace.
        active: its last accept, or wait for clients.
        made: the fork or clone that made it; None when that was not traced.
        maker: who called that.
        is_thread: whether it was made as a thread of its maker's process; None where that is not shown.
        ended: its end.
        tried: a call of accept, whatever came of it.
        listeners: the sockets that it tried to accept from: their addresses, or else their numbers.
        taken: how many connections it accepted.
        last: the connection that it accepted last.
        blocked: an accept in which it waited for a client.
        late: an accept that found nobody although the wait before it had reported a client.
        waits: a wait (epoll, poll, select) that an accept followed.
        waiting: the last wait that no accept has followed yet.
        queues: the epoll descriptors that it waits on.
        limited: a wait of epoll that ends after a time, whether or not a client comes.
        lock: a lock that processes share, taken before it waited for clients.
        word: a read of one byte from a pipe: how a parent tells a child to end.
        asks_parent: a getppid.
        parent: a wait for children.
        served: how many connections it read from or wrote to.
        mixed: while a connection of its own was open it accepted another, and then went on with the first.
        together: a wait for a connection and others in one call.
        rests: after it has served, a wait for other threads that nothing has ended for long.
        woken: by whom it was woken since it last read from a client: the wake, and the wait that it ended.
    """

    tid: int | None
    pid: int | None
    pid_known: bool
    first: Row
    active: Row | None = None
    made: Row | None = None
    maker: "Task | None" = None
    is_thread: bool | None = None
    ended: Row | None = None
    tried: Row | None = None
    listeners: set[str] = field(default_factory=set)
    taken: int = 0
    last: Connection | None = None
    blocked: Row | None = None
    late: Row | None = None
    waits: Row | None = None
    waiting: Row | None = None
    queues: set[OpenFile] = field(default_factory=set)
    limited: Row | None = None
    lock: Row | None = None
    word: Row | None = None
    asks_parent: Row | None = None
    parent: Row | None = None
    served: int = 0
    mixed: tuple[Row, Row] | None = None
    together: Row | None = None
    rests: Row | None = None
    woken: dict[int | None, tuple[Row, Row]] = field(default_factory=dict)

    @property
    def accepts(self) -> bool:
        """True when it takes connections from other programs than those of its machine alone."""
        local = bool(self.listeners) and all(name.startswith(UNIX) for name in self.listeners)
        return self.tried is not None and not local

    def wake_up(self, wake: Row, wait: Row) -> None:
        """Note that another thread's wake ended a wait: on its word, or (EAGAIN) just before it began.

        A wait without a limit on a condition variable or semaphore is for work; what follows on a mutex, or
        on Python's lock of its interpreter, does not hide it, and by itself is no sign when it ends at once.
        """
        if wake.tid == self.tid or (wait.ret != 0 and not for_work(wait)):
            return
        known = self.woken.get(wake.tid)
        if known is None or for_work(wait) or not for_work(known[1]):
            self.woken[wake.tid] = (wake, wait)


def for_work(wait: Row) -> bool:
    """Tell whether a wait is glibc's of pthread_cond_wait or sem_wait (nptl/futex-internal.c)."""
    return "FUTEX_WAIT_BITSET" in (wait.args or "") and ", NULL" in (wait.args or "")


@dataclass(slots=True, eq=False)
class Care:
    """How one connection was taken care of.

    Attributes:
        taker: who accepted it; None when that was not traced.
        listener: the socket that it was accepted from.
        readers: who read from it, with their first reads, in order.
        writers: who wrote to it, likewise.
        added: the epoll_ctl that gave it to an epoll set.
        queue: that set.
        free: the call that made it non-blocking before anything was read.
        alone: a wait for this connection and nothing else.
        kept: such a wait although no request was open: for the next one, or for the client to hang up.
        shut: True once the server has shut its side down.
        handed: the wake by the taker, and the wait of the first reader that it ended.
        passed: the call by which a process last received it from another one.
    """

    connection: Connection
    taker: Task | None = None
    listener: OpenFile | None = None
    readers: dict[Task, Row] = field(default_factory=dict)
    writers: dict[Task, Row] = field(default_factory=dict)
    added: Row | None = None
    queue: OpenFile | None = None
    free: Row | None = None
    alone: Row | None = None
    kept: Row | None = None
    shut: bool = False
    handed: tuple[Row, Row] | None = None
    passed: Row | None = None

    @property
    def accepted(self) -> Row | None:
        """The accept that made it."""
        return self.connection.accepted

    @property
    def server(self) -> Task | None:
        """Who serves it: who answers the first request; where no answer was seen, who read first."""
        return next(iter(self.writers), None) or next(iter(self.readers), None)

    def wakes(self, task: Task) -> tuple[Row, Row] | None:
        """Return the last wake of a task by the taker since the accept, and the wait that it ended."""
        if self.taker is None or self.accepted is None:
            return None
        woken = task.woken.get(self.taker.tid)
        return woken if woken is not None and woken[0].seq > self.accepted.seq else None

    @property
    def is_local(self) -> bool:
        """True when it came from a program of this machine, and brought no request: to httpd's CGI daemon."""
        listen = self.connection.listen or ""
        return listen.startswith(UNIX) and not any(map(is_request, self.connection.requests))

    @property
    def idle(self) -> bool:
        """True when no request is open on it: all are answered, or the server will answer no more."""
        connection = self.connection
        answered = bool(connection.requests) and not connection.unanswered
        return self.shut or (answered and not connection.reader.pending)


@dataclass(slots=True)
class Service:
    """All tasks and connections of a trace, as far as the pass has come.

    Attributes:
        tasks: every task, in the order of their first calls; a number that is used again is another task.
        living: the present task of each number.
        cares: how each connection is taken care of.
        makings: forks whose task has not been seen yet, by the number that it has.
        extent: where the trace ends.
        wakes: the last wake on each futex that woke somebody, by process and address.
        signals: the last wake on each, whether or not anybody was asleep there.
    """

    tasks: list[Task] = field(default_factory=list)
    living: dict[int | None, Task] = field(default_factory=dict)
    cares: dict[Connection, Care] = field(default_factory=dict)
    makings: dict[int | None, tuple[Row, Task, bool | None]] = field(default_factory=dict)
    extent: Extent = field(default_factory=lambda: Extent({}))
    wakes: dict[tuple[int | None, str], Row] = field(default_factory=dict)
    signals: dict[tuple[int | None, str], Row] = field(default_factory=dict)

    def task(self, row: Row) -> Task:
        """Return the task that made a call."""
        task = self.living.get(row.tid)
        if task is None:
            task = self.living[row.tid] = Task(row.tid, row.pid, row.pid_known, row)
            self.tasks.append(task)
            made = self.makings.pop(row.tid, None)
            if made is not None:
                task.made, task.maker, task.is_thread = made
        return task

    def care(self, connection: Connection) -> Care:
        """Return how a connection is taken care of."""
        care = self.cares.get(connection)
        if care is None:
            care = self.cares[connection] = Care(connection)
        return care

    def makes(self, row: Row, child: int, *, thread: bool | None) -> None:
        """Note that a call made a task: one that comes, or one whose first call came before that returned."""
        maker, task = self.task(row), self.living.get(child)
        if task is None or task.ended is not None:
            self.living.pop(child, None)
            self.makings[child] = (row, maker, thread)
        elif task.made is None:
            task.made, task.maker, task.is_thread = row, maker, thread

    def ends(self, row: Row) -> None:
        """Note the end of a task."""
        task = self.living.pop(row.tid, None)
        if task is not None:
            task.ended = row
