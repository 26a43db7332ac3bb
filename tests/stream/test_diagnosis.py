"""What is said of lines that cannot be read: where, and what was expected."""

import pytest

from tracekit.stream import Event, read_events

GOOD = "1234  12:00:00.000001 getpid() = 1234\n"
LEADER = "1234  12:00:00.000001 "


def bad(line: str, *, first: str = GOOD) -> Event:
    events = list(read_events([first, line + "\n", first]))
    (found,) = (event for event in events if event.kind == "unparsed")
    assert (found.line, found.args) == (2, line)
    return found


@pytest.mark.parametrize(
    ("line", "column", "hint"),
    [
        ('openat(AT_FDCWD, "/etc/ld.s', 18, "the string that begins here does not end"),
        ('openat(AT_FDCWD, "/a\\"b), 0) = 3', 18, "the string that begins here does not end"),
        ("fstat(3, {st_mode=S_IFREG|0644, st_size=4", 10, "the struct that begins here does not end"),
        ('execve("/x", ["x", "y"', 14, "the array that begins here does not end"),
        ("fstat(3, {st_rdev=makedev(0x1", 26, "the parenthesis that begins here does not close"),
        ("read(3</tmp/a, 1) = 1", 7, "what begins here is no annotation that ends"),
        ("close(3)", 9, "a return value was expected here"),
        ("close(3) =", 10, "a return value was expected here"),
        ("close(3) = done", 10, "no return value begins here"),
        ("close(3) and more", 10, "a return value was expected here"),
        ("close(3) = 0 and more", 14, "the line was expected to end here"),
        (
            'read(3, "x", 1) = 11235  12:00:00.000001 close(3) = 0',
            20,
            "another line was written into this one",
        ),
        ('read(3, "x1235  12:00:00.000001 close(3) = 0', 11, "another line was written into this one"),
        ('read(3, <... write resumed>"x", 1) = 1', 9, "another line was written into this one"),
        ("--- SIGSEGV {si_signo=SIGS", 1, "this signal is not complete"),
        ("+++ exited with", 1, "this end of a task is not complete"),
        ("<... read resu", 1, "this second half is not complete"),
        ("Hello, world", 1, "no call, signal or exit begins here; lines of this log begin with: pid, -t"),
    ],
)
def test_behind_the_leader(line: str, column: int, hint: str) -> None:
    event = bad(LEADER + line)
    assert (event.column, (event.hint or "")[: len(hint)]) == (len(LEADER) + column, hint)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("1\x002\x003\x004\x00 \x00 \x00", "UTF-16"),
        ("\udcff\udcfe1\x002\x003\x004\x00", "UTF-16"),
        ("12\x00", "bytes that are 0"),
        ("\x1f\udc8b\x08", "compressed"),
        ("12 a\r12 b", "carriage returns"),
        ('     0.010 ( 0.003 ms): cat/12 openat(dfd: CWD, filename: "/etc") = 3', "perf trace"),
        ("     0.000 (         ): cat/12 read(fd: 3)", "perf trace"),
        ('libc.so.6->fopen("/etc/passwd", "r") = 0x55', "ltrace"),
        ("[pid 12] SYS_brk(0)", "ltrace"),
        ("12 open@SYS(3", "ltrace"),
        ("12 exit(0 <no return ...>", "ltrace"),
        ('open("/etc/passwd\\0", 0x0, 0x0)\t\t = 3 0', "dtruss"),
        ('open("/x",O_RDONLY) Err#2 ENOENT', "truss"),
        ("  12 cat      CALL  open(0x7fff,0)", "kdump"),
        ("12 13:14:15.123456789 0 cat (12) > open ", "sysdig"),
        ("type=SYSCALL msg=audit(1364481363.243:24287): arch=c000003e", "audit"),
        ('{"syscall": "read"}', "JSON"),
        ("12 &lt;... read resumed&gt;", "web page"),
        ("12 open(\u201c/etc\u201d", "typographic"),
        ("> 1234  read(3", "mark of a mail or a patch"),
        ("1234\u00a0 12:00:00\u00a0close(3)", "no-break spaces"),
        ("1234  12:00:00 ^[[32mclose^[[0m(3) = 0", "cat -v"),
        (
            "Nov 23 12:00:00 host run[7]: close(3) = 0",
            "what stands before it is not how lines of this log begin",
        ),
    ],
)
def test_what_is_none_of_straces(line: str, hint: str) -> None:
    assert hint in (bad(line).hint or "")


def test_what_a_client_sent_does_not_pass_for_another_program() -> None:
    event = bad(LEADER + 'write(1, "a <no return ...> &lt; Err#2')
    assert event.hint == "the string that begins here does not end: the line is cut"


def test_lines_that_end_as_on_windows_are_read() -> None:
    events = list(read_events([GOOD.replace("\n", "\r\n")] * 2))
    assert [event.name for event in events] == ["getpid", "getpid"]
