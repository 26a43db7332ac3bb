"""Threads that a signal ended together: they are of one process, whatever was inferred of them before.

A signal that ends one thread ends all of its process, and none of another (signal(7)); ptrace(2) reports the
end of the thread that leads it last. Which one that is, the parent is told: by SIGCHLD and by wait(2).
"""

import re
from typing import Final

from tracekit.analyzers.state.lifetimes import Lifetimes, Process, Thread
from tracekit.events import Row

TOGETHER_NS: Final = 1_000_000_000
"""Threads of one process end within this time."""
KILLED: Final = "killed by "
CHILD: Final = re.compile(r"si_code=CLD_(?:KILLED|DUMPED), si_pid=(\d+)")


def gather(lives: Lifetimes) -> None:
    """Put threads that ended with a process into it, where it was only inferred of which one they are."""
    if lives.foreign:
        return
    told = {reap.child for reap in lives.reaps if reap.status.startswith(KILLED)}
    told |= {int(found[1]) for row, _ in lives.signals if (found := CHILD.search(row.args or ""))}
    ended = [pair for threads in lives.threads.values() for one in threads if (pair := _killed(one))]
    ended.sort(key=lambda pair: pair[0].seq)
    before: list[tuple[Row, Thread]] = []
    for row, thread in ended:
        if thread.tid not in told:
            before.append((row, thread))
            continue
        if thread.is_main:
            for other, stray in before:
                same = stray.process.pid == thread.tid
                if stray.how == thread.how and (same or not stray.known) and _near(other, row):
                    _move(stray, thread.process, whole=same)
            _outlived(lives, thread)
            thread.known = True
        before = []
    lives.processes[:] = [process for process in lives.processes if process.threads]


def _killed(thread: Thread) -> tuple[Row, Thread] | None:
    """Return the line that says that a signal ended a thread, if there is one."""
    row = thread.ended
    return (row, thread) if row is not None and row.kind == "exit" and thread.how.startswith(KILLED) else None


def _near(row: Row, last: Row) -> bool:
    return row.time_ns is None or last.time_ns is None or last.time_ns - row.time_ns < TOGETHER_NS


def _outlived(lives: Lifetimes, main: Thread) -> None:
    """Take threads that outlived the process that was inferred for them out of it: whose they are is open."""
    ended = main.ended
    left = [
        thread
        for thread in main.process.threads
        if not thread.known
        and ended is not None
        and (thread.ended is None or thread.ended.seq > ended.seq)
        and (thread.last is None or thread.last.seq > ended.seq)
    ]
    if left:
        other = Process(min(thread.tid for thread in left if thread.tid is not None))
        lives.processes.append(other)
        for thread in left:
            _move(thread, other)


def _move(thread: Thread, process: Process, *, whole: bool = False) -> None:
    """Move a thread to another process; to the ``whole`` of its own with what its parent said of that."""
    before = thread.process
    if before is process:
        return
    before.threads.remove(thread)
    process.threads.append(thread)
    thread.process = process
    if whole:
        process.ppid = before.ppid if process.ppid is None else process.ppid
        process.reaped, process.status = process.reaped or before.reaped, process.status or before.status
