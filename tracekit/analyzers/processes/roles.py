"""Which part each process and thread of a server has, from what it was seen doing; never from its name."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from tracekit.analyzers.state.lifetimes import Lifetimes, Process, Thread
from tracekit.analyzers.state.observe import observe
from tracekit.analyzers.state.service import Task
from tracekit.analyzers.state.state import State
from tracekit.analyzers.state.tasks import lifetimes
from tracekit.analyzers.state.watching import FUTEX
from tracekit.events import Trace

PARENT: Final = "parent"
LISTENER: Final = "listener"
WORKER: Final = "worker"
MAIN: Final = "main"
STARTER: Final = "starter"
POOL: Final = "pool"
LOGGER: Final = "logger"
CGI: Final = "cgi"
PROGRAM: Final = "program"
LAUNCHER: Final = "launcher"
IDLE: Final = "idle"
UNKNOWN: Final = "unknown"

SERVING: Final = frozenset({LISTENER, WORKER})
"""The parts of processes that make out a server, beside its parent."""
TWO_WORDS: Final = ~7
"""The two words of glibc's condition variable that its waiters take turns with stand side by side."""


@dataclass(slots=True)
class Parts:
    """All processes of a trace with the parts that they have.

    Attributes:
        lives: every process and thread.
        tasks: what each thread was seen doing for clients.
        processes: the part of each process.
        threads: the part of each thread.
        headless: those whose number is a guess: their main thread is not seen for certain.
    """

    lives: Lifetimes
    tasks: dict[Thread, Task] = field(default_factory=dict)
    processes: dict[Process, str] = field(default_factory=dict)
    threads: dict[Thread, str] = field(default_factory=dict)
    headless: set[Process] = field(default_factory=set)

    @property
    def serving(self) -> list[Process]:
        """The processes that accept or serve, or are about to: the server without its parent."""
        return [process for process, part in self.processes.items() if part in SERVING]

    @property
    def parents(self) -> list[Process]:
        """The processes that manage them."""
        return [process for process, part in self.processes.items() if part == PARENT]

    def doing(self, process: Process) -> Iterable[Task]:
        """Yield what the threads of a process were seen doing."""
        return (self.tasks[thread] for thread in process.threads if thread in self.tasks)


@dataclass(slots=True)
class Roles:
    """The look at all of them.

    Attributes:
        serves: the tasks that read from or wrote to clients.
        passes: the tasks whose connections others serve.
        across: those of them that others' processes serve.
        opens: the tasks that opened files.
        waits: the condition variables that each task waits on.
    """

    parts: Parts
    serves: set[Task]
    passes: set[Task]
    across: set[Task]
    opens: set[int | None]
    waits: dict[int | None, set[int]]


def parts_of(trace: Trace) -> Parts:
    """Return the part of each process and thread of a trace."""
    state, lives = observe(trace), lifetimes(trace)
    parts = Parts(lives)
    for task in state.service.tasks:
        thread = lives.at(task.tid, task.first.seq)
        if thread is not None:
            parts.tasks.setdefault(thread, task)
    look = _look(parts, state, _waits(trace))
    for process in lives.processes:
        parts.processes[process] = _serving(look, process)
    for process in lives.processes:
        parts.processes[process] = parts.processes[process] or _managing(look, process)
    for process in lives.processes:
        parts.processes[process] = parts.processes[process] or _beside(look, process, trace)
    for process, part in parts.processes.items():
        for thread in process.threads:
            parts.threads[thread] = _of_thread(look, thread) if part in SERVING else part
    parts.headless = _headless(look, trace)
    return parts


def _headless(look: Roles, trace: Trace) -> set[Process]:
    """Return the processes that the log does not state, and whose main thread is not seen for certain.

    A task alone may be a thread of a process of which nothing else is seen, where there are threads at all,
    or where that could not be seen: not even close was traced.
    """
    lives = look.parts.lives
    threaded = any(look.waits.values()) or any(len(process.threads) > 1 for process in lives.processes)
    unclear = threaded or not (trace.events["name"] == "close").any()
    doubtful = [process for process in lives.processes if not process.known]
    return {process for process in doubtful if unclear and not _has_main(look, process)}


def _has_main(look: Roles, process: Process) -> bool:
    """Tell whether the main thread of a process does what only such a thread does."""
    task = look.parts.tasks.get(process.main) if process.main else None
    if task is None:
        return False
    accepts = task.tried and (task in look.serves or len(process.threads) > 1)
    return bool(accepts or task.parent or task.word or task.asks_parent or process.reaped)


def _look(parts: Parts, state: State, waits: dict[int | None, set[int]]) -> Roles:
    look = Roles(parts, set(), set(), set(), {opening.row.tid for opening in state.openings}, waits)
    for care in state.service.cares.values():
        if care.taker is None and not care.connection.requests:
            continue
        look.serves |= {*care.readers, *care.writers}
        if care.taker is not None and care.server is not None and care.server is not care.taker:
            look.passes.add(care.taker)
            if care.server.pid != care.taker.pid:
                look.across.add(care.taker)
    return look


def _serving(look: Roles, process: Process) -> str:
    """Return the part of a process that works for clients; nothing where none is seen."""
    tasks = list(look.parts.doing(process))
    if any(task in look.serves for task in tasks):
        return WORKER
    if any(task in look.across for task in tasks):
        return LISTENER
    if any(task.tried and not _is_local(task) for task in tasks):
        return WORKER
    main = process.main
    told = look.parts.tasks.get(main) if main else None
    if len(process.threads) > 2 and told is not None and told.word:
        return WORKER  # a child of threads whose main thread waits for a word of its parent
    return WORKER if any(task.lock and task.queues for task in tasks) else ""


def _is_local(task: Task) -> bool:
    """Tell whether a task accepts from other programs of its machine alone, as httpd's CGI daemon does."""
    return bool(task.listeners) and all(name.startswith("unix:") for name in task.listeners)


def _managing(look: Roles, process: Process) -> str:
    """Return the part of a process that makes others or waits for them; nothing where it does neither."""
    children = list(look.parts.lives.children(process))
    serving = [child for child in children if look.parts.processes[child] in SERVING]
    own = [child for child in serving if not child.execs]
    if own or len(serving) > 1:
        return PARENT
    tasks = list(look.parts.doing(process))
    if serving:
        return LAUNCHER
    if any(_leads_to(look, child) for child in children):
        return LAUNCHER
    waits = any(task.parent for task in tasks)
    others = any(part in SERVING for part in look.parts.processes.values())
    return PARENT if waits and others and not children and _was_there(process) else ""


def _leads_to(look: Roles, process: Process, depth: int = 8) -> bool:
    """Tell whether a process made a server, itself or through others."""
    return depth > 0 and any(
        look.parts.processes[child] in SERVING or _leads_to(look, child, depth - 1)
        for child in look.parts.lives.children(process)
    )


def _was_there(process: Process) -> bool:
    return process.made is None and not process.execs


def _beside(look: Roles, process: Process, trace: Trace) -> str:
    """Return the part of a process that has none in serving: what it was made for."""
    parts = look.parts.processes
    maker = process.maker
    by = parts.get(maker.process, "") if maker is not None else ""
    if any(task.tried for task in look.parts.doing(process)):
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


def _of_thread(look: Roles, thread: Thread) -> str:
    """Return the part of a thread of a process that serves: the first that fits."""
    return next((part for part, fits in OF_THREADS if fits(look, thread)), UNKNOWN)


def _gives_away(look: Roles, thread: Thread) -> bool:
    """Others serve most of what it accepts."""
    task = look.parts.tasks.get(thread)
    return task in look.passes and (task not in look.serves or task.served <= task.taken // 2)


def _serves(look: Roles, thread: Thread) -> bool:
    return look.parts.tasks.get(thread) in look.serves


def _accepts_for_others(look: Roles, thread: Thread) -> bool:
    """It accepts, and has others beside it that do not: those it would wake."""
    others = [other for other in thread.process.threads if other is not thread]
    tasks = [task for other in others if (task := look.parts.tasks.get(other)) is not None]
    idle = any(not task.tried and (task in look.serves or not task.word) for task in tasks)
    return _accepts(look, thread) and idle


def _accepts(look: Roles, thread: Thread) -> bool:
    task = look.parts.tasks.get(thread)
    return task is not None and task.tried is not None


def _awaits_a_word(look: Roles, thread: Thread) -> bool:
    """It waits for a word of the parent, as the main thread of httpd's threaded children does."""
    task = look.parts.tasks.get(thread)
    return thread.is_main and task is not None and task.word is not None


def _makes_threads(_look: Roles, thread: Thread) -> bool:
    return not thread.is_main and any(other.maker is thread for other in thread.process.threads)


def _waits_for_clients(look: Roles, thread: Thread) -> bool:
    task = look.parts.tasks.get(thread)
    return task is not None and (task.lock is not None or (bool(task.queues) and not thread.is_main))


def _opens_files(look: Roles, thread: Thread) -> bool:
    return thread.tid in look.opens and not thread.is_main


def _waits_like_workers(look: Roles, thread: Thread) -> bool:
    """Tell whether a thread that served nobody yet waits where those that serve do.

    That is on the same condition variable, or in a thread that the maker of the others made, too.
    """
    places = look.waits.get(thread.tid)
    if not places:
        return False
    for other in thread.process.threads:
        task = look.parts.tasks.get(other)
        if task is None or other is thread:
            continue
        if task in look.serves and places & look.waits.get(other.tid, set()):
            return True
        if thread.maker is not None and other.maker is thread.maker and (task in look.serves or task.tried):
            return True
    return False


def _waits(trace: Trace) -> dict[int | None, set[int]]:
    """Return the condition variables that each task waits on without a limit of time.

    A wait while the word is 2 is one for a mutex (nptl's lowlevellock.h), which any thread may want.
    """
    events = trace.events
    calls = events[events["name"].isin(FUTEX)]
    args = calls["args"].fillna("")
    waits = args.str.contains(r"FUTEX_WAIT.*, [013-9]\d*, NULL", regex=True)
    found: dict[int | None, set[int]] = {}
    for tid, text in {*zip(calls["tid"][waits].fillna(0), args[waits], strict=True)}:
        word = text.partition(",")[0]
        if word.startswith("0x"):
            found.setdefault(int(tid) or None, set()).add(int(word, 16) & TWO_WORDS)
    return found


OF_THREADS: Final[tuple[tuple[str, Callable[[Roles, Thread], bool]], ...]] = (
    (LISTENER, _gives_away),
    (WORKER, _serves),
    (LISTENER, _accepts_for_others),
    (WORKER, _accepts),
    (MAIN, _awaits_a_word),
    (STARTER, _makes_threads),
    (LISTENER, _waits_for_clients),
    (POOL, _opens_files),
    (WORKER, _waits_like_workers),
    (MAIN, lambda _look, thread: thread.is_main),
    (IDLE, lambda _look, thread: thread.last is not None),
)
"""The parts of threads, and what shows each; the first that fits counts."""
