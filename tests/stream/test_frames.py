"""Copies of logs: what a mail, a pager or a container put before each line is taken off."""

import pytest

from tracekit.stream import Event, Reader, read_block, read_events

LOG = (
    '1234  12:00:00.000001 openat(AT_FDCWD, "/a) = 7", O_RDONLY) = 3 <0.5>',
    " > /usr/lib/libc.so.6(open64+0x5e) [0xf40be]",
    "1234  12:00:00.000002 read(3,  <unfinished ...>",
    "strace: Process 7 attached",
    "7     12:00:00.000003 --- SIGCHLD {si_signo=SIGCHLD} ---",
    '1234  12:00:00.000004 <... read resumed>"x", 1) = 1 <0.1>',
    "",
    "1234  12:00:00.000005 +++ exited with 0 +++",
)
FRAMES = {
    # what stands before a line ({} is its number): the part of the layout
    "> ": "quote",
    ">> ": "quote",
    "+": "quote",
    "\u2502 ": "quote",
    "    ": "indent",
    "\t": "indent",
    "{}:": "number",
    "{}-": "number",
    "dir/out.log:{}:": "number",
    "{:6}\t": "number",
    "{:7} ": "number",
    "web-1  | ": "name",
    "[pod/web-5d4/app] ": "name",
    "2026-11-23T12:00:00.123456789Z ": "date",
    "2026-11-23T12:00:00.123456789Z stderr F ": "date",
    "2026-11-23T12:00:00+0000 host run.sh[77]: ": "date",
    "[2026-11-23 12:00:00.5] ": "date",
    "Nov  3 12:00:00 host strace[77]: ": "syslog",
    "<13>Nov 23 12:00:00 root: ": "syslog",
    "Nov 23 12:00:00 ": "syslog",
}


def read(lines: list[str]) -> list[Event]:
    return list(read_events(f"{line}\n" for line in lines))


@pytest.mark.parametrize("frame", FRAMES)
def test_a_frame_is_taken_off(frame: str) -> None:
    lines = [frame.format(number) + line for number, line in enumerate(LOG, 1)]
    assert read(lines) == read(list(LOG))
    reader, plain = Reader(), Reader()
    read_block(reader, "\n".join(lines))
    read_block(plain, "\n".join(LOG))
    reader.finish()
    plain.finish()
    assert list(reader.rows.events()) == list(plain.rows.events()) == read(list(LOG))
    assert reader.layout.parts == (FRAMES[frame], *plain.layout.parts)


@pytest.mark.parametrize("frame", FRAMES)
def test_the_frame_of_a_log_without_leaders(frame: str) -> None:
    lines = ["close(3) = 0", "--- SIGSEGV {si_signo=SIGSEGV} ---", "+++ killed by SIGSEGV +++"]
    framed = [frame.format(number) + line for number, line in enumerate(lines, 1)]
    assert read(framed) == read(lines)


def test_an_indented_task_keeps_its_pid() -> None:
    for line in ("    1234  close(3) = 0", "  12345 close(3) = 0", "    7     close(3) = 0"):
        (event,) = read([line])
        assert (event.tid, event.name, event.ret) == (int(line.split()[0]), "close", 0)


@pytest.mark.parametrize("first", ["close(3) = 0", "1234  close(3) = 0", "12:00:00 close(3) = 0"])
def test_what_a_program_wrote_makes_no_frame_once_lines_were_read(first: str) -> None:
    _, bad = read([first, "> write(1, 2, 3) = 4"])
    assert bad.kind == "unparsed"


def test_seconds_are_as_wide_as_strace_writes_them() -> None:
    (event,) = read(["     2 close(3) = 0"])
    assert event.time_ns == 2_000_000_000
    assert [event.time_ns for event in read(["      2 close(3) = 0", "      3 close(3) = 0"])] == [None, None]


@pytest.mark.parametrize(
    "line",
    [
        "close(3) = 0 <0.5>",
        "--- SIGHUP {si_signo=SIGHUP} ---",
        "+++ exited with 0 +++",
        "read(3,  <unfinished ...>",
    ],
)
def test_blanks_at_the_end_of_a_line(line: str) -> None:
    assert read([f"1234  {line}   ", f"7  {line}   "]) == read([f"1234  {line}", f"7  {line}"])


def test_what_tells_a_terminal_to_act_is_left_out() -> None:
    line = '\x1b[?2004l\x1b[01;31m\x1b[Kread\x1b[m\x1b[K(3, "x", 1) = 1\x1b(B\x1b[m'
    assert read([line]) == read(['read(3, "x", 1) = 1'])
