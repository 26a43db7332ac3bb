"""Halves of calls: each line is in one event, in its place, and nothing is lost."""

from itertools import product

import pytest

from tracekit.stream import Event, Reader, read_events
from tracekit.stream.forms import Says
from tracekit.stream.pairing import (
    BAD_END,
    LET_GO,
    NO_END,
    ORPHAN,
    OVERTAKEN,
    TAKEN_OVER,
    TASK_GONE,
    TRANSITIONS,
)


def read(*lines: str) -> list[Event]:
    return list(read_events(f"{line}\n" for line in lines))


def shown(event: Event) -> tuple[str | None, str | None, int | None, bool, int, int]:
    return event.name, event.args, event.ret, event.complete, event.line, event.end_line


def test_every_state_knows_every_input() -> None:
    assert set(TRANSITIONS) == set(product((False, True), Says))


def test_halves_become_one_event_where_the_first_stood() -> None:
    events = read("1 read(3,  <unfinished ...>", "2 getpid() = 2", '1 <... read resumed>"x", 1) = 1 <0.5>')
    assert [shown(event) for event in events] == [
        ("read", '3, "x", 1', 1, True, 1, 3),
        ("getpid", "", 2, True, 2, 2),
    ]
    assert events[0].duration_ns == 500_000_000


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("close(3 <unfinished ...>", "<... close resumed>) = 0"),
        ("close(3 <unfinished ...>", "<... close resumed> ) = 0"),
        ("close(3 <unfinished #7 ...>", "<... close resumed #7>) = 0"),
        ("exit_group(0 <unfinished ...>", "<... exit_group resumed> <unfinished ...>) = ?"),
        ("???( <unfinished ...>", "<... ??? resumed>) = ?"),
        ("f({a=1 <unfinished ...>", "<... f resumed>, b=2} => {c=3}) = 0"),
    ],
)
def test_spellings(first: str, second: str) -> None:
    (event,) = read(f"1 {first}", f"1 {second}")
    assert (event.complete, event.end_line, event.hint) == (True, 2, None)


def test_execve_of_a_thread_goes_on_under_the_leaders_pid() -> None:
    events = read(
        '12 execve("/bin/true", ["true"], 0x7f /* 3 vars */ <unfinished ...>',
        "11 futex(0x7f, FUTEX_WAIT_PRIVATE, 0, NULL <unfinished ...>",
        "11 +++ superseded by execve in pid 12 +++",
        "11 <... execve resumed>) = 0",
        "11 +++ exited with 0 +++",
    )
    assert [(event.kind, event.tid, event.complete, event.end_line) for event in events] == [
        ("syscall", 12, True, 4),
        ("syscall", 11, False, 2),
        ("exec", 11, True, 3),
        ("exit", 11, True, 5),
    ]
    assert events[1].hint == TAKEN_OVER


def test_execve_where_strace_says_that_the_pid_changed() -> None:
    (event,) = read('12 execve("/x", [], NULL <pid changed to 11 ...>', "11 <... execve resumed>) = 0")
    assert (event.complete, event.tid, event.ret) == (True, 12, 0)


@pytest.mark.parametrize(
    ("lines", "hints"),
    [
        (["1 <... read resumed>) = 1"], [ORPHAN]),
        (["1 read(3 <unfinished ...>"], [NO_END]),
        (["1 read(3 <unfinished ...>", "1 getpid() = 1"], [OVERTAKEN, None]),
        (["1 read(3 <unfinished ...>", "1 close(3 <unfinished ...>"], [OVERTAKEN, NO_END]),
        (["1 read(3 <unfinished ...>", "1 <... close resumed>) = 0"], [OVERTAKEN, ORPHAN]),
        (["1 read(3 <unfinished ...>", "1 +++ killed by SIGKILL +++"], [TASK_GONE, None]),
        (["1 read(3 <detached ...>"], [LET_GO]),
        (["1 read(3 <unfinished ...>", "1 <... read resumed> <detached ...>"], [LET_GO]),
        (["1 read(3 <unfinished ...>", "1 <... read resumed>nonsense"], [BAD_END]),
        (["1 read(3 <unfinished ...>", "1 --- SIGHUP {si_signo=SIGHUP} ---"], [NO_END, None]),
    ],
)
def test_what_stays_incomplete_says_why(lines: list[str], hints: list[str | None]) -> None:
    events = read(*lines)
    assert [event.hint for event in events] == hints
    assert all(event.complete == (event.hint is None) for event in events)


def test_text_of_a_client_is_no_structure() -> None:
    (event,) = read(r'1 write(1, "x <unfinished ...>\n<... read resumed>) = 3", 40) = 40')
    assert shown(event) == ("write", r'1, "x <unfinished ...>\n<... read resumed>) = 3", 40', 40, True, 1, 1)


def test_diagnostic_in_the_middle_of_a_line() -> None:
    events = read(
        "vfork(strace: Process 10 attached",
        " <unfinished ...>",
        "[pid    10] clone3({flags=CLONE_VM}strace: Process 11 attached",
        " => {parent_tid=[11]}, 88) = 11",
        "[pid     9] <... vfork resumed>) = 10",
    )
    assert [(event.kind, event.name, event.tid, event.complete) for event in events] == [
        ("syscall", "vfork", 9, True),
        ("attach", "attached", 10, True),
        ("syscall", "clone3", 10, True),
        ("attach", "attached", 11, True),
    ]


def test_diagnostic_whose_line_never_goes_on() -> None:
    events = read("read(3, strace: Process 10 attached", "getpid() = 1")
    assert [(event.kind, event.complete) for event in events] == [
        ("syscall", False),
        ("attach", True),
        ("syscall", True),
    ]


def test_bare_lines_are_about_the_only_task_that_is_left() -> None:
    events = read(
        "getpid() = 9",
        "[pid 9] getpid() = 9",
        "[pid 10] getpid() = 10",
        "[pid 10] +++ exited with 0 +++",
        "close(1) = 0",
    )
    reader = Reader()
    for line in ("getpid() = 9", "[pid 9] getpid() = 9", "[pid 10] +++ exited with 0 +++", "close(1) = 0"):
        reader.feed(line)
    reader.finish()
    assert [event.tid for event in reader.rows.events()] == [9, 9, 10, 9]
    assert events[-1].tid == 9


def test_midnight() -> None:
    first, second, third = read(
        "23:59:59.5 getpid() = 1", "00:00:00.5 getpid() = 1", "00:00:00.4 getpid() = 1"
    )
    assert first.time_ns is not None
    assert second.time_ns == first.time_ns + 1_000_000_000
    assert third.time_ns == second.time_ns - 100_000_000


@pytest.mark.parametrize(
    "lines",
    [
        ["clone(flags=SIGCHLD <unfinished ...>", "[pid 6] getppid() = 5", "[pid 5] <... clone resumed>) = 6"],
        ["clone(flags=SIGCHLD) = 6", "[pid 6] getppid() = 5", "[pid 5] getpid() = 5"],
        ["clone(flags=SIGCHLD) = 6", "[pid 5] getpid() = 5", "[pid 6] getppid() = 5"],
        ["getpid() = 5", "[pid 5] getpid() = 5", "[pid 6] getppid() = 5"],
    ],
)
def test_who_the_first_task_is(lines: list[str]) -> None:
    assert read(*lines)[0].tid == 5
