"""Tasks that must have been there, since a call of a traced one names them, and have no line in the trace.

What returns or takes the id of a task that is there: clone(2), fork(2), wait(2), kill(2), tgkill(2), the
F_GETLK of fcntl(2), a SIGCHLD (sigaction(2)), and the word that pthread_join waits on, which holds the id
of a thread until the kernel clears it (CLONE_CHILD_CLEARTID in clone(2), the futex of pthread_join in glibc).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

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
        what = f"{len(tids)} tasks that the one traced task made were not followed"
        yield Gap("tasks", MISSING, what, len(tids), ALL, FOLLOW, tuple(made), tids)


def _other_namespace(trace: Trace) -> bool:
    own = [row for row in called(trace, names_of("gettid", "set_tid_address")) if row.ret is not None]
    return any(row.ret != row.tid and not OUTER.search(row.ret_text or "") for row in own)


def _named(trace: Trace, traced: set[int]) -> Iterator[Gap]:
    found: set[int] = set()
    for says, mentions in ((table.says, table.find(trace)) for table in MENTIONS):
        new = {one.tid: one.row for one in mentions if one.tid not in traced | found}
        if not new:
            continue
        found |= new.keys()
        late = len(trace.events) - LAST
        loss = POSSIBLE if says is MADE and all(row.seq >= late for row in new.values()) else MISSING
        yield Gap(
            "tasks", loss, says.format(len(new)), len(new), ALL, FOLLOW, tuple(new.values()), tuple(new)
        )


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
    """Parents that tasks look after, again and again; what a program begins with asks but once."""
    rows = [row for row in called(trace, names_of("getppid")) if row.ret is not None and row.ret > 1]
    times = Counter((row.tid, row.ret) for row in rows)
    yield from (Mention(row.ret, row) for row in rows if row.ret and times[row.tid, row.ret] >= OFTEN)


def _searched(rows: list[Row], expression: re.Pattern[str]) -> Iterator[Mention]:
    yield from (Mention(int(found[1]), row) for row in rows if (found := expression.search(row.args or "")))


class Naming(NamedTuple):
    """How tasks are named: what is said of those that are not there, and how they are found."""

    says: str
    find: Callable[[Trace], Iterator[Mention]]


MADE: Final = "{} tasks that traced ones made have no line: they were not followed"
MENTIONS: Final = (
    Naming(MADE, _children),
    Naming("{} parents that traced tasks look after (getppid) were not traced", _watched),
    Naming("{} children whose end a traced process was told of were not traced", _waited),
    Naming("{} main threads of processes of which other threads were traced, were not", _heads),
    Naming("{} threads that traced ones wait for (pthread_join) were not traced", _joined),
    Naming("{} tasks that traced ones sent a signal to were not traced", _signalled),
    Naming("{} processes that hold a lock of a file against traced ones were not traced", _locking),
    Naming("{} threads that a process looks up in /proc/self/task were not traced", _listed),
)


def _refused(trace: Trace, traced: set[int]) -> Iterator[Gap]:
    """What the tracer itself says: tasks that it could not attach to, or more than there are lines of."""
    end = note(trace, "end")
    refused = end.get("refused")
    if isinstance(refused, list) and refused:
        what = f"{len(refused)} tasks could not be attached to: {'; '.join(str(one) for one in refused[:3])}"
        yield Gap("tasks", MISSING, what, len(refused), ALL, "tracekit doctor says what is in the way")
    said = [
        int(found[1])
        for text in trace.events["args"][trace.events["kind"] == "attach"].dropna()
        if (found := THREADS.search(text))
    ]
    if sum(said) > len(traced):
        what = f"strace attached to {sum(said)} threads, of which {len(traced)} have a line"
        yield Gap("tasks", MISSING, what, sum(said) - len(traced), ALL, FOLLOW)
