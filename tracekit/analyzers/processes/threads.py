"""Which part each thread of a process that serves has; a small function for each sign, and their order."""

from collections.abc import Callable
from typing import Final

from tracekit.analyzers.processes.parts import IDLE, LISTENER, MAIN, POOL, STARTER, UNKNOWN, WORKER, Signs
from tracekit.analyzers.state.lifetimes import Thread
from tracekit.analyzers.state.watching import FUTEX
from tracekit.events import Trace

TWO_WORDS: Final = ~7
"""The two words of glibc's condition variable that its waiters take turns with stand side by side."""


def part_of_thread(signs: Signs, thread: Thread) -> str:
    """Return the part of a thread of a process that serves: the first that fits."""
    return next((part for part, fits in OF_THREADS if fits(signs, thread)), UNKNOWN)


def _gives_away(signs: Signs, thread: Thread) -> bool:
    """Others serve most of what it accepts."""
    task = signs.parts.tasks.get(thread)
    return task in signs.passes and (task not in signs.serves or task.served <= task.taken // 2)


def _serves(signs: Signs, thread: Thread) -> bool:
    return signs.parts.tasks.get(thread) in signs.serves


def _accepts_for_others(signs: Signs, thread: Thread) -> bool:
    """It accepts, and has others beside it that do not: those it would wake."""
    others = [other for other in thread.process.threads if other is not thread]
    tasks = [task for other in others if (task := signs.parts.tasks.get(other)) is not None]
    idle = any(not task.tried and (task in signs.serves or not task.word) for task in tasks)
    return _accepts(signs, thread) and idle


def _accepts(signs: Signs, thread: Thread) -> bool:
    task = signs.parts.tasks.get(thread)
    return task is not None and task.tried is not None


def _awaits_a_word(signs: Signs, thread: Thread) -> bool:
    """It waits for a word of the parent, as the main thread of httpd's threaded children does."""
    task = signs.parts.tasks.get(thread)
    return thread.is_main and task is not None and task.word is not None


def _makes_threads(_signs: Signs, thread: Thread) -> bool:
    return not thread.is_main and any(other.maker is thread for other in thread.process.threads)


def _waits_for_clients(signs: Signs, thread: Thread) -> bool:
    task = signs.parts.tasks.get(thread)
    return task is not None and (task.lock is not None or (bool(task.queues) and not thread.is_main))


def _opens_files(signs: Signs, thread: Thread) -> bool:
    return thread.tid in signs.opens and not thread.is_main


def _waits_like_workers(signs: Signs, thread: Thread) -> bool:
    """Tell whether a thread that served nobody yet waits where those that serve do.

    That is on the same condition variable, or in a thread that the maker of the others made, too.
    """
    places = signs.waits.get(thread.tid)
    if not places:
        return False
    for other in thread.process.threads:
        task = signs.parts.tasks.get(other)
        if task is None or other is thread:
            continue
        if task in signs.serves and places & signs.waits.get(other.tid, set()):
            return True
        if thread.maker is not None and other.maker is thread.maker and (task in signs.serves or task.tried):
            return True
    return False


def waits_of(trace: Trace) -> dict[int | None, set[int]]:
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


OF_THREADS: Final[tuple[tuple[str, Callable[[Signs, Thread], bool]], ...]] = (
    (LISTENER, _gives_away),
    (WORKER, _serves),
    (LISTENER, _accepts_for_others),
    (WORKER, _accepts),
    (MAIN, _awaits_a_word),
    (STARTER, _makes_threads),
    (LISTENER, _waits_for_clients),
    (POOL, _opens_files),
    (WORKER, _waits_like_workers),
    (MAIN, lambda _signs, thread: thread.is_main),
    (IDLE, lambda _signs, thread: thread.last is not None),
)
"""The parts of threads, and what shows each; the first that fits counts."""
