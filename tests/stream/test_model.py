"""A log written from a model reads back as the model: events, order, pairs, texts, values, times.

The writer is the tests' own (`tests.support.strace_log`). What is drawn is what happened (who began
which call, when it returned, who died, whose pid was used again) and how strace was told to write it.
"""

import tempfile
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.strace_log import DAY, EPOCH, SECOND, Call, Log, Look, Task, rows_of
from tests.support.strace_values import Piece, annotations, arguments, listed, meaning
from tracekit.events import Trace, read_trace
from tracekit.stream import parse_arguments, parse_return

TIDS = (7, 1234, 4194304)
NAMES = ["read", "openat", "epoll_wait", "clone3", "readv#64", "syscall_0x1b7", "execve", "???"]
RETURNS = (
    # text, number, errno, notes
    ("0", 0, None, ()),
    ("-1 ENOENT (No such file or directory)", -1, "ENOENT", ("No such file or directory",)),
    ("-1 EAGAIN (Try again) (INJECTED)", -1, "EAGAIN", ("Try again", "INJECTED")),
    ("-1 (errno 12345)", -1, None, ("errno 12345",)),
    ("?", None, None, ()),
    ("? <unavailable>", None, None, ("unavailable",)),
    ("? ERESTARTNOHAND (To be restarted)", None, "ERESTARTNOHAND", ("To be restarted",)),
    ("13 /* 13128 in strace's PID NS */", 13, None, ()),
    ("0x7f00", 0x7F00, None, ()),
    ("0xffffffffffffffff", -1, None, ()),
    ("077", 0o77, None, ()),
    ("0x2 (flags O_RDWR)", 2, None, ("flags O_RDWR",)),
    ("0 (Timeout)", 0, None, ("Timeout",)),
    ("1 ([{fd=5</tmp/a) = 3>, revents=POLLIN}])", 1, None, ("[{fd=5</tmp/a) = 3>, revents=POLLIN}]",)),
    ("2 (in [5], left {tv_sec=0, tv_nsec=0})", 2, None, ("in [5], left {tv_sec=0, tv_nsec=0}",)),
    ("0 (INJECTED: args, retval) (DELAYED)", 0, None, ("INJECTED: args, retval", "DELAYED")),
)  # fmt: skip
LOOKS = (
    Look(),
    Look(pid="[pid]"),
    Look(pid=""),
    Look(time="-t", digits=0, duration=True),
    Look(time="-t", duration=True, start_ns=EPOCH - EPOCH % DAY + DAY - SECOND // 1000),
    Look(time="-ttt", digits=9, duration=True),
    Look(time="-ttt", digits=3, number=True, pointer=True),
    Look(pid="[pid]", time="-t", delta=True, comm="a b) = 1", context="httpd_t", duration=True),
    Look(pid="pid", delta=True, comm="(sd-pam)", context="system_u:system_r:httpd_t:s0", column=0),
    Look(pid="", delta=True, number=True, duration=True),
    Look(pid="", delta=True, digits=0),
    Look(pid="[pid]", comm='x\\74y\\76"', pointer=True, colour="\x1b[1;36m"),
    Look(resumed=" resumed> ", column=1),
    Look(time="-ttt", begins="<unfinished #", resumed=" resumed #>", duration=True, colour="\x1b[38;5;208m"),
)
SIGNALS = [("SIGCHLD", "{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=9, si_status=0}"), ("SIGSTOP", None)]
DEATHS: list[int | str] = [0, 255, "SIGKILL", "SIGSEGV (core dumped)"]


class Model(NamedTuple):
    """A call as drawn: its line's parts, and what its arguments and its return mean."""

    call: Call
    args: list[Piece]
    means: tuple[Any, ...]


def _model(name: str, args: list[Piece], ret: Sequence[Any], annotation: str) -> Model:
    text, number, errno, notes = ret
    descriptor = None
    if annotation and text == "0":
        text, descriptor = f"14<{annotation}>", ("Descriptor", 14, annotation, "", False)
        number = 14
    means = (text, number, descriptor, errno or (notes[0][6:] if text == "-1 (errno 12345)" else None), notes)
    return Model(Call(name, listed(args), text, number, errno), args, means)


models = st.builds(
    _model,
    st.sampled_from(NAMES),
    st.lists(arguments, max_size=4),
    st.sampled_from(RETURNS),
    st.one_of(st.just(""), annotations),
)
STEPS = [
    *["call", "call", "half", "half", "half", "half", "signal", "death", "superseded", "detached"],
    *["never returning", "interrupted", "personality", "alien", "stack", "dump", "staged", "let go"],
]
Step = tuple[str, int, int, int, int]
EXECVE = Call("execve", ('"/bin/true"', ", ", "[]", ", ", "NULL"), "0", 0)
CHILD = 99_999
steps = st.tuples(
    st.sampled_from(STEPS), st.sampled_from(TIDS), st.integers(0, 4), st.integers(0, 12), st.integers(0, 500)
)


def write(log: Log, calls: Sequence[Model], script: Sequence[Step]) -> None:
    """Let happen what was drawn."""
    for step, tid, which, place, ticks in script:
        log.wait(ticks)
        task = log.task(tid if log.look.pid else TIDS[0])
        call = calls[which % len(calls)].call
        at = place % (len(call.tokens) + 1)
        if task.call and step not in ("signal", "death", "alien", "stack", "dump", "personality"):
            log.end(task, ticks)
        else:
            happen(log, step, task, call, at)


def happen(log: Log, step: str, task: Task, call: Call, at: int) -> None:
    """Let one thing happen."""
    terminal = log.look.pid == "[pid]"
    match step:
        case "call":
            log.call(task, call, at)
        case "half":
            log.begin(task, call, at)
        case "staged":
            log.staged(task, call, at, at)
        case "signal":
            log.signal(task, *SIGNALS[at % 2])
        case "interrupted" if terminal and CHILD not in log.tasks:
            log.interrupted(task, call, at, CHILD, goes_on=at % 2 == 0)
        case "superseded" if log.look.pid:
            supersede(log, task, at)
        case "death" | "detached" | "never returning":
            leave(log, step, task, call, at)
        case "let go" if terminal:
            log.let_go(task, call, at)
        case _:
            besides(log, step, task, at)


def leave(log: Log, step: str, task: Task, call: Call, at: int) -> None:
    """Let a task end, or be let go."""
    if step == "detached":
        log.begin(task, call, at, "<detached")
        task.call = None
    elif step == "never returning":
        log.never_returning(task, call, at)
        log.gone(task, DEATHS[2])
    else:
        if task.call and at % 3 == 0:
            log.killed_in_call(task)
        log.gone(task, DEATHS[at % 4])


def supersede(log: Log, leader: Task, at: int) -> None:
    """Let another thread call execve, and so take this one's place."""
    thread = next((other for other in log.tasks.values() if other is not leader and not other.call), None)
    if thread:
        log.begin(thread, EXECVE, at % 6)
        log.superseded(thread, leader)


def besides(log: Log, step: str, task: Task, at: int) -> None:
    """Let a line be written that is about no call."""
    match step:
        case "personality":
            log.personality(task)
        case "stack":
            log.note("stack", "/usr/lib/libc.so.6(read+0x10) [0xfbb0]", " > ")
        case "dump":
            log.note(
                "dump", "00000  76 6d 0a 3c 75 6e 66 69  6e 69 73 68 65 64 20 2e  vm.<unfinished .", " | "
            )
        case "alien":
            log.alien(["Hello, world", "100% done (3 = 3)", "(1234) x = y"][at % 3])


def read(*texts: list[str]) -> Trace:
    """Read logs: one, or those of ``-ff``, the n-th of which is of the n-th task."""
    with tempfile.TemporaryDirectory() as folder:
        for tid, lines in zip(TIDS, texts, strict=False):
            name = f"log.{tid}" if len(texts) > 1 else "log"
            Path(folder, name).write_text("".join(f"{line}\n" for line in lines))
        return read_trace(folder)


def begun(look: Look) -> Log:
    """Return a log whose first line is strace's for sure, as that of a program's start is."""
    log = Log(look)
    log.call(log.task(TIDS[0]), Call("brk", ("NULL",), "0x5591d16d6000", 0x5591D16D6000))
    return log


calls = st.lists(models, min_size=1, max_size=5)
scripts = st.lists(steps, min_size=1, max_size=30)


@given(calls, scripts, st.sampled_from(LOOKS))
@settings(max_examples=200)
def test_a_log_reads_back_as_its_model(calls: list[Model], script: list[Step], look: Look) -> None:
    log = begun(look)
    write(log, calls, script)
    trace = read(log.lines)
    assert rows_of(list(trace.rows())) == log.rows
    assert trace.lines == len(log.lines)
    for model in calls:
        parsed = parse_arguments("".join(model.call.tokens))
        assert tuple(meaning(value) for value in parsed) == tuple(piece.means for piece in model.args)
        ret = parse_return(model.call.ret_text)
        descriptor = meaning(ret.descriptor) if ret.descriptor else None
        assert (ret.text, ret.number, descriptor, ret.errno, ret.notes) == model.means


APPENDED = [look for look in LOOKS if look.pid != "[pid]"]


@given(calls, scripts, scripts, st.sampled_from(APPENDED), st.sampled_from(APPENDED))
@settings(max_examples=80)
def test_a_log_that_was_appended_to_with_other_options(
    calls: list[Model], script: list[Step], again: list[Step], look: Look, other: Look
) -> None:
    """Times are left out: those of two runs need not have anything to do with one another."""
    first, second = begun(look), begun(other)
    write(first, calls, script)
    write(second, calls, again)
    moved = len(first.lines)
    for row in second.rows:
        row.update(line=row["line"] + moved, end_line=row["end_line"] + moved)
    rows = rows_of(list(read([*first.lines, *second.lines]).rows()))
    assert [row | {"time_ns": 0} for row in rows] == [
        row | {"time_ns": 0} for row in (*first.rows, *second.rows)
    ]


ALONE = ["call", "call", "signal", "detached", "never returning", "personality", "stack", "dump"]
"""What there is in a file of one task: nobody comes in between."""


@given(calls, scripts, st.booleans())
@settings(max_examples=80)
def test_files_of_ff_read_back_in_order(calls: list[Model], script: list[Step], of_day: bool) -> None:
    look = Look(pid="", time="-t" if of_day else "-ttt", duration=True)
    logs = {tid: Log(look) for tid in TIDS}
    timed: list[tuple[int, dict[str, Any]]] = []
    now = look.start_ns
    begins: list[Step] = [("call", tid, 0, 0, 0) for tid in TIDS]
    for step, tid, which, at, ticks in [*begins, *script]:
        log = logs[tid]
        before = len(log.rows)
        if step not in ("stack", "dump"):  # these have no time: they go with what is before them
            now += (ticks + 1) * look.tick
            log.now = now
        write(log, calls, [(step if step in ALONE else "call", TIDS[0], which, at, 0)])
        timed += [(log.now, row | {"tid": tid}) for row in log.rows[before:]]
    trace = read(*(log.lines for log in logs.values()))
    order = [row for _, row in sorted(timed, key=itemgetter(0))]
    assert rows_of(list(trace.rows())) == order
    assert trace.lines == sum(len(log.lines) for log in logs.values())
