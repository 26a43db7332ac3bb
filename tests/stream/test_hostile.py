"""Hostile lines: no text is structure that strace did not print, and a line costs what it is long."""

from collections.abc import Callable

import pytest

from tracekit.stream import Reader, parse_arguments, parse_return, read_events
from tracekit.stream.arguments import DEEPEST, arguments_by_grammar
from tracekit.stream.diagnosis import diagnose
from tracekit.stream.forms import Says, read_form, read_note, split_interruption
from tracekit.stream.leader import layout_of_line
from tracekit.stream.summary import Summary
from tracekit.stream.values import Array, Descriptor, Name, String, Unknown

FORGED = [
    # what a client chose, within what strace printed: name, arguments, return
    (r'openat(AT_FDCWD, "/tmp/f) = 7", O_RDONLY) = 3', "openat", 3, "3"),
    (r'openat(AT_FDCWD, "/tmp/f\") = 7, \"", O_RDONLY) = 3', "openat", 3, "3"),
    (r'write(3</tmp/a, b) = 3 (x>, "x", 1) = 1', "write", 3, "1"),
    (r'write(3</tmp/q\"q>, "x", 1) = 1', "write", 3, "1"),
    (r'write(3</tmp/"unbalanced, (>, "x", 1) = 1', "write", 3, "1"),
    (r'write(3</tmp/[{("\>, "x", 1) = 1', "write", 3, "1"),
    (r'write(3</a /* b>, "c */", 4) = 1', "write", 3, "1"),
    (r'write(3</a \74unfinished ...\76>, "x", 1) = 1', "write", 3, "1"),
    (r'openat(-100 /* AT_FDCWD */</tmp/a, b) = 3 (>, "x", 0) = 4', "openat", 3, "4"),
    (r'sendto(5<UNIX-STREAM:[7->8,"/run/a]>, 1) = 9 <"]>, "x", 1, 0, NULL, 0) = 1', "sendto", 6, "1"),
    (r'sendto(5<UNIX-STREAM:[7,@"a\"]>) = 9"]>, "x", 1, 0, NULL, 0) = 1', "sendto", 6, "1"),
    (r'setxattr("/f", "user.a, b) = 0 <0.1>", "v\"", 1, 0) = 0', "setxattr", 5, "0"),
    (r'execve("/x", ["x", ") = 0", "[\"", "<... read resumed>"], NULL) = 0', "execve", 3, "0"),
    (r'execve("/x", ["x) = 0 /*", "*/"], 0x7f /* 3 vars */) = 0', "execve", 3, "0"),
    (r'kill(1234<a) = 3>, SIGTERM) = 0', "kill", 2, "0"),
    (r'kill(1234<a, \74b\76 (>, SIGTERM) = 0', "kill", 2, "0"),
    (r'poll([{fd=5</a) = 3>, events=POLLIN}], 1, 9) = 1 ([{fd=5</a) = 3>}])', "poll", 3, "1"),
    (r'openat(AT_FDCWD</a) = 1 (b>, "c", O_RDONLY) = 3</a) = 4 (d>', "openat", 3, "3"),
    (r"""ioctl(1, KDSKBDIACR, {kb_cnt=1, kbdiacr=[{diacr='"', base='('}]}) = 0""", "ioctl", 3, "0"),
    (r'write(1, "x <unfinished ...>\n", 19) = 19', "write", 3, "19"),
    (r'write(1, "strace: Process 7 attached", 26) = 26', "write", 3, "26"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "name", "arguments", "returned"), FORGED)
def test_what_a_client_sent_is_no_structure(line: str, name: str, arguments: int, returned: str) -> None:
    (event,) = read_events([f"7  1795400000.000001 {line} <0.000012>\n"])
    assert (event.kind, event.name, event.tid, event.duration_ns) == ("syscall", name, 7, 12_000)
    assert (event.ret_text or "").startswith(returned)
    values = parse_arguments(event.args or "")
    assert len(values) == arguments
    assert values == arguments_by_grammar(event.args or "")
    assert not any(isinstance(value, Unknown) for value in values)


def test_what_a_client_sent_is_read_to_the_byte() -> None:
    text = r'3</tmp/a, b) = 3 (x>, "/tmp/f\") = 7, \"\0\0011\377", @"[{(", O_RDONLY'
    assert parse_arguments(text) == (
        Descriptor(3, "/tmp/a, b) = 3 (x"),
        String(b'/tmp/f") = 7, "\0\x011\xff'),
        String(b"[{(", abstract=True),
        Name("O_RDONLY"),
    )


def test_before_strace_4_22_a_path_may_hold_the_bracket() -> None:
    (event,) = read_events(['7  write(3</tmp/a>b>, "x", 1) = 1\n'])
    assert parse_arguments(event.args or "")[0] == Descriptor(3, "/tmp/a>b")


@pytest.mark.parametrize("line", ['write(1, "x) = 3', "close(3</a) = 3", "f({a=1) = 0 (", 'f("a\\") = 0'])
def test_a_string_or_annotation_that_does_not_end_hides_no_return(line: str) -> None:
    assert read_form(line).says is Says.NOTHING


def test_nesting_has_an_end() -> None:
    (value,) = parse_arguments("[" * DEEPEST + "]" * DEEPEST)
    assert isinstance(value, Array)
    for text in ("[" * 65 + "]" * 65, "[" * 100_000, "f(" * 100_000 + ")" * 100_000, "1 => " * 100_000 + "1"):
        assert parse_arguments(text) == arguments_by_grammar(text) == (Unknown(text),)


def feed(line: str) -> None:
    reader = Reader()
    reader.feed("1  getpid() = 1")
    reader.feed(line)
    reader.finish()


ENTRIES: dict[str, Callable[[str], object]] = {
    "a line": lambda text: feed(f"1  {text}"),
    "a form": read_form,
    "a note": read_note,
    "an interruption": split_interruption,
    "a layout": layout_of_line,
    "a table": lambda text: Summary().reads(text),
    "arguments": parse_arguments,
    "arguments by the grammar": arguments_by_grammar,
    "a return": parse_return,
    "a diagnosis": lambda text: diagnose(text, 0, "no pid"),
}
HEADS = [
    "",
    "f(",
    'f("',
    "3</",
    "f(3<",
    "--- SIGX {",
    "--- {si_signo=SIGX",
    "0 (",
    "f() = 0 (",
    "[",
    "Process 1<",
]
PIECES = [
    '\\"',
    '"',
    "<",
    ">",
    "a<",
    "A<",
    "A:[",
    "/*",
    "*/",
    "(",
    "{",
    "[",
    "=>",
    "9",
    "a",
    "a-",
    " ",
    "- ",
    "'",
    "/",
]
LENGTH = 40_000
"""Characters: work that grows with the square of it takes minutes, and the test's time is up."""


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("entry", ENTRIES)
def test_time_is_linear(entry: str, piece: str) -> None:
    for head in HEADS:
        ENTRIES[entry](head + piece * (LENGTH // len(piece)) + ") = 0 ---")
