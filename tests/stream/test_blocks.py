"""Lines read in blocks are what they are one by one, wherever the blocks are cut."""

import gzip
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.accounting import accounts
from tests.support.traces import RECORDED
from tests.support.tricky_log import MIXED, PIDS, contents, read_by_line
from tracekit.stream import Reader, read_block
from tracekit.stream import blocks as module

ALL_LINES = MIXED.splitlines(keepends=True)


def read_in_blocks(text: str, cuts: list[int]) -> Reader:
    """Read lines in blocks that are cut behind these lines."""
    reader = Reader("log")
    lines = text.splitlines(keepends=True)
    for begin, end in pairwise([0, *cuts, len(lines)]):
        if begin < end:
            read_block(reader, "".join(lines[begin:end]))
    reader.finish()
    return reader


@pytest.mark.parametrize("text", [PIDS, MIXED, MIXED.removesuffix("\n")], ids=["pids", "mixed", "cut"])
def test_wherever_it_is_cut(text: str) -> None:
    expected = contents(read_by_line(text))
    for cut in range(len(text.splitlines())):
        assert contents(read_in_blocks(text, [cut])) == expected


@given(st.lists(st.sampled_from(ALL_LINES), min_size=1, max_size=40), st.sets(st.integers(1, 39), max_size=3))
@settings(max_examples=300, deadline=None)
def test_in_whatever_order_lines_come(lines: list[str], cuts: set[int]) -> None:
    text = "".join(lines)
    chosen = [cut for cut in sorted(cuts) if cut < len(lines)]
    reader = read_in_blocks(text, chosen)
    assert contents(reader) == contents(read_by_line(text))
    assert accounts(reader.rows.events(), len(lines)) == {}


@pytest.mark.parametrize("text", [PIDS, MIXED], ids=["pids", "mixed"])
def test_every_line_is_in_one_event(text: str) -> None:
    assert accounts(read_by_line(text).rows.events(), text.count("\n")) == {}


@pytest.mark.parametrize("name", ["apache-event", "apache-prefork-plain", "apache-worker-plain"])
def test_recorded(name: str) -> None:
    text = gzip.decompress((RECORDED / f"{name}.strace.gz").read_bytes()).decode()
    assert contents(read_in_blocks(text, [1000, 1001])) == contents(read_by_line(text))


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracekit.stream.memory.REMEMBERED", 50)
    text = "".join(f"7 read(3, {n} <unfinished ...>\n7 <... read resumed>, {n}) = 1\n" for n in range(500))
    assert contents(read_in_blocks(text, [300])) == contents(read_by_line(text))
    assert len(module.TEXTS) <= 50
    assert len(module.WHOLE_CALLS) <= 50
