"""Files of one run with times of day alone are put in order over midnight."""

from pathlib import Path

import pytest

from tracekit.events import batches, read_trace
from tracekit.events.midnight import days_of

HOUR = 3_600_000_000_000


@pytest.mark.parametrize(
    ("spans", "days"),
    [
        ([(10, 12), (11, 11)], [0, 0]),
        ([(23, 23), (1, 1)], [0, 1]),
        ([(1, 1), (23, 1), (23, 23)], [1, 0, 0]),
        ([(9, 23), (22, 23), (9, 9)], [0, 0, 0]),
        ([(9, 23), (22, 2), (1, 2)], [0, 0, 1]),
        ([(23, 5), (4, 6), (5, 7)], [0, 1, 1]),
    ],
)
def test_days(spans: list[tuple[int, int]], days: list[int]) -> None:
    assert days_of([(first * HOUR, last * HOUR) for first, last in spans]) == days


def test_files_of_a_run_over_midnight(tmp_path: Path) -> None:
    (tmp_path / "out.7").write_text(
        "23:59:59.1 fork() = 8\n23:59:59.9 getpid() = 7\n00:00:00.3 fork() = 9\n00:00:00.5 close(3) = 0\n"
    )
    (tmp_path / "out.8").write_text("23:59:59.2 getpid() = 8\n")
    (tmp_path / "out.9").write_text("00:00:00.4 getpid() = 9\n")
    trace = read_trace(tmp_path)
    rows = [(row.tid, row.name) for row in trace.rows()]
    assert rows == [(7, "fork"), (8, "getpid"), (7, "getpid"), (7, "fork"), (9, "getpid"), (7, "close")]
    times = [row.time_ns or 0 for row in trace.rows()]
    assert times == sorted(times)
    assert times[-1] - times[0] == 1_400_000_000
    (batch,) = batches(tmp_path)
    assert batch.columns["time_ns"] == times
