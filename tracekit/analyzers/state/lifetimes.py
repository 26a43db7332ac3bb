"""Every process and thread of a trace: who made it, what it runs, and how it ended."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tracekit.analyzers.state.connections import ended_ns
from tracekit.events import Row


@dataclass(slots=True, eq=False)
class Thread:
    """One thread (task, LWP) of a process.

    Attributes:
        tid: its id; None in a log of one task.
        process: the process that it is of.
        known: False where the log does not say that it is, and it was inferred.
        born: the number of the event that shows it first: its own, or the fork that made it.
        first: its first event; None when it was not traced.
        last: its last event.
        made: the fork or clone that made it; None when it was there before the trace.
        maker: who called that.
        ended: the event that shows its end: its own, an exec that ended it, or the wait for its process.
        how: that end, as strace prints it: ``exited with 0``, ``killed by SIGSEGV (core dumped)``; empty
            while it is still there.
        handles: the signal whose handler it is in, as far as the trace shows.
        name: the name that it gave itself (prctl(PR_SET_NAME)), or that a note has.
    """

    tid: int | None
    process: "Process"
    born: int
    known: bool = True
    first: Row | None = None
    last: Row | None = None
    made: Row | None = None
    maker: "Thread | None" = None
    ended: Row | None = None
    how: str = ""
    handles: Row | None = None
    name: str = ""

    @property
    def is_main(self) -> bool:
        """Tell whether it is the thread that its process began with."""
        return self.tid == self.process.pid

    @property
    def started_ns(self) -> int | None:
        """When it began; None when it was there before the trace, or the log has no times."""
        if self.made is None:
            return self.first.time_ns if self.first is not None and self.is_launched else None
        moments = (ended_ns(self.made) or self.made.time_ns, self.first.time_ns if self.first else None)
        return min((moment for moment in moments if moment is not None), default=None)

    @property
    def is_launched(self) -> bool:
        """Tell whether the trace began with it: the tracer started it, and so its first call is an execve."""
        first = self.first
        return first is not None and (first.name or "").startswith("execve") and first.ret == 0

    @property
    def ended_ns(self) -> int | None:
        """When it ended; None while it is still there, or where the log has no times."""
        return self.ended.time_ns if self.ended is not None else None

    def alive(self, moment: int) -> bool:
        """Tell whether it was there at a time, as far as the trace shows."""
        begun, ended = self.started_ns, self.ended_ns
        return (begun is None or begun <= moment) and (ended is None or ended > moment)


@dataclass(slots=True, eq=False)
class Process:
    """One process (thread group).

    Attributes:
        pid: its id; None in a log of one task.
        ppid: the process that made it, or that it said is its parent; None where nothing tells.
        threads: all that it had, in order; the main thread need not be among them.
        arguments: its command line: of the last execve, of its maker, or of a note.
        path: the program, as execve got it.
        comm: its command name (comm in proc(5)).
        execs: the execve calls that succeeded.
        uid: the user that it became, or has by a note.
        session: the id of the session that it began.
        reaped: the wait of its parent that returned it.
        status: what that wait said: ``exited with 0``, ``killed by SIGSEGV``.
        exiting: its exit_group, which says its status where its end was not traced.
    """

    pid: int | None
    ppid: int | None = None
    threads: list[Thread] = field(default_factory=list)
    arguments: tuple[str, ...] = ()
    path: str = ""
    comm: str = ""
    execs: list[Row] = field(default_factory=list)
    uid: int | None = None
    session: int | None = None
    reaped: Row | None = None
    status: str = ""
    exiting: Row | None = None

    @property
    def known(self) -> bool:
        """Tell whether the log says of every thread that it is of this process."""
        return all(thread.known for thread in self.threads)

    @property
    def main(self) -> Thread | None:
        """The thread that it began with; None when nothing of that was traced."""
        return next((thread for thread in self.threads if thread.is_main), None)

    @property
    def maker(self) -> Thread | None:
        """The thread that forked it."""
        return next((thread.maker for thread in self.threads if thread.maker and thread.is_main), None)

    @property
    def made(self) -> Row | None:
        """The fork that made it."""
        main = self.main
        return main.made if main else None

    @property
    def born(self) -> int:
        """The number of the event that shows it first."""
        return min(thread.born for thread in self.threads)

    @property
    def started_ns(self) -> int | None:
        """When it began; None when it was there before the trace."""
        main = self.main
        return main.started_ns if main else None

    @property
    def ended(self) -> Row | None:
        """The event that shows its end: that of its last thread; None while one is there."""
        ends = [thread.ended for thread in self.threads]
        return max((end for end in ends if end), key=lambda row: row.seq) if all(ends) else self.reaped

    @property
    def exit(self) -> str | None:
        """How it ended: ``exited with 0``, ``killed by SIGSEGV (core dumped)``; None while it is there.

        A signal ends all threads at once (signal(7)): one that it ended before the others was another's.
        """
        if self.ended is None:
            return None
        last = next((thread.how for thread in self.threads if thread.ended is self.ended), "")
        hows = [thread.how for thread in self.threads]
        if last.startswith("exited"):
            hows = [how for how in hows if not how.startswith("killed")]
        killed = next((how for how in hows if how.startswith("killed")), None)
        main = self.main
        return killed or self.status or (main.how if main and main.how in hows else "") or hows[-1]

    def alive(self, moment: int) -> bool:
        """Tell whether it was there at a time."""
        begun, ended = self.started_ns, self.ended
        gone = ended is not None and ended.time_ns is not None and ended.time_ns <= moment
        return (begun is None or begun <= moment) and not gone


@dataclass(frozen=True, slots=True)
class Reap:
    """A wait that returned a child: its process, and what the kernel said of its end."""

    row: Row
    by: Thread
    child: int
    status: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A signal that a thread sent: to a process, or one thread (kill, tgkill).

    Attributes:
        within: the signal whose handler sent it.
    """

    row: Row
    by: Thread
    target: int
    signal: str
    within: Row | None


@dataclass(slots=True)
class Lifetimes:
    """All processes of a trace.

    Attributes:
        processes: in the order in which the trace shows them first; a pid that is used again is another one.
        threads: those of each number, in the same order.
        signals: the signals that threads got, and who got them.
        reaps: the waits that returned a child.
        sent: the signals that were sent with a call.
        foreign: True where programs know their tasks by other numbers than the log: another PID namespace.
    """

    processes: list[Process] = field(default_factory=list)
    threads: dict[int | None, list[Thread]] = field(default_factory=dict)
    signals: list[tuple[Row, Thread]] = field(default_factory=list)
    reaps: list[Reap] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    foreign: bool = False

    def at(self, tid: int | None, seq: int) -> Thread | None:
        """Return the thread that had a number at an event of the trace."""
        found = [thread for thread in self.threads.get(tid, ()) if thread.born <= seq]
        return found[-1] if found else None

    def process(self, pid: int | None, seq: int) -> Process | None:
        """Return the process that had a number at an event of the trace."""
        found = [process for process in self.processes if process.pid == pid and process.born <= seq]
        return found[-1] if found else None

    def children(self, parent: Process) -> Iterator[Process]:
        """Yield the processes that a process is known to have made, or to be the parent of."""
        for process in self.processes:
            maker = process.maker
            if process is not parent and (
                maker.process is parent if maker is not None else parent.pid and process.ppid == parent.pid
            ):
                yield process
