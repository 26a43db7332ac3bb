"""Lines that were broken: by strace's own diagnostics, by staged output, by what the program wrote."""

import pytest

from tracekit.events.columns import join_rows
from tracekit.events.groups import infer_groups
from tracekit.stream import Event, Reader, read_events
from tracekit.stream.broken import OUTPUT
from tracekit.stream.pairing import BAD_END, TAKEN_OVER


def read(*lines: str) -> list[Event]:
    return list(read_events(f"{line}\n" for line in lines))


def shown(event: Event) -> tuple[str, str | None, str | None, bool, int, int]:
    return event.kind, event.name, event.args, event.complete, event.line, event.end_line


def test_the_rest_of_a_call_without_a_leader() -> None:
    events = read(
        '7 access("/no/x", R_OK <unfinished ...>',
        ")                                       = -1 ENOENT (No such file or directory)",
        "8 rt_sigprocmask(SIG_BLOCK, NULL,  <unfinished ...>",
        "[], 8)                                  = 0 <0.1>",
        "9 read(3,  <unfinished ...>",
        "8 getpid() = 8",
        '"x", 1) = 1',
    )
    assert [shown(event) for event in events] == [
        ("syscall", "access", '"/no/x", R_OK', True, 1, 2),
        ("syscall", "rt_sigprocmask", "SIG_BLOCK, NULL, [], 8", True, 3, 4),
        ("syscall", "read", "3", False, 5, 5),
        ("syscall", "getpid", "", True, 6, 6),
        ("unparsed", None, '"x", 1) = 1', True, 7, 7),
    ]
    assert events[1].duration_ns == 100_000_000


def test_output_between_arguments_and_return() -> None:
    events = read(
        'write(1, "hello\\n", 6hello',
        ")                  = 6",
        'write(1, "a\\nb\\nc", 5a',
        "b",
        "c)      = 5",
        'writev(1, [{iov_base="x\\n", iov_len=2}], 1x',
        ") = 2 <0.5>",
    )
    assert [shown(event) for event in events] == [
        ("syscall", "write", '1, "hello\\n", 6', True, 1, 2),
        ("syscall", "write", '1, "a\\nb\\nc", 5', True, 3, 5),
        ("unparsed", None, "b", True, 4, 4),
        ("syscall", "writev", '1, [{iov_base="x\\n", iov_len=2}], 1x', True, 6, 7),
    ]
    assert [event.ret for event in events] == [6, 5, None, 2]


def test_a_return_is_not_taken_for_that_of_a_task_that_went_on() -> None:
    events = read('7 write(1, "hello\\n", 6hello', "7 getpid() = 7", ") = 6")
    assert [event.kind for event in events] == ["unparsed", "syscall", "unparsed"]


@pytest.mark.parametrize(
    ("layout", "line", "tid"),
    [
        ("1234  getpid() = 1", "hello1234  read(3, 4) = 5", 1234),
        ("1234  getpid() = 1", "51234  read(3, 4) = 5", 51234),
        ("1234  getpid() = 1", "5 and 91234  read(3, 4) = 5", 1234),
        ("1234  12:00:00.5 getpid() = 1", "done. 1234  12:00:01.5 read(3, 4) = 5", 1234),
        ("[pid  1234] getpid() = 1", "hello[pid  1234] read(3, 4) = 5", 1234),
        ("12:00:00.5 getpid() = 1", "hello12:00:01.5 read(3, 4) = 5", None),
    ],
)
def test_output_before_a_leader(layout: str, line: str, tid: int | None) -> None:
    _, event = read(layout, line)
    assert (event.kind, event.name, event.args, event.ret, event.tid) == ("syscall", "read", "3, 4", 5, tid)
    assert event.hint == (None if line.startswith("51234") else OUTPUT)


def test_output_before_a_second_half() -> None:
    events = read(
        "7 read(3,  <unfinished ...>",
        "8 getpid() = 8",
        'hello7 <... read resumed>"x", 1) = 1',
        "7 close(3) = 0",
    )
    assert [shown(event)[1:] for event in events] == [
        ("read", '3, "x", 1', True, 1, 3),
        ("getpid", "", True, 2, 2),
        ("close", "3", True, 4, 4),
    ]
    assert (events[0].hint, events[0].column) == (OUTPUT, 6)


@pytest.mark.parametrize(
    "tail",
    [
        r'AAAA 7  write(1, \"", 30) = 30',
        "/x 7  f(1>, 0) = 0",
        '/x 7  f("a>, "x", 1) = 1',
        'abc 7  read(3) = 1", 30) = 30',
        "abc 7  <... read resumed>) = 1",
        '7 write(1, "x 7  getpid() = 1',
    ],
)
def test_the_tail_of_a_cut_line_forges_nothing(tail: str) -> None:
    _, event = read("7  getpid() = 7", tail)
    assert event.kind in ("unparsed", "syscall")
    assert event.kind == "unparsed" or (not event.complete and event.name == "write")


def test_a_detach_in_the_middle_of_a_line() -> None:
    events = read("1 getpid() = 1", "1 read(3, strace: Process 7 detached", " <detached ...>")
    assert [shown(event) for event in events[1:]] == [
        ("syscall", "read", "3", False, 2, 3),
        ("detach", "detached", "Process 7 detached", True, 2, 2),
    ]


def test_what_strace_4_says_of_children() -> None:
    events = read(
        "[pid 6] clone(Process 7 attached (waiting for parent)",
        "Process 7 resumed (parent 6 ready)",
        "child_stack=0, flags=SIGCHLD) = 7",
        "[pid 6] wait4(-1, Process 6 suspended",
        " <unfinished ...>",
        "[pid 7] exit_group(0) = ?",
        "Process 6 resumed",
        "[pid 6] <... wait4 resumed> NULL, 0, NULL) = 7",
    )
    calls = [shown(event)[1:] for event in events if event.kind == "syscall"]
    assert calls == [
        ("clone", "child_stack=0, flags=SIGCHLD", True, 1, 3),
        ("wait4", "-1,  NULL, 0, NULL", True, 4, 8),
        ("exit_group", "0", True, 6, 6),
    ]
    beside = [(event.kind, event.args) for event in events if event.kind != "syscall"]
    assert beside == [
        ("attach", "Process 7 attached (waiting for parent)"),
        *(("note", f"Process {said}") for said in ("7 resumed (parent 6 ready)", "6 suspended", "6 resumed")),
    ]


def test_an_execve_that_says_both_whose_it_becomes_and_whom_it_superseded() -> None:
    moved = '12 execve("/x", ["x"], NULL <pid changed to 11 ...>'
    superseded = "11 +++ superseded by execve in pid 12 +++"
    for before in ([], ["11 futex(0x7f <unfinished ...>"]):
        events = read(*before, moved, superseded, "11 <... execve resumed>) = 0")
        (call,) = (event for event in events if event.name == "execve")
        assert (call.tid, call.complete, call.ret) == (12, True, 0)
        assert [event.hint for event in events if event.name == "futex"] == [TAKEN_OVER] * len(before)


@pytest.mark.parametrize(
    ("line", "kind", "name"),
    [
        ("7 --- 65 {si_signo=65, si_code=SI_USER} ---", "signal", "65"),
        ("7 --- stopped by 65 ---", "signal", "65"),
        (" | <Cannot fetch 5 bytes from pid 12 @0x7f00>", "note", "dump"),
        ("[1073741843] readv(3, [], 0) = 0", "syscall", "readv"),
    ],
)
def test_rare_lines(line: str, kind: str, name: str) -> None:
    (event,) = read(line)
    assert (event.kind, event.name, event.complete) == (kind, name, True)


def test_a_bare_line_of_a_superseded_task() -> None:
    events = read(
        "strace: Process 7 attached",
        "brk(NULL) = 0x5",
        "strace: Process 1234 attached",
        '[pid  1234] execve("/bin/true", [], NULL <unfinished ...>',
        "+++ superseded by execve in pid 1234 +++",
        "<... execve resumed>) = 0",
        "brk(NULL) = 0x5",
    )
    calls = [(event.name, event.tid, event.complete) for event in events if event.kind in ("syscall", "exec")]
    assert calls == [("brk", 7, True), ("execve", 1234, True), ("superseded", 7, True), ("brk", 7, True)]


def test_an_execve_of_which_nothing_says_whom_it_superseded() -> None:
    events = read('12 execve("/x", [] <unfinished ...>', "11 <... execve resumed>) = 0", "11 brk(NULL) = 1")
    assert [(event.name, event.tid, event.complete, event.end_line) for event in events] == [
        ("execve", 12, True, 2),
        ("brk", 11, True, 3),
    ]


def test_a_call_that_is_interrupted_twice() -> None:
    half = "7 <... f resumed>1,  <unfinished ...>"
    events = read("7 f( <unfinished ...>", half, "7 <... f resumed>2) = 0")
    assert [shown(event) for event in events] == [
        ("syscall", "f", "1, 2", True, 1, 3),
        ("note", "half", "1,  <unfinished ...>", True, 2, 2),
    ]
    first, *others = read("7 f( <unfinished ...>", *[half] * 50)
    assert first.hint == BAD_END
    assert len({number for event in (first, *others) for number in (event.line, event.end_line)}) == 51


def test_a_note_that_looks_like_a_header() -> None:
    reader = Reader()
    for line in ("7 getpid() = 7", " > {a", "strace: {a"):
        reader.feed(line)
    assert [event.kind for event in reader.rows.events()] == ["syscall", "note", "note"]
    assert infer_groups(join_rows([reader.rows])).pids == {7: 7}


def test_a_table_of_calls() -> None:
    lines = (
        "% time     seconds  usecs/call     calls    errors syscall",
        "------ ----------- ----------- --------- --------- ----------------",
        " 55.09    0.000119           5        21           mmap",
        "------ ----------- ----------- --------- --------- ----------------",
        "100.00    0.000216           5        39         1 total",
    )
    events = read("7 getpid() = 7", *lines)
    assert [(event.kind, event.name, event.args) for event in events[1:]] == [
        ("note", "summary", line) for line in lines
    ]


@pytest.mark.parametrize(
    ("before", "end", "expected"),
    [
        ("7 ", "+++ superseded by execve in pid 8 +++", ("exec", "superseded", "8", True, 2, 2)),
        ("7<a b> [00007f9d6eb77df2] ", "+++ exited with 3 +++", ("exit", "exited", None, True, 2, 2)),
    ],
)
def test_the_end_of_a_task_right_behind_the_beginning_of_a_call(
    before: str, end: str, expected: tuple[str, str | None, str | None, bool, int, int]
) -> None:
    events = read(f"{before}getuid() = 0", f"{before}openat(AT_FDCWD, {before}{end}")
    assert [shown(event) for event in events] == [
        ("syscall", "getuid", "", True, 1, 1),
        ("syscall", "openat", "AT_FDCWD", False, 2, 2),
        expected,
    ]


def test_an_end_within_a_string_is_none() -> None:
    (_, event) = read("7 getuid() = 0", '7 write(1, "7 +++ exited with 3 +++')
    assert event.kind == "unparsed" or (event.name, event.complete) == ("write", False)


def test_a_number_of_a_call_that_can_be_none() -> None:
    line = "00:29:53 [{}] [00007f49e5209df2] syscall_0x5650f6f20000(0, 0x64) = ?"
    (one, other) = read(line.format(18446744073709551614), line.format(94905740427264))
    assert shown(one)[:4] == shown(other)[:4] == ("syscall", "syscall_0x5650f6f20000", "0, 0x64", True)


def test_who_ended_behind_the_beginning_of_a_call_is_gone() -> None:
    events = read(
        "clone(child_stack=NULL, flags=SIGCHLD) = 8",
        "strace: Process 8 attached",
        "[pid     8] getuid() = 0",
        "[pid     7] getgid() = 0",
        "[pid     7] getuid([pid     7] +++ exited with 0 +++",
        "getpid() = 8",
    )
    assert [(event.name, event.tid) for event in events][-3:] == [("getuid", 7), ("exited", 7), ("getpid", 8)]
