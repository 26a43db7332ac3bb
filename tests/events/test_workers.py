"""Whatever number of processes reads a file, the rows are the same."""

import gzip
import io
import os
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.traces import RECORDED
from tests.support.tricky_log import MIXED, PIDS
from tracekit.errors import UnreadableError
from tracekit.events import batches, merge, read_trace, sources, workers
from tracekit.events.ahead import Pieces
from tracekit.events.workers import WORTH, Workers
from tracekit.stream.leader import Layout


def seen(path: Path, jobs: int) -> list[Any]:
    trace = read_trace(path, jobs=jobs)
    found = [trace.lines, trace.layout, trace.warnings, trace.incomplete, trace.in_progress]
    return [*found, trace.unparsed.to_dict("records"), trace.events.to_dict("records")]


@pytest.mark.parametrize(
    ("text", "jobs"),
    [(PIDS * 40, 3), (MIXED * 20, 2), ("\ufeff" + PIDS * 40, 2)],
    ids=["pids", "mixed", "bom"],
)
def test_the_same_rows(tmp_path: Path, text: str, jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "BLOCK", 2000)
    path = tmp_path / "log"
    path.write_text(text)
    assert str(seen(path, jobs)) == str(seen(path, 1))


def test_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "BLOCK", 2000)
    path = tmp_path / "log"
    path.write_text(PIDS * 40)
    told: list[tuple[int, int, int]] = []
    read = batches(path, jobs=2, progress=lambda *how_far: told.append(how_far))
    lines = [line for batch in read for line in batch.columns["line"]]
    assert lines == read_trace(path).events["line"].to_list()
    assert told[-1] == (path.stat().st_size, path.stat().st_size, PIDS.count("\n") * 40)


def test_a_recorded_log_and_one_that_is_packed(tmp_path: Path) -> None:
    packed = RECORDED / "apache-event.strace.gz"
    path = tmp_path / "log"
    with sources.opened_source(sources.Source(str(packed))) as stream:
        path.write_bytes(stream.read())
    left, right = (read_trace(each, jobs=2).events.drop(columns="file") for each in (path, packed))
    assert left.equals(right)


def test_what_a_dead_worker_leaves_is_read_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "BLOCK", 2000)
    monkeypatch.setattr(workers, "COMMAND", "raise SystemExit")
    path = tmp_path / "log"
    path.write_text(PIDS * 40)
    assert str(seen(path, 2)) == str(seen(path, 1))


def test_what_is_packed_or_comes_through_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "BLOCK", 2000)
    text = (PIDS * 40).encode()
    (tmp_path / "log").write_bytes(text)
    (tmp_path / "log.gz").write_bytes(gzip.compress(text))
    expected = read_trace(tmp_path / "log", jobs=1).events.drop(columns="file")
    assert read_trace(tmp_path / "log.gz", jobs=2).events.drop(columns="file").equals(expected)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert read_trace("-", jobs=2).events.drop(columns="file").equals(expected)


@pytest.mark.parametrize("layout", ["time", "bare", "pids"])
def test_many_files(tmp_path: Path, layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of -ff, with times and without, and several logs of one run."""
    monkeypatch.setattr(sources, "BLOCK", 500)
    monkeypatch.setattr(merge, "ENOUGH", 50)
    for tid in range(20, 29):
        lines = (
            f"{'' if layout == 'bare' else f'17000{n:05}.{tid:06} '}"
            + ("read(3,  <unfinished ...>", f'<... read resumed>"{tid}", 9) = 2', "getpid() = 7", "what?")[
                n % 4
            ]
            for n in range(tid, 400)
        )
        prefix = f"{tid} " if layout == "pids" else ""
        (tmp_path / f"out.{tid}").write_text("".join(f"{prefix}{line}\n" for line in lines))
    path = tmp_path / "out"
    expected = seen(path, 1)
    assert str(seen(path, 2)) == str(expected)
    for jobs in (1, 2):
        with closing(batches(path, jobs=jobs)) as read:
            found = [
                row
                for batch in read
                for row in zip(batch.columns["file"], batch.columns["line"], strict=True)
            ]
        assert found == [(row["file"], row["line"]) for row in expected[-1]]
    assert len(found) > 2000


def test_another_layout_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "BLOCK", 1000)
    path = tmp_path / "log"
    path.write_text(PIDS * 9 + PIDS.replace(":0", ":1").replace("  ", " 1700000000.5 ", 9) * 3 + PIDS * 9)
    assert str(seen(path, 2)) == str(seen(path, 1))


def test_worth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "cores", lambda: 2)
    for count, characters, worth in ((1, WORTH, False), (2, 1, True), (None, WORTH, True), (None, 1, False)):
        assert Workers(count).are_worth(characters) is worth
    monkeypatch.setattr(workers, "cores", lambda: 1)
    assert not Workers(None).are_worth(WORTH)


def test_pieces_are_whole_blocks_and_the_rest_can_be_taken_back() -> None:
    blocks = [f"{number} getpid() = {number}\n" for number in range(10, 30)]
    for step in (1, 40, 1000):
        with closing(Workers(2)) as reading:
            pieces = Pieces(iter(blocks), Layout(("pid",)), None, reading, ahead=3, step=step)
            text, piece = next(pieces)
            assert piece
            assert piece.lines == len(text)
            assert [*text, *pieces.rest()] == blocks
            assert len(text) == {1: 1, 40: 3, 1000: 20}[step]


def test_nobody_is_left(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(PIDS * 40)
    for end in (True, False):  # whether all is read
        read = batches(path, jobs=2)
        next(read)
        started = [worker.pid for worker in read.workers._all]
        if end:
            read.close()
        del read
        for pid in started:
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)


def test_a_line_without_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "BLOCK", 300)
    monkeypatch.setattr(sources, "LONGEST", 1000)
    path = tmp_path / "log"
    path.write_text(PIDS[:300] + "\n" + "x" * 5000 + "\n")
    for jobs in (1, 2):
        with pytest.raises(UnreadableError, match="1,000 bytes"):
            read_trace(path, jobs=jobs)
