"""Processes that a signal ended: which thread it struck first, who sent it, and whether that was in order."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tracekit.analyzers.processes.parts import Parts
from tracekit.analyzers.state.lifetimes import Process, Reap, Thread
from tracekit.events import Row

FAULTS: Final = frozenset(
    {"SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT", "SIGSYS", "SIGTRAP", "SIGXCPU", "SIGXFSZ"}
)
"""The signals that end a program that has done wrong, with a core dump (signal(7))."""
BY_SOMEBODY: Final = frozenset({"SI_USER", "SI_TKILL", "SI_QUEUE"})
"""What si_code says of a signal that a process sent; the kernel says something else (sigaction(2))."""
TOGETHER_NS: Final = 1_000_000_000
"""Processes that are killed within this time are stopped together."""

FAULT: Final = "fault"
UNSEEN: Final = "unseen"
ABORT: Final = "abort"
SENT: Final = "sent"
KILLED: Final = "killed"
STOPPED: Final = "stopped"

_KILLED = re.compile(r"killed by (\w+)")
_CODE = re.compile(r"si_code=(\w+)")
_SENDER = re.compile(r"si_pid=(\d+)")


@dataclass(frozen=True, slots=True)
class Death:
    """The end of a process by a signal.

    Attributes:
        signal: the first that struck it.
        culprit: the thread that got that; None where the trace does not tell.
        row: that signal, as it came; None where the trace does not have it.
        cause: fault (the kernel sent it), unseen (the trace has not the signal itself), abort (the
            process itself did), sent (another did), killed (SIGKILL: another process, or the kernel for
            want of memory), stopped (in order: by its parent, with the whole server, or asked to end).
        sender: the process that sent it; None where that is not known, or it was the kernel.
    """

    process: Process
    signal: str
    culprit: Thread | None
    row: Row | None
    cause: str
    sender: int | None

    @property
    def begin(self) -> Row:
        """The first event of it."""
        if self.row is not None:
            return self.row
        killed = [thread.ended for thread in self.process.threads if thread.how.startswith("killed")]
        ends = [row for row in (*killed, self.process.ended) if row is not None]
        return min(ends, key=lambda row: row.seq)

    @property
    def core_dumped(self) -> bool:
        """Whether the kernel wrote a core dump."""
        return "core dumped" in (self.process.exit or "")


def victims(parts: Parts, death: Death) -> list[Thread]:
    """Return the threads that ended with a process, its culprit among them, as far as they are known.

    A thread whose process was inferred is of this one when the same signal ended it before the process was
    gone: a signal that ends one thread ends all of its process, and none of another (signal(7)).
    """
    begin, gone = death.begin.seq, _gone(death.process)
    found = [
        thread
        for thread in death.process.threads
        if (thread.made is None or thread.born <= begin)
        and (thread.ended is None or thread.ended.seq >= begin)
    ]
    for process in parts.lives.processes:
        found += [
            thread
            for thread in process.threads
            if process is not death.process
            and not thread.known
            and thread.how == death.process.exit
            and thread.ended is not None
            and begin <= thread.ended.seq <= gone
        ]
    return found


def _gone(process: Process) -> int:
    """Return the number of the last event that shows the end of a process."""
    return max(row.seq for row in (process.ended, process.reaped) if row is not None)


def _alone(parts: Parts, process: Process, signal: str) -> Thread | None:
    """Return the only thread of a process, if it must have got the signal that the trace does not have.

    A signal that another thread got would be in the trace, had that been traced; SIGKILL is never shown.
    """
    (first, *others) = process.threads
    shown = bool(parts.lives.signals) and signal != "SIGKILL"
    return None if others or shown or first.first is None else first


def _from_anywhere(parts: Parts, process: Process, row: Row) -> bool:
    """Tell whether a thread that was not traced sent its process a signal: any may get it (kill(2))."""
    own = sender_of(row) == process.pid and "si_code=SI_USER" in (row.args or "")
    return own and not any(
        sent.by.process is process and sent.signal == row.name for sent in parts.lives.sent
    )


def _strays(parts: Parts, process: Process) -> set[Thread]:
    """Return the threads that died with a process and were taken for another's, which outlived them."""
    gone = _gone(process)
    earlier = [
        _gone(other) for other in parts.lives.processes if other.exit == process.exit and _gone(other) < gone
    ]
    return {
        thread
        for other in parts.lives.processes
        for thread in other.threads
        if (other.ended is None or other.ended.seq > gone)
        and not thread.known
        and thread.how == process.exit
        and thread.ended is not None
        and max(earlier, default=-1) < thread.ended.seq <= gone
    }


def deaths(parts: Parts, *, ordered: bool) -> Iterator[Death]:
    """Yield every end of a process by a signal, in the order in which the trace shows the processes.

    Args:
        parts: the processes.
        ordered: whether the events of several threads have an order.
    """
    for process in parts.lives.processes:
        killed = _KILLED.match(process.exit or "")
        if killed is None:
            continue
        row, thread = _first(parts, process, killed[1])
        if not ordered and len([one for one, other in parts.lives.signals if other.process is process]) > 1:
            row, thread = None, None
        if thread is None and row is None:
            thread = _alone(parts, process, killed[1])
        elif row is not None and _from_anywhere(parts, process, row):
            thread = None
        name = (row.name if row is not None else None) or killed[1]
        cause, sender = _cause(parts, process, name, row)
        yield Death(process, name, thread, row, cause, sender)


def _first(parts: Parts, process: Process, name: str) -> tuple[Row | None, Thread | None]:
    """Return the signal that began the end of a process, and the thread that got it.

    What a process sends itself out of the handler of another signal is that one's consequence: httpd and
    Python's faulthandler raise a fault again so that it has its usual end (server/mpm_unix.c, sig_coredump).
    """
    strays = _strays(parts, process)
    got = [
        (row, thread) for row, thread in parts.lives.signals if thread.process is process or thread in strays
    ]
    last = next((pair for pair in reversed(got) if pair[0].name == name), None)
    while last is not None and sender_of(last[0]) == process.pid:
        before = _raised_from(parts, process, last[0], got)
        if before is None or before[0].seq >= last[0].seq:
            break
        last = before
    return last if last is not None else (None, None)


def _raised_from(
    parts: Parts, process: Process, row: Row, got: list[tuple[Row, Thread]]
) -> tuple[Row, Thread] | None:
    """Return the signal in whose handler a process sent itself another."""
    calls = [
        sent
        for sent in parts.lives.sent
        if sent.by.process is process and sent.signal == row.name and sent.row.seq < row.seq
    ]
    if calls:
        within = calls[-1].within
        return (within, calls[-1].by) if within is not None and within.name in FAULTS else None
    earlier = [pair for pair in got if pair[0].seq < row.seq and pair[0].name in FAULTS]
    return earlier[-1] if earlier else None


def sender_of(row: Row) -> int | None:
    """Return the process that sent a signal; None when the kernel did."""
    code, sender = _CODE.search(row.args or ""), _SENDER.search(row.args or "")
    return int(sender[1]) if code and sender and code[1] in BY_SOMEBODY else None


def _cause(parts: Parts, process: Process, name: str, row: Row | None) -> tuple[str, int | None]:
    """Return why a process ended, and who sent the signal."""
    sender = sender_of(row) if row is not None else _killer(parts, process, name)
    if sender is not None and sender == process.ppid:
        return STOPPED, sender
    if name in FAULTS:
        if sender is None:
            return (UNSEEN if row is None else FAULT), None
        return (ABORT if sender == process.pid else SENT), sender
    if name != "SIGKILL" or not _outlived(parts, process):
        return STOPPED, sender
    return KILLED, sender


def _killer(parts: Parts, process: Process, name: str) -> int | None:
    """Return the process that was seen sending a signal that a process does not see itself: SIGKILL."""
    ids = {process.pid, *(-thread.tid for thread in process.threads if thread.tid), *_tids(process)}
    calls = [sent for sent in parts.lives.sent if sent.signal == name and sent.target in ids]
    return calls[-1].by.process.pid if calls else None


def _tids(process: Process) -> set[int]:
    return {thread.tid for thread in process.threads if thread.tid is not None}


def _outlived(parts: Parts, process: Process) -> bool:
    """Tell whether the server goes on without a process: its parent, or who waited for it, lives on.

    A parent that makes another in its place goes on, however soon it ends itself.
    """
    if replacement(parts, process)[1] is not None:
        return True
    end = process.ended
    assert end is not None
    others = [other for other in parts.parents if other is not process]
    others += [reap.by.process for reap in reaps_of(parts, process)]
    return any(_later(other.ended, end) for other in others)


def _later(ended: Row | None, end: Row) -> bool:
    if ended is None:
        return True
    if ended.time_ns is None or end.time_ns is None:
        return ended.seq > end.seq
    return ended.time_ns > end.time_ns + TOGETHER_NS


def reaps_of(parts: Parts, process: Process) -> list[Reap]:
    """Return the waits that returned a process."""
    born = process.born
    found = [reap for reap in parts.lives.reaps if reap.child == process.pid and reap.row.seq >= born]
    return found[:1]


def replacement(parts: Parts, gone: Process) -> tuple[Row | None, Process | None]:
    """Return the wait by which a process's parent noticed its end, and the next child that it then made."""
    for reap in reaps_of(parts, gone):
        made = [
            process
            for process in parts.lives.processes
            if (maker := process.maker) is not None
            and maker.process is reap.by.process
            and process.made is not None
            and process.made.seq > reap.row.seq
        ]
        return reap.row, min(made, key=lambda process: process.born, default=None)
    return None, None


def survivors(parts: Parts, death: Death) -> list[Process]:
    """Return the processes beside one that serve and were there before and after its end."""
    end = death.process.ended
    assert end is not None
    return [
        process
        for process in parts.serving
        if process is not death.process
        and process not in parts.headless
        and process.born < death.begin.seq
        and (process.ended is None or process.ended.seq > end.seq)
    ]
