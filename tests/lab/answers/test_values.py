"""Kindness with limits: what means the same is taken, and nothing that means something else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracekit.lab.answers import Cited
from tracekit.lab.answers.values import WrongError, convert
from tracekit.lab.exercise import Field

INT, TEXT, PATH = Field("f", "int", ""), Field("f", "text", ""), Field("f", "path", "")
INTS, LINES = Field("f", "ints", "", at_most=3), Field("f", "evidence", "", at_most=3)
MPM = Field("f", "choice", "", choices=("prefork", "worker", "event"))
YES = Field("f", "choice", "", choices=("yes", "no"))
SIGNAL = Field("f", "choice", "", choices=("SIGSEGV", "SIGBUS"))


@pytest.mark.parametrize(
    ("field", "value", "means"),
    [
        (INT, 0, 0),
        (INT, " 4711 ", 4711),
        (INT, "pid 4711", 4711),
        (INT, "TID: 4711", 4711),
        (INT, "lwp=4711", 4711),
        (INT, "  ", None),
        (TEXT, " a b ", "a b"),
        (PATH, " /srv/www/ ", "/srv/www"),
        (PATH, "/", "/"),
        (PATH, "//srv//www/./x/", "/srv/www/x"),
        (MPM, " Event ", "event"),
        (SIGNAL, "sigsegv", "SIGSEGV"),
        (YES, True, "yes"),
        (YES, False, "no"),
        (YES, "True", "yes"),
        (YES, "N", "no"),
        (INTS, 5, (5,)),
        (INTS, "pid 5", (5,)),
        (INTS, "5, 6 7", (5, 6, 7)),
        (INTS, [5, "6", 5], (5, 6)),
        (INTS, [], ()),
        (LINES, 5, (Cited(5),)),
        (LINES, {"line": 5, "tid": "tid 7", "file": "a/trace.strace"}, (Cited(5, 7, "trace.strace"),)),
        (LINES, ["line 5", "l7", "trace.strace:9"], (Cited(5), Cited(7), Cited(9, file="trace.strace"))),
        (LINES, [5, {"line": 5, "tid": 1}, 6], (Cited(5), Cited(6))),
        (LINES, "5, 6", (Cited(5), Cited(6))),
        (LINES, [], ()),
    ],
)
def test_taken(field: Field, value: Any, means: Any) -> None:
    """It is taken for what it means."""
    assert convert(value, field) == means


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        (INT, True, ()),
        (INT, 4711.0, ()),
        (INT, -1, ()),
        (INT, 2**31, ()),
        (INT, "...164", ()),
        (INT, "16 4", ()),
        (INT, "0x10", ()),
        (INT, "pid 1234 or 5", ()),
        (INT, "\u0661", ()),
        (INT, [4711], ()),
        (INT, "pid" + " " * 60_000 + "x", ()),
        (TEXT, 5, ()),
        (TEXT, "x" * 5000, ()),
        (TEXT, "a\x1b[31mb", ()),
        (PATH, "srv/www", ()),
        (PATH, "/srv\0", ()),
        (PATH, "/srv\ud800", ()),
        (MPM, "event or worker", ()),
        (MPM, 1, ()),
        (MPM, True, ()),
        (MPM, ["event"], ()),
        (SIGNAL, 11, ()),
        (YES, 1, ()),
        (INTS, [1, 2, 3, 4], ()),
        (INTS, [1, None], (1,)),
        (INTS, [[1]], (0,)),
        (INTS, {"a": 1}, (0,)),
        (LINES, [1, 2, 3, 4], ()),
        (LINES, [1, 0], (1,)),
        (LINES, [{"tid": 5}], (0,)),
        (LINES, [{"line": 5, "tid": "x"}], (0, "tid")),
        (LINES, [{"line": True}], (0, "line")),
        (LINES, [{"line": 5, "file": 7}], (0, "file")),
        (LINES, [{"line": 5, "why": "x"}], (0, "why")),
    ],
)
def test_refused(field: Field, value: Any, place: tuple[str | int, ...]) -> None:
    """It is not taken for anything, and the error says where."""
    with pytest.raises(WrongError) as error:
        convert(value, field)
    assert error.value.path == place


@given(st.text(max_size=30))
def test_texts_are_anchored(text: str) -> None:
    """A text is a number only when nothing but this number stands in it."""
    try:
        number = convert(text, INT)
    except WrongError:
        return
    assert number is None or text.strip().lower().endswith(str(number)) or text.strip().lstrip("0") == ""


@given(st.lists(st.sampled_from(["srv", "www", ".", "", "a b", "ä"]), min_size=1))
def test_paths_are_normal(parts: list[str]) -> None:
    """A path comes out in one form, and that form stays."""
    path = convert("/" + "/".join(parts), PATH)
    assert path == convert(path, PATH) == convert(path + "/", PATH)
    assert path.split("/") == ["", *(part for part in parts if part not in ("", "."))] or path == "/"
