"""Which process crashed, which thread of it was to blame, and what was lost?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from tracekit.analyzers.answer import FOUND, UNDETERMINED, Evidence, Judged, counted, evidence
from tracekit.analyzers.processes import deaths
from tracekit.analyzers.processes.deaths import Death
from tracekit.analyzers.processes.parts import PARENT, SERVING, Parts
from tracekit.analyzers.processes.roles import parts_of
from tracekit.analyzers.questions import CRASHES
from tracekit.analyzers.state.connections import Connection, Request
from tracekit.analyzers.state.lifetimes import Process
from tracekit.analyzers.state.observe import observe
from tracekit.analyzers.state.state import State
from tracekit.events import Row, Trace

CAUSES: Final = {
    deaths.FAULT: "the kernel sent {0}: the thread did what it may not",
    deaths.UNSEEN: "{0} ended it; the trace does not show who sent that",
    deaths.ABORT: "the process sent itself {0}",
    deaths.SENT: "process {1} sent {0}",
    deaths.KILLED: "SIGKILL, from outside of what was traced, or by the kernel for want of memory",
}


@dataclass(frozen=True, slots=True)
class Crash:
    """One process that a signal ended against its server's will.

    Attributes:
        time_ns: when the signal came.
        signal: the first one; one that a handler raises again does not count.
        culprit_tid: the thread that got it; None where the trace does not tell.
        pid: the process; None where its number is not shown.
        role: its part.
        cause: fault (of the kernel), unseen (the signal itself is not in the trace), abort (of the process
            itself), sent (of another), killed (SIGKILL).
        sender: the process that sent it, if one did and that is known.
        reason: the cause in a sentence.
        core_dumped: whether a core dump was written.
        victims: all threads of the process that ended with it, the culprit among them.
        survivors: the processes beside it that serve and lived on.
        noticed_ns: when the parent learned of it (wait4).
        replacement_pid: the next child that the parent then made.
        requests_lost: requests, by dispatch's ids, that were read there and not answered to their end.
        connections_lost: connections that were open there, those of these requests among them.
        evidence: the signal, the end, the parent's wait and its fork.
    """

    time_ns: int | None
    signal: str
    culprit_tid: int | None
    pid: int | None
    role: str
    cause: str
    sender: int | None
    reason: str
    core_dumped: bool
    victims: tuple[int, ...]
    survivors: tuple[int, ...]
    noticed_ns: int | None
    replacement_pid: int | None
    requests_lost: tuple[int, ...]
    connections_lost: int
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Exit:
    """One process of the server that ended otherwise: by itself, or because it was told to.

    Attributes:
        time_ns: when.
        pid: the process; None where its number is not shown.
        role: its part.
        exit: how, as strace prints it.
        because: the signal that it was told with, and whose; the word of its parent; or that there was none.
        evidence: its end.
    """

    time_ns: int | None
    pid: int | None
    role: str
    exit: str
    because: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashesAnswer(Judged):
    """The crashes in the order in which they came, and the other ends of the server's processes."""

    name: ClassVar[str] = CRASHES.name
    reason: str
    crashes: tuple[Crash, ...]
    exits: tuple[Exit, ...]


class Crashes:
    """Finds the processes that signals ended, from the signals, the ends and the parents' waits."""

    name: ClassVar[str] = CRASHES.name
    question: ClassVar[str] = CRASHES.question
    needs: ClassVar[frozenset[str]] = CRASHES.needs

    def answer(self, trace: Trace) -> CrashesAnswer:
        """Answer from a trace."""
        parts, state = parts_of(trace), observe(trace)
        ends = sorted(deaths.deaths(parts, ordered=trace.ordered), key=lambda death: death.begin.seq)
        crashes = tuple(_crash(parts, state, death) for death in ends if death.cause != deaths.STOPPED)
        hidden = _unseen(parts)
        return CrashesAnswer(
            verdict=FOUND if crashes or not hidden else UNDETERMINED,
            reason="; ".join(filter(None, (counted(len(crashes), "crash", "crashes"), hidden)))
            if trace.calls
            else hidden,
            crashes=crashes,
            exits=tuple(_exits(parts, ends)),
            trace=trace.summary(),
        )


def _unseen(parts: Parts) -> str:
    """Say which ends the trace cannot show; nothing when it shows all."""
    if not parts.lives.processes:
        return "the trace has no calls of any task"
    unknown = [
        process
        for process in parts.lives.processes
        if process.exit is None and all(thread.first is None for thread in process.threads)
    ]
    if unknown:
        return (
            f"made, but not traced, so that no end is shown: {counted(len(unknown), 'process', 'processes')}"
        )
    return ""


def _crash(parts: Parts, state: State, death: Death) -> Crash:
    process = death.process
    noticed, new = deaths.replacement(parts, death.process)
    lost = list(_lost(state, death))
    rows = [death.row, process.ended, noticed, new.made if new else None]
    return Crash(
        time_ns=death.begin.time_ns,
        signal=death.signal,
        culprit_tid=death.culprit.tid if death.culprit else None,
        pid=None if process in parts.headless else process.pid,
        role=parts.processes[process],
        cause=death.cause,
        sender=death.sender,
        reason=CAUSES[death.cause].format(death.signal, death.sender),
        core_dumped=death.core_dumped,
        victims=tuple(
            sorted(thread.tid for thread in deaths.victims(parts, death) if thread.tid is not None)
        ),
        survivors=tuple(sorted(one.pid for one in deaths.survivors(parts, death) if one.pid is not None)),
        noticed_ns=noticed.time_ns if noticed else None,
        replacement_pid=new.pid if new else None,
        requests_lost=tuple(sorted(request.id for one in lost for request in one.requests if _open(request))),
        connections_lost=len(lost),
        evidence=tuple(evidence(row) for row in dict.fromkeys(row for row in rows if row is not None)),
    )


def _lost(state: State, death: Death) -> Iterator[Connection]:
    """Yield the connections that a process had open when it died."""
    begin = death.begin.seq
    pids = {death.process.pid} | {one.first.pid for one in death.process.threads if one.first is not None}
    for connection in state.connections:
        users = {connection.process} | {request.row.pid for request in connection.requests}
        opened = connection.accepted or (connection.requests[0].began if connection.requests else None)
        if not pids & users or opened is None or opened.seq >= begin or not connection.is_socket:
            continue
        if connection.closed is None or connection.closed.seq >= begin:
            yield connection


def _open(request: Request) -> bool:
    """Tell whether a request has no answer, or a part of it is missing."""
    if request.answered is None:
        return True
    return request is request.connection.requests[-1] and request.connection.writer.lacks


def _exits(parts: Parts, ends: list[Death]) -> list[Exit]:
    """Return the ends of the server's processes that are no crashes, in the order in which they came."""
    crashed = {death.process for death in ends if death.cause != deaths.STOPPED}
    stopped = {death.process: death for death in ends}
    found: list[tuple[int, Exit]] = []
    for process, part in parts.processes.items():
        how, ended = process.exit, process.ended
        if part in SERVING | {PARENT} and process not in crashed and how is not None and ended is not None:
            told = _told(parts, process, stopped.get(process), ended)
            pid = None if process in parts.headless else process.pid
            found.append((ended.seq, Exit(ended.time_ns, pid, part, how, told, (evidence(ended),))))
    return [exit_ for _, exit_ in sorted(found, key=lambda pair: pair[0])]


def _told(parts: Parts, process: Process, death: Death | None, ended: Row) -> str:
    """Say who made a process end; httpd's threaded children send themselves a signal once they are told."""
    sender, name = (death.sender, death.signal) if death else (None, "")
    if death is None:
        for row, thread in parts.lives.signals:
            if thread.process is process and row.seq <= ended.seq and row.name in ENDING:
                sender, name = deaths.sender_of(row), row.name
    word = any(task.word is not None and task.word.ret == 1 for task in parts.doing(process))
    if word and (not name or sender == process.pid):
        return "a word of its parent (one byte in a pipe)"
    if not name:
        return "not by a signal"
    if sender is None:
        return name
    if sender == process.pid:
        return f"{name} of its own"
    return f"{name} of its parent" if sender == process.ppid else f"{name} of process {sender}"


ENDING: Final = frozenset({"SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGWINCH", "SIGABRT"})
"""The signals that servers are told to end with, at once or gracefully."""
