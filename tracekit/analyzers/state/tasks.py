"""The pass that finds every process and thread: a small function a family of calls, and their table."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tracekit.analyzers.state import arguments, task_calls
from tracekit.analyzers.state.arguments import argument, number
from tracekit.analyzers.state.forks import task_made
from tracekit.analyzers.state.killed import gather
from tracekit.analyzers.state.lifetimes import Lifetimes, Process, Reap, Sent, Thread
from tracekit.analyzers.state.task_rows import LIVING, chosen, foreign
from tracekit.analyzers.state.waits import child_of
from tracekit.events import Array, Row, String, Trace, symbols, without_collection

_last: tuple[Trace, Lifetimes] | None = None


def lifetimes(trace: Trace) -> Lifetimes:
    """Return every process and thread of a trace; the last result is kept, for several analyzers."""
    global _last  # noqa: PLW0603  # a cache of one
    if _last is None or _last[0] is not trace:
        with without_collection():
            _last = (trace, _walked(trace))
    return _last[1]


@dataclass(slots=True)
class Walk:
    """The pass, and where it has come to.

    Attributes:
        ordered: False where the calls of several tasks have no order.
        living: the present thread of each number.
        present: the present process of each number.
        unclear: calls that made a thread or a process, which is not shown, and who called, by its number.
    """

    found: Lifetimes
    ordered: bool
    living: dict[int | None, Thread] = field(default_factory=dict)
    present: dict[int | None, Process] = field(default_factory=dict)
    unclear: dict[int | None, tuple[Row, Thread]] = field(default_factory=dict)

    def process(self, pid: int | None, *, over: bool = False) -> Process:
        """Return the present process of a number, or its last one; a new one where there is none."""
        process = self.present.get(pid)
        if process is None and over:
            process = next((one for one in reversed(self.found.processes) if one.pid == pid), None)
        if process is None:
            process = self.present[pid] = Process(pid)
            self.found.processes.append(process)
        return process

    def begin(self, tid: int | None, process: Process, seq: int) -> Thread:
        """Return a new thread."""
        thread = self.living[tid] = Thread(tid, process, seq)
        process.threads.append(thread)
        self.found.threads.setdefault(tid, []).append(thread)
        return thread

    def thread(self, row: Row) -> Thread:
        """Return the thread that an event is of."""
        thread = self.living.get(row.tid)
        if thread is None:
            thread = self.begin(row.tid, self.process(_process_of(row), over=row.kind == "exit"), row.seq)
            thread.known = row.pid_known
            thread.made, thread.maker = self.unclear.pop(row.tid, (None, None))
        thread.first = thread.first or row
        return thread

    def end(self, thread: Thread, row: Row, how: str) -> None:
        """Note the end of a thread, and of its process with its last one."""
        thread.ended, thread.how = row, how
        if self.living.get(thread.tid) is thread:
            del self.living[thread.tid]
        process = thread.process
        if all(one.ended for one in process.threads) and self.present.get(process.pid) is process:
            del self.present[process.pid]


def _process_of(row: Row) -> int | None:
    """Return the process of a task's first event; of one inferred that is younger than the task, the task."""
    if row.pid_known or row.pid is None or row.tid is None:
        return row.pid
    return min(row.pid, row.tid)


def _walked(trace: Trace) -> Lifetimes:
    """Take the events that tell of tasks, in order."""
    telling, lasts = chosen(trace)
    walk = Walk(Lifetimes(foreign=foreign(trace)), trace.ordered)
    for row in replace(trace, events=trace.events[telling]).rows():
        if row.kind == "note":
            if row.name == "process":
                _note(walk, row)
        elif row.kind in LIVING:
            _living(walk, row)
    for row in replace(trace, events=trace.events.iloc[lasts]).rows():
        thread = walk.found.at(row.tid, row.seq)
        if thread is not None:
            thread.last = row
    _finish(walk)
    return walk.found


def _finish(walk: Walk) -> None:
    """Take what is only known at the end: what waits said, and ends that have no line of their own."""
    for reap in walk.found.reaps:
        _reaped(walk, reap)
    for thread in list(walk.living.values()):
        if exiting := thread.process.exiting:
            walk.end(thread, exiting, f"exited with {number(argument(exiting, 0))}")
    gather(walk.found)


def _note(walk: Walk, row: Row) -> None:
    """Take over what a note of tracekit's tracer says about a process."""
    said: dict[str, Any] = json.loads(row.args or "{}")
    pid = said.get("pid")
    if type(pid) is not int:
        return
    process = walk.process(pid)
    if not process.threads:
        walk.begin(pid, process, row.seq)
    words, uid, ppid = said.get("cmdline"), said.get("uid"), said.get("ppid")
    process.arguments = tuple(map(str, words)) if isinstance(words, list) and words else process.arguments
    process.path = process.path or str(said.get("exe") or "")
    process.comm = str(said.get("comm") or process.comm)
    process.uid = uid if type(uid) is int else process.uid
    if process.ppid is None and type(ppid) is int:
        process.ppid = ppid
    for tid in said.get("tids") or ():
        if type(tid) is int and tid not in walk.living:
            walk.begin(tid, process, row.seq)


def _living(walk: Walk, row: Row) -> None:
    """Take an event of a task itself."""
    thread = walk.thread(row)
    if row.kind == "exit":
        walk.end(thread, row, f"exited with {row.ret}" if row.name == "exited" else row.ret_text or "killed")
    elif row.kind == "signal":
        walk.found.signals.append((row, thread))
        thread.handles = row
    elif row.kind == "exec":
        taker = walk.living.get(int(row.args)) if row.args and row.args.isdecimal() else None
        if taker is not None and taker is not thread:
            walk.end(taker, row, f"became {row.tid} by execve")
    elif row.kind == "syscall" and row.name in DOING:
        DOING[row.name](walk, row, thread)


def _forks(walk: Walk, row: Row, thread: Thread) -> None:
    """fork, vfork, clone, clone3: a new thread, or a process of one."""
    child = task_made(row, foreign=walk.found.foreign)
    if child is None:
        return
    flags, maker, living = arguments.flags_of(row), thread.process, walk.living.get(child)
    if flags is None:
        if living is None:
            walk.unclear[child] = row, thread
        elif living.made is None:
            living.made, living.maker = row, thread
        return
    if living is not None and living.made is None and (not row.complete or not walk.ordered):
        new = living  # the fork's first half is not in the log, or the files have no order
    else:
        if living is not None:
            walk.end(living, row, "")
        process = maker if "CLONE_THREAD" in flags else walk.process(child)
        new = walk.begin(child, process, row.seq)
    new.made, new.maker = row, thread
    if new.process is not maker:
        made = new.process
        made.ppid = maker.ppid if "CLONE_PARENT" in flags else maker.pid
        made.arguments = made.arguments or maker.arguments
        made.path, made.comm = made.path or maker.path, made.comm or thread.name or maker.comm
        made.uid, made.session = (maker.uid if made.uid is None else made.uid), maker.session


def _execs(walk: Walk, row: Row, thread: Thread) -> None:
    """execve: another program; all other threads of the process end (execve(2))."""
    if row.ret != 0:
        return
    process = thread.process
    process.execs.append(row)
    for other in process.threads:
        if other is not thread and other.ended is None and other.born < row.seq:
            walk.end(other, row, "ended by execve")
    shift = 1 if row.name == "execveat" else 0
    process.path = arguments.path(argument(row, shift)) or process.path
    words = argument(row, shift + 1)
    if isinstance(words, Array):
        process.arguments = tuple(_word(word) for word in words.items)
    process.comm = process.path.rpartition("/")[2][:15]
    thread.name = ""


def _word(value: object) -> str:
    """Return one word of a command line; ``...`` where the log cuts it."""
    if not isinstance(value, String):
        return "..."
    return value.data.decode("utf-8", "surrogateescape") + ("..." if value.cut else "")


def _exits(_walk: Walk, row: Row, thread: Thread) -> None:
    """exit_group: the end of the process, should its own lines not be in the log."""
    if row.name == "exit_group":
        thread.process.exiting = row


def _waits(walk: Walk, row: Row, thread: Thread) -> None:
    """wait4, waitid: a child has ended."""
    told = child_of(row)
    if told is not None and not walk.found.foreign:
        walk.found.reaps.append(Reap(row, thread, *told))


def _reaped(walk: Walk, reap: Reap) -> None:
    """Take what a wait said of a child's end: it may have begun long before, so the whole trace is known."""
    same = [process for process in walk.found.processes if process.pid == reap.child]
    process = next((process for process in same if process.reaped is None), None)
    if process is None:
        process = walk.process(reap.child)
        walk.begin(reap.child, process, reap.row.seq)
    process.ppid = reap.by.process.pid if process.ppid is None else process.ppid
    process.reaped, process.status = reap.row, reap.status
    for one in process.threads:
        if one.ended is None:
            walk.end(one, reap.row, reap.status)
        one.how = one.how or reap.status


def _asks(walk: Walk, row: Row, thread: Thread) -> None:
    """A task asks who its parent is (getppid)."""
    process = thread.process
    if row.ret and row.ret not in (0, process.pid) and process.ppid is None and not walk.found.foreign:
        process.ppid = row.ret


def _names(_walk: Walk, row: Row, thread: Thread) -> None:
    """prctl(PR_SET_NAME)."""
    name = argument(row, 1)
    if "PR_SET_NAME" in symbols(argument(row, 0)) and isinstance(name, String):
        thread.name = name.data.decode("utf-8", "surrogateescape")


def _becomes(_walk: Walk, row: Row, thread: Thread) -> None:
    """The calls setuid, setreuid, setresuid: the effective user, of the whole process (nptl(7))."""
    place = 0 if (row.name or "").startswith("setuid") else 1
    uid = number(argument(row, place))
    if row.ret == 0 and uid is not None and 0 <= uid < (1 << 32) - 1:
        thread.process.uid = uid


def _session(_walk: Walk, row: Row, thread: Thread) -> None:
    """setsid: a session without a terminal."""
    if row.ret and row.ret > 0:
        thread.process.session = row.ret


def _sends(walk: Walk, row: Row, thread: Thread) -> None:
    """kill, tgkill: to whom, and what."""
    at = 1 if (row.name or "") in ("tgkill", "rt_tgsigqueueinfo") else 0
    target, signals = number(argument(row, at)), symbols(argument(row, at + 1))
    if row.ret == 0 and target is not None and signals:
        walk.found.sent.append(Sent(row, thread, target, next(iter(signals)), thread.handles))


def _returns(_walk: Walk, _row: Row, thread: Thread) -> None:
    """The call rt_sigreturn: a handler has ended."""
    thread.handles = None


Doing = Callable[[Walk, Row, Thread], None]
_BY_MEANING: Final[dict[str, Doing]] = {
    "forks": _forks,
    "execs": _execs,
    "exits": _exits,
    "wait for children": _waits,
    "ask for the parent": _asks,
    "name itself": _names,
    "become a user": _becomes,
    "begin a session": _session,
    "return from a handler": _returns,
    "send a signal": _sends,
}
DOING: Final[dict[str, Doing]] = {
    call: _BY_MEANING[meaning] for call, meaning in task_calls.meanings().items() if meaning in _BY_MEANING
}
"""What each call tells of tasks."""
