"""Whatever number of processes reads a file, the rows are the same."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.traces import RECORDED
from tests.support.tricky_log import MIXED, PIDS
from tracekit.errors import UnreadableError
from tracekit.events import batches, read_trace, sources, workers
from tracekit.events.workers import spans


def seen(path: Path, jobs: int) -> list[Any]:
    trace = read_trace(path, jobs=jobs)
    found = [trace.lines, trace.layout, trace.warnings, trace.incomplete, trace.in_progress]
    return [*found, trace.unparsed.to_dict("records"), trace.events.to_dict("records")]


@pytest.mark.parametrize("text", [PIDS * 40, MIXED * 20, "\ufeff" + PIDS * 40], ids=["pids", "mixed", "bom"])
def test_the_same_rows(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "BLOCK", 2000)
    path = tmp_path / "log"
    path.write_text(text)
    expected = str(seen(path, 1))
    for jobs in (2, 3):
        assert str(seen(path, jobs)) == expected


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


def test_pieces_are_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"".join(b"x" * (n % 7) + b"\n" for n in range(100)) + b"end")
    for step in (1, 2, 5, 1000):
        monkeypatch.setattr(workers, "LARGEST", step)
        found = list(spans(str(path), 1, 1))
        data = path.read_bytes()
        assert b"".join(data[begin:end] for _, begin, end in found) == data[1:]
        assert all(data[end - 1] == 10 for _, _, end in found[:-1])


def test_a_line_without_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "BLOCK", 300)
    monkeypatch.setattr(sources, "LONGEST", 1000)
    path = tmp_path / "log"
    path.write_text(PIDS[:300] + "\n" + "x" * 5000 + "\n")
    for jobs in (1, 2):
        with pytest.raises(UnreadableError, match="1,000 bytes"):
            read_trace(path, jobs=jobs)
