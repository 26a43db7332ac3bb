"""A log that is read in pieces has the rows that it has when it is read in one go, wherever it is cut."""

import gzip
import pickle
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.traces import RECORDED
from tests.support.tricky_log import PIDS, contents, read_by_line
from tracekit.stream import Reader, read_block
from tracekit.stream.pieces import can_be_cut, put_behind, read_piece

DELTAS = "".join(
    f"{line[:3]}      0.{number:06} {line[19:]}" if line[:1].isdigit() else line
    for number, line in enumerate(PIDS.splitlines(keepends=True))
)
OF_ONE_TASK = re.sub(r"^\d+ +", "", PIDS, flags=re.MULTILINE)
"""A log of ``-ff``; what it tells of itself need not make sense."""
BARE = re.sub(r"^\d\d:\S+ ", "", OF_ONE_TASK, flags=re.MULTILINE)
OTHER_LAYOUT = PIDS + "[pid    30] 00:00:02.000000 getpid() = 30\n" + PIDS


def in_pieces(text: str, cuts: list[int], tid: int | None = None) -> tuple[Reader, int]:
    """Read the lines up to the first cut, and the rest as pieces; return how many had to be read again."""
    reader, again = Reader("log", tid), 0
    lines = text.splitlines(keepends=True)
    layout = reader.layout
    for number, (begin, end) in enumerate(pairwise([0, *cuts, len(lines)])):
        block = "".join(lines[begin:end])
        if number == 1:
            layout = reader.layout
        if not number or not can_be_cut(reader):
            read_block(reader, block)
            continue
        piece = pickle.loads(pickle.dumps(read_piece([block], layout, tid)))
        if not put_behind(reader, piece, layout):
            again += 1
            read_block(reader, block)
    reader.finish()
    return reader, again


@pytest.mark.parametrize(
    "text", [PIDS, DELTAS, OTHER_LAYOUT, PIDS.removesuffix("\n")], ids=["-tt", "-r", "other", "cut"]
)
def test_wherever_it_is_cut(text: str) -> None:
    expected = contents(read_by_line(text))
    count = len(text.splitlines())
    for cut in range(2, count):
        for other in (count, *range(cut + 1, min(cut + 4, count))):
            reader, _ = in_pieces(text, [cut, other] if other < count else [cut])
            assert contents(reader) == expected, (cut, other)


@pytest.mark.parametrize("text", [OF_ONE_TASK, BARE], ids=["-tt", "bare"])
def test_a_log_of_one_task(text: str) -> None:
    expected = read_by_line(text, 7)
    count = len(text.splitlines())
    for cut in range(2, count):
        reader, _ = in_pieces(text, sorted({cut, min(cut + 3, count - 1)}), 7)
        assert contents(reader) == contents(expected), cut
        for name in ("moved", "halves"):  # what other logs of the run may have a part of
            assert getattr(reader.pairing, name) == getattr(expected.pairing, name), (cut, name)


def test_one_task_is_not_read_twice() -> None:
    text = 'getpid() = 7\nread(3,  <unfinished ...>\n<... read resumed>"x", 1) = 1\n--- SIGHUP {} ---\n' * 5
    for cut in range(2, 19):
        reader, again = in_pieces(text, [cut, 19], 7)
        assert contents(reader) == contents(read_by_line(text, 7))
        assert again == 0


def test_which_logs_can_be_cut() -> None:
    bare, [pid] = "getpid() = 7\n", ["[pid     7] getpid() = 7\n"]
    for text, tid, can in ((PIDS, None, True), (bare, None, False), (bare, 7, True), (pid, 7, False)):
        assert can_be_cut(read_by_line(text, tid)) is can


@given(
    st.lists(st.sampled_from(PIDS.splitlines(keepends=True)), min_size=5, max_size=40),
    st.sets(st.integers(2, 39), min_size=1, max_size=5),
)
@settings(max_examples=300, deadline=None)
def test_in_whatever_order_lines_come(lines: list[str], cuts: set[int]) -> None:
    lines = [*PIDS.splitlines(keepends=True)[:3], *lines]
    chosen = [cut for cut in sorted(cuts) if cut < len(lines)]
    reader, _ = in_pieces("".join(lines), chosen)
    assert contents(reader) == contents(read_by_line("".join(lines)))


@pytest.mark.parametrize("name", ["apache-event", "apache-prefork-plain", "apache-worker-plain"])
def test_a_server_is_not_read_twice(name: str) -> None:
    text = gzip.decompress((RECORDED / f"{name}.strace.gz").read_bytes()).decode()
    count = text.count("\n")
    reader, again = in_pieces(text, [count // 5, count // 2, count // 2 + 1, count - 100])
    assert contents(reader) == contents(read_by_line(text))
    assert again == 0
