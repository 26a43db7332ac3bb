"""Damaged logs are read without a crash, and every line of them is accounted for; `make fuzz` tries more."""

import gzip
import os
import random

import pytest

from tests.fuzz.growth import LINES, of_line
from tests.fuzz.invariants import BrokenRuleError, check, lines_of, read
from tests.fuzz.mutations import OF_BYTES, OF_LINES, mutated
from tests.fuzz.run import case_of, run_case
from tests.fuzz.streams import valid_stream
from tests.support.strace_log import Call
from tracekit.errors import UnreadableError

LINE = '7  12:00:00.000001 read(3, "x", 8) = 1'
MEGABYTES = 10 if os.environ.get("TRACEKIT_ALL_FUZZ") else 1
"""How long a line is: ten with `make fuzz`."""
WHOLE = {LINE.encode(): Call("read", ("3", ", ", '"x"', ", ", "8"), "1", 1)}


@pytest.mark.parametrize("name", OF_LINES)
def test_lines_are_damaged(name: str) -> None:
    chance = random.Random(name)
    for _ in range(12):
        stream = valid_stream(chance, 40)
        lines = stream.lines
        for _ in range(chance.choice((1, 5, 20))):
            lines = OF_LINES[name](chance, lines or [b""])
        check(b"".join(line + b"\n" for line in lines), stream.calls)


@pytest.mark.parametrize("name", OF_BYTES)
def test_a_file_is_damaged(name: str) -> None:
    chance = random.Random(name)
    for _ in range(6):
        stream = valid_stream(chance, 40)
        lines = mutated(chance, stream.lines, chance.choice((0, 3)))
        check(OF_BYTES[name](chance, b"".join(line + b"\n" for line in lines)), stream.calls)


@pytest.mark.parametrize("number", range(40))
def test_cases_of_the_long_run(number: int) -> None:
    assert run_case(1, number)[2] == ""
    assert case_of(1, number)[0] == case_of(1, number)[0]


@pytest.mark.parametrize(
    ("before", "piece"), [(b"", b"\0"), (b"f(", b"["), (b'f("', b"x"), (b'7  12:00:00.000001 f("', b"\\")]
)
def test_a_line_of_megabytes(before: bytes, piece: bytes) -> None:
    line = LINE.encode()
    check(b"\n".join([line, before + piece * (MEGABYTES * 1_000_000), line]), WHOLE)


@pytest.mark.parametrize("text", ["f({}", "f({}) = 0", "f(1) = 0 {}", "{}"])
@pytest.mark.parametrize("pair", ["[]", "{}", "()", "<>"])
def test_a_hundred_thousand_brackets(pair: str, text: str) -> None:
    nested = pair[0] * 100_000 + pair[1] * 100_000
    of_line(text.replace("{}", nested[:100_000]))
    check(f"{LINE}\n7  12:00:00.000001 {text.replace('{}', nested)}\n{LINE}\n".encode(), WHOLE)


@pytest.mark.parametrize("name", LINES)
def test_long_lines_of_every_shape(name: str) -> None:
    """That their time grows as their length does is measured by the long run (`tests.fuzz.growth`)."""
    line = LINE.encode()
    check(b"\n".join([line, LINES[name](3000).encode(), line]), WHOLE)


def test_a_packed_log_that_was_cut_is_refused_or_read_so_far() -> None:
    chance = random.Random(5)
    text = b"".join(f"7  12:00:00.{chance.randrange(10**6):06} getpid() = 7\n".encode() for _ in range(500))
    packed = gzip.compress(text, mtime=0)
    for end in (1, 2, 9, 60, len(packed) // 2, len(packed) - 9, len(packed) - 1):
        assert told(packed[:end])
    assert not told(packed)


def told(data: bytes) -> object:
    """Return what somebody who reads this is told of its state: a hint, or warnings."""
    try:
        return read(data).warnings
    except UnreadableError as refusal:
        return refusal.hint


@pytest.mark.parametrize(
    "wrong",
    [
        {LINE.encode(): Call("read", ("4", ", ", '"x"', ", ", "8"), "1", 1)},
        {LINE.encode(): Call("read", ("3", ", ", '"x"', ", ", "8"), "2", 2)},
        {LINE.encode(): Call("write", ("3", ", ", '"x"', ", ", "8"), "1", 1)},
    ],
)
def test_a_wrong_reading_is_found(wrong: dict[bytes, Call]) -> None:
    check(f"{LINE}\n".encode(), WHOLE)
    with pytest.raises(BrokenRuleError):
        check(f"{LINE}\n".encode(), wrong)


def test_lines_are_counted_from_outside() -> None:
    assert lines_of(b"\xef\xbb\xbfa\r\nb\n\nc") == [b"a", b"b", b"", b"c"]
    assert lines_of(gzip.compress(b"a\n", mtime=0)) == [b"a"]
    assert lines_of(b"\x1f\x8bgarbage") == []


@pytest.mark.parametrize(
    "lines",
    [
        ["7 9795409445.000001 f() = 0", LINE],
        ["99999999.9 f() = 0"] * 200,
        ["7 12:00:00 f() = 0 <999999999.9>", "7 12:00:00 f() = 0 <99999999999.9>"],
        [f"(+ {'9' * 5000}) f() = 0", "(+ 1) f() = 0"],
    ],
    ids=["the year 2280", "deltas that add up", "a duration", "digits"],
)
def test_times_that_no_clock_tells(lines: list[str]) -> None:
    check("".join(f"{line}\n" for line in lines).encode(), WHOLE)
