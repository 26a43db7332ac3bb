"""Tasks that must have been there, since a call of a traced one names them, and have no line in the trace.

What returns or takes the id of a task that is there: clone(2), fork(2), wait(2), kill(2), tgkill(2), the
F_GETLK of fcntl(2), a SIGCHLD (sigaction(2)), and the word that pthread_join waits on, which holds the id
of a thread until the kernel clears it (CLONE_CHILD_CLEARTID in clone(2), the futex of pthread_join in glibc).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from tracekit.analyzers.answer import counted
from tracekit.analyzers.gaps.gap import ALL, MISSING, POSSIBLE, WHO, Gap
from tracekit.analyzers.gaps.select import called, chosen, events_of, note, saying, successes_only
from tracekit.events import Row, Trace
from tracekit.syscalls.families import doing, names_of

FOLLOW: Final = (
    "trace the parent and all that it makes: -f, and -p for each process (tracekit: --tree, --port)"
)
LAST: Final = 20
"""A task that was made so few events before the end may not have come to its first call."""
OFTEN: Final = 3
"""Times that a task asks for its parent before that counts as looking after it."""
OUTER: Final = re.compile(r"/\* (\d+) in strace's PID NS \*/")
JOIN: Final = re.compile(r"0x[0-9a-f]+, FUTEX_WAIT(?:_BITSET)?\|FUTEX_CLOCK_REALTIME, (\d+), NULL")
TARGETS: Final = re.compile(r"(\d+)(?:<[^>]*>)?, (?:(\d+)(?:<[^>]*>)?, )?(?!0$)")
JOINING: Final = "|FUTEX_CLOCK_REALTIME, "
EXECS: Final = frozenset(doing("execs"))
LOOKING: Final = names_of("openat", "open", "readlink", "newfstatat", "stat")
LOCKED: Final = re.compile(r"F_O?F?D?_?GETLK(?:64)?, .*\bl_pid=(\d+)")
CHILD: Final = re.compile(r"\{si_signo=SIGCHLD, si_code=CLD_\w+, si_pid=(\d+)")
WAITED: Final = re.compile(r"si_signo=SIGCHLD, si_code=CLD_\w+, si_pid=(\d+)")
OWN_TASK: Final = re.compile(r'"/proc/(self|thread-self|\d+)/task/(\d+)')
THREADS: Final = re.compile(r"attached with (\d+) threads")


class Mention(NamedTuple):
    """A task that a call names."""

    tid: int
    row: Row


def tids_of(trace: Trace) -> list[int]:
    """Return every task of which there is a line, in ascending order."""
    return sorted(trace.events["tid"].dropna().unique().tolist())


def tasks_missing(trace: Trace) -> Iterator[Gap]:
    """Yield what shows that there were tasks which were not traced."""
    traced = set(tids_of(trace))
    if not traced:
        yield from _alone(trace)
    elif _other_namespace(trace):
        yield Gap(
            "tasks",
            POSSIBLE,
            "tasks have other ids inside their PID namespace, so those that calls name cannot be looked for",
            None,
            WHO,
            "let strace translate them: --decode-pids=pidns",
        )
    else:
        yield from _named(trace, traced)
    yield from _refused(trace, traced)


def _alone(trace: Trace) -> Iterator[Gap]:
    """A log of one task (no -f): its children are all missing."""
    made = [row for row in called(trace, doing("forks")) if (row.ret or 0) > 0]
    if made:
        tids = tuple(dict.fromkeys(row.ret for row in made if row.ret is not None))
        what = MADE.say(len(tids))
        yield Gap("tasks", MISSING, what, len(tids), ALL, FOLLOW, tuple(made), tids)


def _other_namespace(trace: Trace) -> bool:
    own = [row for row in called(trace, names_of("gettid", "set_tid_address")) if row.ret is not None]
    return any(row.ret != row.tid and not OUTER.search(row.ret_text or "") for row in own)


def _named(trace: Trace, traced: set[int]) -> Iterator[Gap]:
    found: set[int] = set()
    for naming in MENTIONS:
        new = {one.tid: one.row for one in naming.find(trace) if one.tid not in traced | found}
        if not new:
            continue
        found |= new.keys()
        late = len(trace.events) - LAST
        loss = POSSIBLE if naming is MADE and all(row.seq >= late for row in new.values()) else MISSING
        what = naming.say(len(new))
        yield Gap("tasks", loss, what, len(new), ALL, FOLLOW, tuple(new.values()), tuple(new))


def _children(trace: Trace) -> Iterator[Mention]:
    for row in called(trace, doing("forks")):
        if row.ret is not None and row.ret > 0:
            outer = OUTER.search(row.ret_text or "")
            yield Mention(int(outer[1]) if outer else row.ret, row)


def _waited(trace: Trace) -> Iterator[Mention]:
    for row in called(trace, names_of("wait4", "waitpid")):
        if row.ret is not None and row.ret > 0:
            yield Mention(row.ret, row)
    yield from _searched(called(trace, {"waitid"}), WAITED)
    yield from _searched(events_of(trace, "signal", "SIGCHLD"), CHILD)


def _signalled(trace: Trace) -> Iterator[Mention]:
    for row in called(trace, ("kill", "tgkill", "tkill")):
        found = TARGETS.match(row.args or "")
        if row.ret == 0 and found:
            yield from (Mention(int(tid), row) for tid in found.groups() if tid and int(tid) > 0)


def _joined(trace: Trace) -> Iterator[Mention]:
    for row in chosen(trace, saying(trace, names_of("futex"), JOINING)):
        found = JOIN.match(row.args or "")
        if found and row.tid is not None and row.tid < int(found[1]) < 1 << 22:
            yield Mention(int(found[1]), row)


def _locking(trace: Trace) -> Iterator[Mention]:
    rows = [row for row in chosen(trace, saying(trace, names_of("fcntl"), "l_pid=")) if row.ret == 0]
    yield from (one for one in _searched(rows, LOCKED) if one.tid > 0)


def _listed(trace: Trace) -> Iterator[Mention]:
    """Threads that a process looks up below its own folder of /proc."""
    for row in chosen(trace, saying(trace, LOOKING, '"/proc/')):
        found = OWN_TASK.search(row.args or "")
        if (
            found
            and row.ret is not None
            and row.ret >= 0
            and found[1] in ("self", "thread-self", str(row.pid))
        ):
            yield Mention(int(found[2]), row)


def _heads(trace: Trace) -> Iterator[Mention]:
    """Main threads of processes of which another thread is traced: their ids are those of the processes."""
    if successes_only(trace):
        return
    events = trace.events
    known = events[events["pid_known"] & events["pid"].notna()]
    for row in chosen(trace, events.index.isin(known.drop_duplicates("pid").index)):
        if row.pid is not None:
            yield Mention(row.pid, row)


def _watched(trace: Trace) -> Iterator[Mention]:
    """Parents that tasks look after, again and again; what a program begins with asks but once.

    Of the program that the trace begins with it is the tracer, or who called that.
    """
    first = next(trace.rows(), None)
    top = first.tid if first is not None and first.name in EXECS else None
    asked = called(trace, names_of("getppid"))
    rows = [row for row in asked if row.ret is not None and row.ret > 1 and row.tid != top]
    times = Counter((row.tid, row.ret) for row in rows)
    yield from (Mention(row.ret, row) for row in rows if row.ret and times[row.tid, row.ret] >= OFTEN)


def _searched(rows: list[Row], expression: re.Pattern[str]) -> Iterator[Mention]:
    yield from (Mention(int(found[1]), row) for row in rows if (found := expression.search(row.args or "")))


class Naming(NamedTuple):
    """How tasks are named that are not there.

    Attributes:
        one: what one of them is called.
        several: what more are.
        which: how they are known of.
        find: how they are found.
    """

    one: str
    several: str
    which: str
    find: Callable[[Trace], Iterator[Mention]]

    def say(self, number: int) -> str:
        """Say that so many were not traced."""
        was = "was" if number == 1 else "were"
        return f"{counted(number, self.one, self.several)} {self.which} {was} not traced"


MADE: Final = Naming("task", "tasks", "that traced ones made", _children)
MENTIONS: Final = (
    MADE,
    Naming("parent", "parents", "that traced tasks look after (getppid)", _watched),
    Naming("child", "children", "whose end a traced process was told of", _waited),
    Naming("main thread", "main threads", "beside other threads of the process", _heads),
    Naming("thread", "threads", "that traced ones wait for (pthread_join)", _joined),
    Naming("task", "tasks", "that traced ones sent a signal to", _signalled),
    Naming("process", "processes", "with a lock of a file against traced ones", _locking),
    Naming("thread", "threads", "that a process looks up in /proc/self/task", _listed),
)


def _refused(trace: Trace, traced: set[int]) -> Iterator[Gap]:
    """What the tracer itself says: tasks that it could not attach to, or more than there are lines of."""
    end = note(trace, "end")
    refused = end.get("refused")
    if isinstance(refused, list) and refused:
        why = "; ".join(str(one) for one in refused[:3])
        what = f"{counted(len(refused), 'task')} could not be attached to: {why}"
        yield Gap("tasks", MISSING, what, len(refused), ALL, "tracekit doctor says what is in the way")
    said = [
        int(found[1])
        for text in trace.events["args"][trace.events["kind"] == "attach"].dropna()
        if (found := THREADS.search(text))
    ]
    if sum(said) > len(traced):
        what = f"strace attached to {sum(said)} threads, of which {len(traced)} have a line"
        yield Gap("tasks", MISSING, what, sum(said) - len(traced), ALL, FOLLOW)
