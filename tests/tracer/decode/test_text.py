"""Strings: safe to print, and nothing of them is lost."""

import re

from hypothesis import given
from hypothesis import strategies as st

from tests.support.decoding import FakeTask, decode
from tracekit.tracer.decode import Options
from tracekit.tracer.decode.text import quoted

NAMED = {"n": 10, "t": 9, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}
ESCAPE = re.compile(r"\\(x[0-9a-f]{2}|[0-7]{1,3}|.)|(.)")


def unquoted(text: str) -> bytes:
    """Read a string as the C language does (C11 6.4.4.4)."""
    assert text[0] == text[-1] == '"'
    data = []
    for escape, plain in ESCAPE.findall(text[1:-1]):
        if plain:
            data.append(ord(plain))
        elif escape[0] == "x":
            data.append(int(escape[1:], 16))
        else:
            data.append(int(escape, 8) if escape[0].isdigit() else NAMED[escape])
    return bytes(data)


@given(st.binary(max_size=64), st.integers(0, 2))
def test_a_string_reads_back(data: bytes, hex_strings: int) -> None:
    assert unquoted(quoted(data, hex_strings)) == data


@given(st.binary(max_size=64), st.integers(0, 2))
def test_a_string_is_harmless(data: bytes, hex_strings: int) -> None:
    text = quoted(data, hex_strings)
    assert text.isascii()
    assert text.isprintable()
    assert not re.search(r'(?<!\\)(?:\\\\)*"', text[1:-1])


@given(st.binary(max_size=80), st.integers(0, 40))
def test_the_limit_counts_bytes_of_the_program(data: bytes, limit: int) -> None:
    task = FakeTask(data or b"\0", 0x1000)
    entry, _, _ = decode(task, "write", 1, 0x1000, len(data), options=Options(string_limit=limit))
    text, dots = re.fullmatch(r'write\(1, (".*")(\.\.\.)?, \d+', entry, re.DOTALL).groups()  # type: ignore[union-attr]
    assert unquoted(text) == data[:limit]
    assert bool(dots) == (len(data) > limit)


def test_an_octal_digit_behind_an_octal_escape() -> None:
    assert quoted(b"\x010") == r'"\0010"'
    assert quoted(b"\x017") == r'"\0017"'
    assert quoted(b"\x018") == r'"\18"'
    assert quoted(b"\xff1") == r'"\3771"'
    assert quoted(b"\n1") == r'"\n1"'


def test_a_path_is_longer_than_any_limit() -> None:
    path = b"/" + b"d" * 3000
    entry, _, _ = decode(FakeTask(path + b"\0", 0x1000), "chdir", 0x1000, options=Options(string_limit=4))
    assert entry == f'chdir("{path.decode()}"'


def test_a_path_without_end_is_cut_where_the_kernel_gives_up() -> None:
    entry, _, _ = decode(FakeTask(b"d" * 9000, 0x1000), "chdir", 0x1000)
    assert entry == f'chdir("{"d" * 4095}"...'
