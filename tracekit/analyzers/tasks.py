"""Which processes and threads are there, who made them, and which part has each?"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from tracekit.analyzers.answer import (
    EVIDENCE_LIMIT,
    FOUND,
    UNDETERMINED,
    Evidence,
    Judged,
    counted,
    evidence,
)
from tracekit.analyzers.processes.parts import IDLE, SERVING, UNKNOWN, Parts
from tracekit.analyzers.processes.roles import parts_of
from tracekit.analyzers.questions import TASKS
from tracekit.analyzers.state.lifetimes import Process, Thread
from tracekit.events import Trace

FOREIGN = (
    "programs know their tasks by other numbers than the log (a PID namespace), so who made whom is not known"
)


@dataclass(frozen=True, slots=True)
class ThreadShown:
    """One thread.

    Attributes:
        tid: its id (LWP).
        role: its part: main, listener, worker, starter, pool; or that of its process.
        name: what it calls itself (prctl), or a note has; None where neither is known.
        started_ns: when it began; None when it was there before the trace.
        ended_ns: when it ended; None while it is there.
        exit: how it ended.
        pid_known: False where the log does not say that it is of this process, and it was inferred.
        traced: False when it is only known from what made it.
    """

    tid: int | None
    role: str
    name: str | None
    started_ns: int | None
    ended_ns: int | None
    exit: str | None
    pid_known: bool
    traced: bool


@dataclass(frozen=True, slots=True)
class ProcessShown:
    """One process.

    Attributes:
        pid: its id; None in a log of one task, and where its main thread cannot be told.
        pid_known: False where the log does not say it of all its threads, and it was inferred.
        ppid: its parent; None where nothing tells.
        role: its part: parent, worker, listener, launcher, logger, cgi, program; idle or unknown.
        command: its command line, or program; None where neither is known.
        user: the number of its user; root for 0; None where it is not known.
        session: the session that it, or who made it, began; None where that is not known.
        started_ns: when it began; None when it was there before the trace.
        ended_ns: when it ended; None while it is there.
        exit: how it ended: ``exited with 0``, ``killed by SIGSEGV (core dumped)``; None while it is there.
        threads: its threads, in the order of their ids.
        evidence: the calls that made it, and in which its part shows.
    """

    pid: int | None
    pid_known: bool
    ppid: int | None
    role: str
    command: str | None
    user: str | None
    session: int | None
    started_ns: int | None
    ended_ns: int | None
    exit: str | None
    threads: tuple[ThreadShown, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """The times of the first and the last event."""

    begin_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TasksAnswer(Judged):
    """Every process with its threads, in the order of their ids; those without one last.

    Attributes:
        verdict: found, or undetermined.
        reason: how many there are, and what is not known of them.
        span: the times that the trace covers; None where there are none that put all its events in order.
        processes: each once; an id that is used again is another process, and comes after the first.
    """

    name: ClassVar[str] = TASKS.name
    reason: str
    span: Span | None
    processes: tuple[ProcessShown, ...]


class Tasks:
    """Tells processes and threads from what made, named and ended them, and their parts from their work."""

    name: ClassVar[str] = TASKS.name
    question: ClassVar[str] = TASKS.question
    needs: ClassVar[frozenset[str]] = TASKS.needs

    def answer(self, trace: Trace) -> TasksAnswer:
        """Answer from a trace."""
        parts = parts_of(trace)
        shown = (_shown(parts, process) for process in parts.lives.processes)
        processes = (*sorted(shown, key=lambda one: (one.pid is None, one.pid)), *_apart(parts))
        times = trace.events["time_ns"].dropna()
        timed = trace.ordered and len(times) > 0
        named = any(process.pid is not None for process in parts.lives.processes)
        return TasksAnswer(
            verdict=FOUND if named else UNDETERMINED,
            reason=_reason(parts, processes, named=named),
            span=Span(int(times.min()), int(times.max())) if timed else None,
            processes=processes,
            trace=trace.summary(),
        )


def _reason(parts: Parts, processes: tuple[ProcessShown, ...], *, named: bool) -> str:
    """Say what is shown, and what is not."""
    if not processes:
        return "the trace has no calls of any task"
    if not named:
        return "the log does not name the tasks that its calls are of: it was made without strace's -f"
    threads = sum(len(process.threads) for process in processes)
    unseen = sum(not thread.traced for process in processes for thread in process.threads)
    numbered = sum(process.pid is not None for process in processes)
    said = [f"{counted(numbered, 'process', 'processes')}, {counted(threads, 'thread')}"]
    if unseen:
        said.append(f"made by others in the trace, but not traced: {counted(unseen, 'thread')}")
    if parts.headless:
        said.append(f"groups of threads of which it is not known whose they are: {len(parts.headless)}")
    if parts.doubtful:
        said.append(
            f"threads that only waited, so that it is not known whose they are: {len(parts.doubtful)}"
        )
    unclear = sum(process.role == UNKNOWN for process in processes)
    if unclear:
        said.append(f"what they do is not shown: {counted(unclear, 'process', 'processes')}")
    if parts.lives.foreign:
        said.append(FOREIGN)
    return "; ".join(said)


def _shown(parts: Parts, process: Process) -> ProcessShown:
    ended = process.ended
    return ProcessShown(
        pid=None if process in parts.headless else process.pid,
        pid_known=process.known,
        ppid=process.ppid,
        role=parts.processes.get(process, IDLE),
        command=" ".join(process.arguments) or process.path or process.comm or None,
        user=user_of(process.uid),
        session=process.session,
        started_ns=process.started_ns,
        ended_ns=ended.time_ns if ended else None,
        exit=process.exit,
        threads=_threads(parts, (one for one in process.threads if one not in parts.doubtful)),
        evidence=_evidence(parts, process),
    )


def _apart(parts: Parts) -> tuple[ProcessShown, ...]:
    """Return the threads of which it is not known whose they are, as if of one process without a number."""
    threads = [one for process in parts.lives.processes for one in process.threads if one in parts.doubtful]
    if not threads:
        return ()
    shown = _shown(parts, Process(None, threads=threads))
    return (replace(shown, threads=_threads(parts, threads)),)


def user_of(uid: int | None) -> str | None:
    """Return how a user is shown: only the name of 0 is the same on every machine (credentials(7))."""
    return None if uid is None else "root" if uid == 0 else str(uid)


def _threads(parts: Parts, threads: Iterable[Thread]) -> tuple[ThreadShown, ...]:
    return tuple(_thread(parts, thread) for thread in sorted(threads, key=lambda thread: thread.tid or 0))


def _thread(parts: Parts, thread: Thread) -> ThreadShown:
    return ThreadShown(
        tid=thread.tid,
        role=parts.threads[thread],
        name=thread.name or None,
        started_ns=thread.started_ns,
        ended_ns=thread.ended_ns,
        exit=thread.how or None,
        pid_known=thread.known,
        traced=thread.first is not None,
    )


def _evidence(parts: Parts, process: Process) -> tuple[Evidence, ...]:
    """Return what made a process, the calls in which its part shows, and its end."""
    rows = [process.made, *process.execs[-1:]]
    for task in parts.doing(process):
        if parts.processes.get(process) in SERVING:
            rows += [task.tried, task.word]
        else:
            rows.append(task.parent)
    shown = [row for row in rows if row is not None][:EVIDENCE_LIMIT]
    ended = process.ended
    return tuple(evidence(row) for row in [*shown, *([ended] if ended else [])])
