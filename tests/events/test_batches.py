"""The stream of batches has the rows that the whole trace has."""

from pathlib import Path
from typing import Any

from tracekit.events import batches, read_trace
from tracekit.events.batches import COLUMNS

LOG = (
    "7  12:00:00.000001 read(3,  <unfinished ...>\n"
    "8  12:00:01.000000 getpid() = 8\n"
    "what is this\n"
    '7  12:00:02.000000 <... read resumed>"x", 1) = 1\n'
)


def rows_of(source: Any, **options: Any) -> list[tuple[Any, ...]]:
    return [row for batch in batches(source, **options) for row in zip(*batch.columns.values(), strict=True)]


def test_rows_are_those_of_the_trace(tmp_path: Path) -> None:
    (tmp_path / "out.7").write_text(LOG)
    (tmp_path / "out.9").write_text("12:00:00.5 getpid() = 9\n")
    for given in (tmp_path / "out.7", tmp_path):
        rows = [row._asdict() for row in read_trace(given).rows()]
        shared = [name for name in COLUMNS if name in rows[0]]
        expected = [tuple(row[name] for name in shared) for row in rows]
        assert [row[: len(shared)] for row in rows_of(given)] == expected


def test_what_is_known_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(LOG)
    read = batches(tmp_path / "log")
    (batch,) = read
    assert len(batch) == 3
    assert tuple(batch.columns) == COLUMNS
    assert batch.columns["hint"][2].startswith("no call")
    assert (read.files, read.lines) == ([str(tmp_path / "log")], 4)
    assert read.layouts == {str(tmp_path / "log"): "pid, -t"}
