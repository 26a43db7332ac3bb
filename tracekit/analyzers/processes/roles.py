"""Which part each process of a server has, from what it was seen doing; never from its name."""

from typing import Final

from tracekit.analyzers.gaps.calls import WAITING
from tracekit.analyzers.gaps.select import names_in
from tracekit.analyzers.processes.parts import (
    CGI,
    IDLE,
    LAUNCHER,
    LISTENER,
    LOGGER,
    PARENT,
    PROGRAM,
    SERVING,
    UNKNOWN,
    WORKER,
    Parts,
    Signs,
)
from tracekit.analyzers.processes.threads import part_of_thread, waits_of
from tracekit.analyzers.state.lifetimes import Process, Thread
from tracekit.analyzers.state.observe import observe
from tracekit.analyzers.state.service import Task
from tracekit.analyzers.state.state import State
from tracekit.analyzers.state.tasks import lifetimes
from tracekit.events import Row, Trace
from tracekit.syscalls.families import names_of

OF_THREADS: Final = names_of("clone", "clone3", "mprotect", "rt_sigprocmask", "set_robust_list")
"""Calls that threads make which begin, and that no class of calls on descriptors, files or networks has."""
STILL: Final = names_of("pause", "futex", "futex_time64")
"""What a main thread waits in that has left everything to its threads; a parent looks after its children."""


def parts_of(trace: Trace) -> Parts:
    """Return the part of each process and thread of a trace."""
    state, lives = observe(trace), lifetimes(trace)
    parts = Parts(lives)
    for task in state.service.tasks:
        thread = lives.at(task.tid, task.first.seq)
        if thread is not None:
            parts.tasks.setdefault(thread, task)
    signs = _signs(parts, state, waits_of(trace))
    for process in lives.processes:
        parts.processes[process] = _serving(signs, process)
    for process in lives.processes:
        parts.processes[process] = parts.processes[process] or _managing(signs, process)
    serving, locks = parts.serving, _locks(parts)
    for process in lives.processes:
        if not parts.processes[process] and _stands_by(parts, process, serving, locks):
            parts.processes[process] = WORKER
    for process in lives.processes:
        parts.processes[process] = parts.processes[process] or _beside(signs, process, trace)
    for process, part in parts.processes.items():
        for thread in process.threads:
            parts.threads[thread] = part_of_thread(signs, thread) if part in SERVING else part
    parts.headless = _headless(signs, trace)
    parts.doubtful = _doubtful(signs)
    return parts


def _doubtful(signs: Signs) -> set[Thread]:
    """Return the threads whose process was inferred from no more than the order of first lines.

    Who serves is known by the connection, and who accepts by whom it wakes. Who only waits is not: the
    addresses are the same in all children of a parent.
    """
    lives = signs.parts.lives
    unsure = [
        process for process in lives.processes if not process.known and process not in signs.parts.headless
    ]
    if len(unsure) + len(signs.parts.headless) < 2:
        return set()
    return {
        thread
        for process in unsure
        for thread in process.threads
        if not (thread.known or thread.is_main or thread.made)
        and not _works(signs, signs.parts.tasks.get(thread))
    }


def _works(signs: Signs, task: Task | None) -> bool:
    return task is not None and (task in signs.serves or task.tried is not None)


def _headless(signs: Signs, trace: Trace) -> set[Process]:
    """Return the processes that the log does not state, and whose main thread is not seen for certain.

    A task alone may be a thread of a process of which nothing else is seen, where there are threads at all,
    or where that could not be seen: not even close was traced, or no call that waits.
    """
    lives = signs.parts.lives
    threaded = any(signs.waits.values()) or any(len(process.threads) > 1 for process in lives.processes)
    names = names_in(trace)
    unclear = threaded or "close" not in names or not names & (WAITING | OF_THREADS)
    doubtful = [process for process in lives.processes if not process.known]
    still = _still(signs, doubtful, trace)
    unclear = unclear or bool(still)
    return {process for process in doubtful if unclear and not _has_main(signs, process, still)}


def _still(signs: Signs, doubtful: list[Process], trace: Trace) -> int | None:
    """Return the lowest number of a task that only waits for its end, as a main thread may do.

    Where waits of threads were left out (-e), any task that has no line may: 0.
    """
    if not names_in(trace) & (STILL | OF_THREADS):
        return 0
    lone = [one for one in doubtful if len(one.threads) == 1 and signs.parts.processes[one] == IDLE]
    tids = [thread.tid for one in lone for thread in one.threads]
    rows = trace.events[trace.events["tid"].isin(tids)] if tids else trace.events[:0]
    called = rows.groupby("tid")["name"].agg(set)
    return min((tid for tid in tids if tid is not None and called.get(tid, set()) <= STILL), default=None)


def _has_main(signs: Signs, process: Process, still: int | None) -> bool:
    """Tell whether the main thread of a process does what only such a thread does.

    Who accepts is the main thread, or has none beside it, where no other task can be it.
    """
    if process.reaped or (process.main and process.main.known and process.main.ended):
        return True
    task = signs.parts.tasks.get(process.main) if process.main else None
    if task is None:
        return False
    several = len(process.threads) > 1
    other = still is not None and task.tid is not None and still < task.tid and (several or still > 0)
    accepts = task.tried and not other and (task in signs.serves or several)
    return bool(accepts or task.parent or task.word or task.asks_parent)


def _signs(parts: Parts, state: State, waits: dict[int | None, set[int]]) -> Signs:
    signs = Signs(parts, set(), set(), set(), {opening.row.tid for opening in state.openings}, waits)
    for care in state.service.cares.values():
        if care.is_local or (care.taker is None and not care.connection.requests):
            continue
        signs.serves |= {*care.readers, *care.writers}
        if care.taker is not None and care.server is not None and care.server is not care.taker:
            signs.passes.add(care.taker)
            if care.server.pid != care.taker.pid:
                signs.across.add(care.taker)
    return signs


def _serving(signs: Signs, process: Process) -> str:
    """Return the part of a process that works for clients; nothing where none is seen."""
    tasks = list(signs.parts.doing(process))
    if any(task in signs.serves for task in tasks):
        return WORKER
    if any(task in signs.across for task in tasks):
        return LISTENER
    if any(task.accepts for task in tasks):
        return WORKER
    main = process.main
    told = signs.parts.tasks.get(main) if main else None
    if len(process.threads) > 2 and told is not None and told.word:
        return WORKER  # a child of threads whose main thread waits for a word of its parent
    return WORKER if any(task.lock and task.queues for task in tasks) else ""


def _locks(parts: Parts) -> set[str]:
    """Return the locks that those that serve take before they accept, by their addresses or numbers."""
    tasks = [task for process in parts.serving for task in parts.doing(process)]
    return {_place(task.lock) for task in tasks if task.lock is not None and task.tried}


def _place(row: Row) -> str:
    return (row.args or "").partition(",")[0]


def _stands_by(parts: Parts, process: Process, serving: list[Process], locks: set[str]) -> bool:
    """Tell whether a process that did nothing for clients is one of those that serve.

    It waits for their lock; or it was there before the trace, and has their parent and their command.
    """
    if any(task.lock is not None and _place(task.lock) in locks for task in parts.doing(process)):
        return True
    own = (process.ppid, process.arguments)
    return (
        _was_there(process)
        and None not in own
        and bool(process.arguments)
        and any((other.ppid, other.arguments) == own and _was_there(other) for other in serving)
    )


def _managing(signs: Signs, process: Process) -> str:
    """Return the part of a process that makes others or waits for them; nothing where it does neither."""
    children = list(signs.parts.lives.children(process))
    serving = [child for child in children if signs.parts.processes[child] in SERVING]
    tasks = list(signs.parts.doing(process))
    waits = any(task.parent for task in tasks)
    own = any(not child.execs for child in serving)
    if len(serving) > 1 or (own and (waits or not _to_background(process, serving[0]))):
        return PARENT
    if serving:
        return LAUNCHER
    if any(_leads_to(signs, child) for child in children):
        return LAUNCHER
    others = any(part in SERVING for part in signs.parts.processes.values())
    return PARENT if waits and others and not children and _was_there(process) else ""


def _to_background(process: Process, child: Process) -> bool:
    """Tell whether a process ended before its child: it only put that into the background (daemon(3))."""
    ended, end = process.ended, child.ended
    return ended is not None and (end is None or end.seq > ended.seq)


def _leads_to(signs: Signs, process: Process, depth: int = 8) -> bool:
    """Tell whether a process made a server, itself or through others."""
    return depth > 0 and any(
        signs.parts.processes[child] in SERVING or _leads_to(signs, child, depth - 1)
        for child in signs.parts.lives.children(process)
    )


def _was_there(process: Process) -> bool:
    return process.made is None and not process.execs


def _beside(signs: Signs, process: Process, trace: Trace) -> str:
    """Return the part of a process that has none in serving: what it was made for."""
    parts = signs.parts.processes
    maker = process.maker
    by = parts.get(maker.process, "") if maker is not None else ""
    if any(task.tried for task in signs.parts.doing(process)):
        return CGI
    if process.execs and maker is not None:
        if by == PARENT:
            return LOGGER if _reads_input(process, trace) else PROGRAM
        return PROGRAM
    rows = [thread.last for thread in process.threads if thread.last]
    return IDLE if rows else UNKNOWN


def _reads_input(process: Process, trace: Trace) -> bool:
    """Tell whether a program lives on what is written to its standard input, as a piped log does."""
    made = trace.events
    reads = made[(made["tid"] == process.pid) & (made["name"] == "read")]["args"]
    return bool(reads.str.startswith(("0,", "0<")).any())
