"""Shapes of values that strace prints seldom, or did once: each has a typed tree, by both ways of reading."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracekit.stream import parse_arguments, parse_return
from tracekit.stream.arguments import arguments_by_grammar
from tracekit.stream.values import (
    Array,
    Change,
    Character,
    Descriptor,
    Field,
    Flags,
    Function,
    Integer,
    Name,
    Operation,
    Set,
    String,
    Struct,
    Unknown,
    Value,
)


def number(value: int, text: str | None = None, comment: str = "") -> Integer:
    return Integer(value, str(value) if text is None else text, comment=comment)


SHAPES = [
    ("'S'", Character(ord("S"))),
    (r"'\''", Character(ord("'"))),
    (r"v4l2_fourcc('\x0d', '\"')", Function("v4l2_fourcc", (Character(13), Character(ord('"'))))),
    ("0x5 /* A(1 /* B */, 2) */", number(5, "0x5", "A(1 /* B */, 2)")),
    (
        "-100 /* AT_FDCWD */</tmp/a, b) = 3 (x>",
        Descriptor(-100, "/tmp/a, b) = 3 (x", "-100", comment="AT_FDCWD"),
    ),
    ("3</a>(deleted)", Descriptor(3, "/a", deleted=True)),
    ("3</a> [bin_t!!etc_t]", Descriptor(3, "/a", comment="[bin_t!!etc_t]")),
    ("AT_FDCWD [bin_t]", Name("AT_FDCWD", comment="[bin_t]")),
    ('"a"... [u:r:t:s0:c1,c2]', String(b"a", cut=True, comment="[u:r:t:s0:c1,c2]")),
    ("-100 /* AT_FDCWD */</a> [bin_t]", Descriptor(-100, "/a", "-100", comment="AT_FDCWD; [bin_t]")),
    ('{sun_path="/a" [bin_t]}', Struct((Field("sun_path", String(b"/a", comment="[bin_t]")),))),
    ("[5</a> [bin_t] 6]", Set((Descriptor(5, "/a", comment="[bin_t]"), number(6)))),
    ("[bin_t]", Array((Name("bin_t"),))),
    ("3<{eventfd-count=0x1, eventfd-id=7}>", Descriptor(3, "{eventfd-count=0x1, eventfd-id=7}")),
    ("3<pid:12<sh>>", Descriptor(3, "pid:12<sh>")),
    ("-ENOENT", Operation("-", (Name("ENOENT"),))),
    ("!PR_A|PR_B", Flags((Operation("!", (Name("PR_A"),)), Name("PR_B")))),
    ("~(1<<A)", Operation("~", (Operation("<<", (number(1), Name("A"))),))),
    ("1<<(A-1)", Operation("<<", (number(1), Operation("-", (Name("A"), number(1)))))),
    ("30/1001", Operation("/", (number(30), number(1001)))),
    (
        "offsetof(struct user, u_debugreg) + 4",
        Operation("+", (Function("offsetof", (Name("struct user"), Name("u_debugreg"))), number(4))),
    ),
    ("[EV_ABS EV_LED ...]", Set((Name("EV_ABS"), Name("EV_LED")), cut=True)),
    ("[0x3 /* A */ 0x4 /* B */]", Set((number(3, "0x3", "A"), number(4, "0x4", "B")))),
    ("[[0 /* A */]=7]", Array((Field("[0 /* A */]", number(7)),))),
    ("[[A-1]=7]", Array((Field("[A-1]", number(7)),))),
    ("[1, ... /* 0x7f */]", Array((number(1), Unknown("...", comment="0x7f")), cut=True)),
    ("{a=1 => a=B|C}", Struct((Field("a", Change(number(1), Field("a", Flags((Name("B"), Name("C")))))),))),
    ("[1] => [2]", Change(Array((number(1),)), Array((number(2),)))),
    ("[A, *, ...]", Array((Name("A"), Name("*")), cut=True)),
    ("VALID-13", Name("VALID-13")),
    ("9A1XYZ-3", Name("9A1XYZ-3")),
    ("52:54:00:12:34:56", Name("52:54:00:12:34:56")),
    ("01234567-89ab-cdef-fedc-ba9876543210", Name("01234567-89ab-cdef-fedc-ba9876543210")),
    # strace 4
    (
        "{B38400 opost -isig ...}",
        Struct(
            (Field("", Name("B38400")), Field("", Name("opost")), Field("", Operation("-", (Name("isig"),)))),
            cut=True,
        ),
    ),
    (
        "{loads={1, 2} procs=3}",
        Struct(
            (Field("loads", Struct((Field("", number(1)), Field("", number(2))))), Field("procs", number(3)))
        ),
    ),
    (
        '{msg_iov(1)=[{"x", 1}]}',
        Struct((Field("msg_iov(1)", Array((Struct((Field("", String(b"x")), Field("", number(1)))),))),)),
    ),
    ("[2012/01/31-00:00:00]", Array((Name("2012/01/31-00:00:00"),))),
    ("{a:-1, }", Struct((Field("a", number(-1)),))),
    ("[9d, a0]", Array((Name("9d"), Name("a0")))),
    ("mask [USR1 USR2]", Field("mask", Set((Name("USR1"), Name("USR2"))))),
]


@pytest.mark.parametrize(("text", "value"), SHAPES, ids=[text for text, _ in SHAPES])
def test_shape(text: str, value: Value) -> None:
    assert parse_arguments(text) == (value,)
    assert parse_arguments(f"3, {text}, NULL")[1:2] == arguments_by_grammar(text) == (value,)


@pytest.mark.parametrize(
    ("text", "number", "errno", "comment"),
    [
        ("2 /* 31909 in strace's PID NS */", 2, None, "31909 in strace's PID NS"),
        ("2<sh> /* 3<sh> in strace's PID NS */", 2, None, "3<sh> in strace's PID NS"),
        ("3</a> [u:r:bin_t:s0]", 3, None, "[u:r:bin_t:s0]"),
        ("3 [bin_t] (INJECTED)", 3, None, "[bin_t]"),
        ("-1 ERRNO_514 (Unknown error 514)", -1, "ERRNO_514", ""),
        ("-1 E??? (errno 777)", -1, "E???", ""),
    ],
)
def test_return(text: str, number: int, errno: str | None, comment: str) -> None:
    returned = parse_return(text)
    assert (returned.number, returned.errno, returned.comment) == (number, errno, comment)


pieces = st.sampled_from(
    [
        *(
            "3",
            "-1",
            "0x7f",
            "0644",
            "NULL",
            "O_RDWR",
            "A|B",
            "0x1|B",
            "a",
            "3</a, b>",
            "AT_FDCWD</>",
            '"x"',
            '"x"...',
        ),
        *(
            "{",
            "}",
            "[",
            "]",
            "(",
            ")",
            ", ",
            ",",
            " ",
            " => ",
            "=",
            "a=",
            "==",
            "f(",
            "...",
            " /* c */",
            "/* c */",
        ),
        *(
            "???",
            "'x'",
            "~[",
            "-",
            "!",
            "<<",
            "|",
            "*",
            "+",
            " [a_t]",
            " or ",
            " && ",
            "[5]=",
            "8a",
            "1.5",
            "<",
            ">",
            '"',
            "\\",
        ),
    ]
)


@given(st.lists(pieces, max_size=12).map("".join))
@settings(max_examples=1000)
def test_the_quick_way_reads_as_the_grammar_does(text: str) -> None:
    assert parse_arguments(text) == arguments_by_grammar(text)
