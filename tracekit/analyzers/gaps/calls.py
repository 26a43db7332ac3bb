"""Calls that were not traced: what the trace's own first line says, or what must have been called.

strace's -e trace=, -z and -Z leave calls out without a word. That some were is shown by what cannot be
without them: a task that ends without exit(2), a program without mmap(2) and brk(2) (ld.so(8)), tasks that
nobody made, a descriptor that is given out twice and closed in between by nobody.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from tracekit.analyzers.gaps.beginning import launched
from tracekit.analyzers.gaps.gap import ALL, DETAIL, MISSING, NAMES, POSSIBLE, Gap
from tracekit.analyzers.gaps.needs import of_coverage
from tracekit.analyzers.gaps.select import called, chosen, events_of, names_in, note
from tracekit.analyzers.gaps.tasks import tids_of
from tracekit.analyzers.questions import QUESTIONS
from tracekit.events import Row, Trace
from tracekit.syscalls import ARCHITECTURES, by_name, calls
from tracekit.syscalls.families import doing, names_of

EVERYTHING: Final = "trace all calls: without -e trace=, -z and -Z"
OPENING: Final = ("opens", "accepts")
REPEATED: Final = 2
"""So many descriptors have to be given out again before their closes are missed."""
MANY: Final = 100
"""Calls of which a program that begins has some that fail: ld.so looks for /etc/ld.so.preload, say."""
ENOUGH: Final = 1000
"""Calls of a running server of which some fail: EAGAIN, ENOENT."""
SHOWN: Final = 8
"""Names of calls that a sentence lists."""


def calls_missing(trace: Trace) -> Iterator[Gap]:
    """Yield what shows that some calls were left out."""
    said = note(trace, "trace")
    asked = said.get("calls")
    if isinstance(asked, list):
        yield _asked(asked, str(said.get("machine")))
    elif not said:
        names = names_in(trace)
        for sign in SIGNS:
            rows = sign.find(trace, names)
            if rows:
                yield Gap("calls", MISSING, sign.what, None, ALL, EVERYTHING, tuple(rows[:3]))
        yield from _by_result(trace)


def _asked(asked: list[object], machine: str) -> Gap:
    """Return what a filter of tracekit's leaves out; one made for this question shows all tasks."""
    names = frozenset(map(str, asked))
    there = {call.name for call in calls(machine).values()} if machine in ARCHITECTURES else set(by_name())
    shown = ", ".join(sorted(names)[:SHOWN]) + ", ..." * (len(names) > SHOWN)
    effect = tuple(one.name for one in QUESTIONS.values() if not one.needs & there <= names)
    loss = DETAIL if of_coverage() & there <= names else MISSING
    what = f"only {len(names)} calls were asked for: {shown}"
    return Gap("calls", loss, what, None, effect, "trace all calls: without --for and -e trace=")


class Sign(NamedTuple):
    """What shows that calls were left out: in a sentence, and how it is found."""

    what: str
    find: Callable[[Trace, set[str]], list[Row]]


def _no_exit(trace: Trace, names: set[str]) -> list[Row]:
    if names & doing("exits").keys():
        return []
    return events_of(trace, "exit", "exited")


def _no_memory(trace: Trace, names: set[str]) -> list[Row]:
    starts = launched(trace)
    after = trace.calls > SHOWN and not names & names_of("mmap", "brk", "munmap", "mprotect")
    return [starts] if starts and after else []


def _nobody_made(trace: Trace, names: set[str]) -> list[Row]:
    """Tasks beyond the first in a trace that begins with the program, and nobody who made them."""
    starts = launched(trace)
    if starts is None or names & doing("forks").keys():
        return []
    return [starts] if len(tids_of(trace)) > 1 else []


def _no_start(trace: Trace, names: set[str]) -> list[Row]:
    """Tasks that begin in the trace, and nobody who made them."""
    if names & doing("forks").keys():
        return []
    firsts = trace.events[trace.events["kind"] == "syscall"].drop_duplicates("tid")
    begun = firsts[firsts["name"].isin(["set_robust_list", "rseq"])]
    return chosen(trace, trace.events["seq"].isin(begun["seq"]))


def _no_close(trace: Trace, names: set[str]) -> list[Row]:
    """Descriptors that are given out again although nothing closed them."""
    if names & (doing("closes", "closes_range", "execs").keys() | doing("exits").keys()):
        return []
    rows = [row for row in called(trace, doing(*OPENING)) if (row.ret or -1) >= 0]
    times = Counter((row.pid, row.ret) for row in rows)
    again = [row for row in rows if times[row.pid, row.ret] > 1]
    return again if len(again) > REPEATED else []


def _no_descriptors(trace: Trace, names: set[str]) -> list[Row]:
    """Files are opened, and nothing is done with any."""
    uses = names - doing("opens").keys() - ASKING
    if uses & USES:
        return []
    opened = [row for row in called(trace, doing("opens")) if (row.ret or -1) >= 0]
    return opened if len(opened) > REPEATED else []


def _no_reading(trace: Trace, names: set[str]) -> list[Row]:
    """Connections are accepted or closed, and there is no call that reads or writes one."""
    if names & MOVES:
        return []
    taken = [row for row in called(trace, doing("accepts")) if (row.ret or -1) >= 0]
    return taken if len(taken) > REPEATED else []


def _no_waiting(trace: Trace, names: set[str]) -> list[Row]:
    """Calls come back because nothing is there yet, and nobody waits for it."""
    if names & WAITING:
        return []
    events = trace.events
    return chosen(
        trace, (events["errno"] == "EAGAIN") & events["name"].isin(list(MOVES | doing("accepts").keys()))
    )


WAITING: Final = names_of(
    "epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "select", "pselect6", "io_getevents",
    "io_uring_enter", "rt_sigtimedwait", "nanosleep", "clock_nanosleep", "restart_syscall", "futex",
)  # fmt: skip
ASKING: Final = names_of(
    "stat", "lstat", "newfstatat", "statx", "access", "faccessat", "faccessat2", "readlink"
)
MOVES: Final = names_of(
    "read", "readv", "recvfrom", "recvmsg", "write", "writev", "sendto", "sendmsg", "sendfile", "splice",
    "recv", "send", "socketcall", "io_uring_enter",
)  # fmt: skip
USES: Final = MOVES | names_of("close", "fstat", "lseek", "pread64", "mmap", "ioctl", "fcntl", "getdents64")
SIGNS: Final = (
    Sign("tasks end, but no call that ends one (exit, exit_group) is in the trace", _no_exit),
    Sign("a program begins, but no call for memory (mmap, brk) is in the trace", _no_memory),
    Sign("there are several tasks, but no call that makes one (clone, fork) is in the trace", _nobody_made),
    Sign(
        "threads begin (set_robust_list, rseq), but no call that makes one (clone) is in the trace", _no_start
    ),
    Sign("descriptors are given out again, but no close of one is in the trace", _no_close),
    Sign("files are opened, but no call that uses or closes one is in the trace", _no_descriptors),
    Sign("connections are accepted, but no call that reads or writes is in the trace", _no_reading),
    Sign("calls return EAGAIN, but no call that waits (epoll, poll, select) is in the trace", _no_waiting),
)
"""What cannot be without calls that are not there."""


def _by_result(trace: Trace) -> Iterator[Gap]:
    """Yield what shows that calls were left out by their result: -z, -Z."""
    events = trace.events
    finished = (events["kind"] == "syscall") & events["complete"]
    count, failed = int(finished.sum()), int((finished & events["errno"].notna()).sum())
    if count > SHOWN and failed == count:
        what = "no call succeeds: those that did were left out (-Z)"
        yield Gap("calls", MISSING, what, None, ALL, EVERYTHING)
    elif not failed and count >= MANY and launched(trace):
        what = "a program begins, and no call fails: those that did were left out (-z)"
        yield Gap("calls", MISSING, what, None, NAMES, EVERYTHING)
    elif not failed and count >= ENOUGH:
        what = f"of {count} calls none fails: those that did may have been left out (-z)"
        yield Gap("calls", POSSIBLE, what, None, NAMES, EVERYTHING)
