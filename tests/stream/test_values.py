"""Arguments and return values, against what strace's documentation and source say that they mean."""

import json
from pathlib import Path

import pytest

from tracekit.stream import parse_arguments, parse_return, read_events
from tracekit.stream import values as shapes
from tracekit.stream.annotation import read_annotation
from tracekit.stream.values import (
    Array,
    Change,
    Descriptor,
    Field,
    Flags,
    Function,
    Integer,
    Name,
    Operation,
    Return,
    Set,
    String,
    Struct,
    Unknown,
    Value,
)

FORMS = [json.loads(line) for line in Path(__file__).with_name("strace-forms.jsonl").read_text().splitlines()]
TCP = "TCP:[127.0.0.1:80->127.0.0.1:4]"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"hi\0\377\n\t\"q\\"', String(b'hi\0\xff\n\t"q\\')),
        (r'"\0001\1a"', String(b"\x001\x01a")),
        (r'"\x7f\x45"', String(b"\x7fE")),
        ('"GET"...', String(b"GET", cut=True)),
        ('@"abs"', String(b"abs", abstract=True)),
        ("0644", Integer(0o644, "0644")),
        ("0x7f", Integer(127, "0x7f")),
        ("-1", Integer(-1, "-1")),
        ("00000000", Integer(0, "00000000")),
        ("-100 /* AT_FDCWD */", Integer(-100, "-100", comment="AT_FDCWD")),
        ("O_RDWR|O_CREAT|0x40", Flags((Name("O_RDWR"), Name("O_CREAT"), Integer(64, "0x40")))),
        ("3</tmp/a, b) = 3 (x>", Descriptor(3, "/tmp/a, b) = 3 (x")),
        ("2</dev/null<char 1:3>>", Descriptor(2, "/dev/null<char 1:3>")),
        ("3</memfd:m>(deleted)", Descriptor(3, "/memfd:m", deleted=True)),
        ("3</tmp/x (deleted)>", Descriptor(3, "/tmp/x (deleted)")),
        (f"11<{TCP}>", Descriptor(11, TCP)),
        ("AT_FDCWD</>", Descriptor(None, "/", "AT_FDCWD")),
        ('5<UNIX-STREAM:[1->2,@"a]>b"]>', Descriptor(5, 'UNIX-STREAM:[1->2,@"a]>b"]')),
        ("{a=1, ...}", Struct((Field("a", Integer(1, "1")),), cut=True)),
        ("{[5]=0x2}", Struct((Field("[5]", Integer(2, "0x2")),))),
        ("[128 => 28]", Array((Change(Integer(128, "128"), Integer(28, "28")),))),
        ("~[KILL STOP]", Set((Name("KILL"), Name("STOP")), negated=True)),
        ("[5<a> 15<b>]", Set((Descriptor(5, "a"), Descriptor(15, "b")))),
        ("htons(80)", Function("htons", (Integer(80, "80"),))),
        ("8192*1024", Operation("*", (Integer(8192, "8192"), Integer(1024, "1024")))),
        ("TCGETS or X", Operation("or", (Name("TCGETS"), Name("X")))),
        ("1<<CAP_CHOWN", Operation("<<", (Integer(1, "1"), Name("CAP_CHOWN")))),
        ("flags=SIGCHLD", Field("flags", Name("SIGCHLD"))),
        ("???", Unknown("???")),
        ("<... resuming interrupted read ...>", Unknown("<... resuming interrupted read ...>")),
    ],
)
def test_argument(text: str, value: Value) -> None:
    assert parse_arguments(text) == (value,)
    assert parse_arguments(f"{text}, {text}") == (value, value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (String(b"GET"), "String(b'GET')"),
        (String(b"GET", abstract=True), "String(b'GET', abstract=True)"),
        (Integer(-100, "-100", comment="AT_FDCWD"), "Integer(-100, '-100', comment='AT_FDCWD')"),
        (Flags((Name("O_RDWR"),)), "Flags((Name('O_RDWR'),))"),
        (Descriptor(None, "/", "AT_FDCWD"), "Descriptor(None, '/', 'AT_FDCWD')"),
        (Descriptor(3, "/x", deleted=True), "Descriptor(3, '/x', deleted=True)"),
        (Struct((Field("a", Unknown()),), cut=True), "Struct((Field('a', Unknown()),), cut=True)"),
        (Return("0", 0), "Return('0', 0)"),
        (Return("? E (x)", errno="E", notes=("x",)), "Return('? E (x)', errno='E', notes=('x',))"),
    ],
)
def test_a_value_is_shown_without_what_is_as_usual(value: Value | Return, shown: str) -> None:
    assert repr(value) == shown


def test_what_is_shown_makes_the_same_value() -> None:
    events = [event for form in FORMS for event in read_events([form["line"]])]
    found = [parse_arguments(event.args or "") for event in events]
    returned = [parse_return(event.ret_text or "?") for event in events]
    assert sum(map(len, found)) > 100
    for value in (*found, *returned):
        assert eval(repr(value), vars(shapes).copy()) == value


@pytest.mark.parametrize(
    "text", ['"never closed', "{a=", "[" * 5000, "9" * 5000, ")", "1 2 3", "\x00", "<<<", "🐍"]
)
def test_what_the_grammar_does_not_know_is_kept_as_text(text: str) -> None:
    values = parse_arguments(text)
    assert all(isinstance(value, Unknown) for value in values)
    assert "".join(getattr(value, "text", "") for value in values) == text


def test_half_of_a_call_keeps_what_is_readable() -> None:
    assert parse_arguments('3, "x", {a=') == (Integer(3, "3"), String(b"x"), Unknown("{a="))


@pytest.mark.parametrize(
    ("text", "number", "errno", "notes"),
    [
        ("0", 0, None, ()),
        ("?", None, None, ()),
        ("? <unavailable>", None, None, ("unavailable",)),
        (
            "? ERESTARTSYS (To be restarted if SA_RESTART is set)",
            None,
            "ERESTARTSYS",
            ("To be restarted if SA_RESTART is set",),
        ),
        ("-1 EAGAIN (Resource temporarily unavailable)", -1, "EAGAIN", ("Resource temporarily unavailable",)),
        ("-1 (errno 12345)", -1, "12345", ("errno 12345",)),
        ("0x2 (flags O_RDWR)", 2, None, ("flags O_RDWR",)),
        ("077", 0o77, None, ()),
        ("0xffffffffffffffff", -1, None, ()),
        ("1 ([{fd=5</tmp/a) = 3>, revents=POLLIN}])", 1, None, ("[{fd=5</tmp/a) = 3>, revents=POLLIN}]",)),
        ("0 (INJECTED) (DELAYED)", 0, None, ("INJECTED", "DELAYED")),
    ],
)
def test_return(text: str, number: int | None, errno: str | None, notes: tuple[str, ...]) -> None:
    returned = parse_return(text)
    assert (returned.number, returned.errno, returned.notes) == (number, errno, notes)


def test_returned_descriptor() -> None:
    assert parse_return(f"14<{TCP}>").descriptor == Descriptor(14, TCP)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/srv/www", ("file", "/srv/www", None, None)),
        (r"/tmp/c\76d\74e", ("file", "/tmp/c>d<e", None, None)),
        ("/dev/null<char 1:3>", ("file", "/dev/null", None, None)),
        (TCP, ("TCP", None, "127.0.0.1:80", "127.0.0.1:4")),
        ("TCPv6:[[::]:80]", ("TCPv6", None, "[::]:80", None)),
        ("pipe:[3]", ("pipe", None, None, None)),
        ("anon_inode:inotify", ("anon_inode", None, None, None)),
    ],
)
def test_annotation(text: str, expected: tuple[str | None, ...]) -> None:
    assert tuple(read_annotation(text)) == expected
