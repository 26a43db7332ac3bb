"""A call of execve that is split over two files of -ff is one event."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.events.test_batches import rows_of
from tests.support.requirements import need
from tests.support.tracees import build
from tracekit.events import batches, merge, read_trace, sources
from tracekit.events.batches import COLUMNS
from tracekit.stream.pairing import NO_END, ORPHAN

BEGUN = 'execve("/x", ["{}"], NULL <pid changed to 11 ...>\n'
ENDED = "+++ superseded by execve in pid {} +++\n<... execve resumed>) = 0 <0.25>\n"
MUTE = "<... execve resumed>) = 0 <0.25>\n"


def timed(text: str, begin: int) -> str:
    return "".join(
        f"12:00:{begin + n:02}.500000 {line}" for n, line in enumerate(text.splitlines(keepends=True))
    )


def write(folder: Path, clock: bool, files: dict[int, tuple[int, str]]) -> Path:
    for tid, (begin, text) in files.items():
        (folder / f"out.{tid}").write_text(timed(text, begin) if clock else text)
    return folder / "out"


def seen(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the rows of a trace, having checked that they are the same in batches and with any jobs.

    Starting processes is what takes time: more of them read the smallest blocks alone.
    """
    expected = [row._asdict() for row in read_trace(path).rows()]
    names = [name for name in COLUMNS if name not in ("column", "hint")]
    for size, jobs in ((1, 1), (1, 2), (60, 1), (1 << 19, 1)):
        with monkeypatch.context() as small:
            small.setattr(sources, "BLOCK", size)
            small.setattr(merge, "ENOUGH", 1)
            rows = rows_of(batches(path, jobs=jobs))
            assert [row._asdict() for row in read_trace(path).rows()] == expected
        assert [[row[name] for name in names] for row in rows] == [
            [row[name] for name in names] for row in expected
        ]
        assert all(row["complete"] or row["hint"] for row in rows)
    return list(read_trace(path).rows())


def execs(rows: list[Any]) -> list[tuple[Any, ...]]:
    return [
        (row.tid, row.args, row.ret, row.duration_ns, row.complete) for row in rows if row.name == "execve"
    ]


@pytest.mark.parametrize("clock", [True, False])
@pytest.mark.parametrize("ended", [ENDED, MUTE])
@pytest.mark.parametrize("caller", [12, 9])
def test_one_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: bool, ended: str, caller: int
) -> None:
    files = {
        caller: (10, "getpid() = 11\n" + BEGUN.format("a")),
        11: (8, "getpid() = 11\npause() = ?\n" * 2 + ended.format(caller) + "getpid() = 11\n" * 5),
    }
    rows = seen(write(tmp_path, clock, files), monkeypatch)
    assert execs(rows) == [(caller, '"/x", ["a"], NULL', 0, 250_000_000, True)]
    assert [(row.tid, row.args) for row in rows if row.name == "half"] == [(11, ") = 0")]
    assert {row.pid for row in rows} == {11}


@pytest.mark.parametrize("clock", [True, False])
def test_two_in_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: bool) -> None:
    files = {
        11: (11, ENDED.format(12) + "getpid() = 11\n" * 20 + ENDED.format(13).replace("0.25", "0.5")),
        12: (10, BEGUN.format("a")),
        13: (30, BEGUN.format("b")),
    }
    rows = seen(write(tmp_path, clock, files), monkeypatch)
    assert execs(rows) == [
        (12, '"/x", ["a"], NULL', 0, 250_000_000, True),
        (13, '"/x", ["b"], NULL', 0, 500_000_000, True),
    ]


@pytest.mark.parametrize("clock", [True, False])
@pytest.mark.parametrize("ended", [ENDED, MUTE])
def test_the_other_file_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: bool, ended: str
) -> None:
    others = {14: (12, "getpid() = 14\n" * 3)}
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    rows = seen(write(first, clock, {12: (10, BEGUN.format("a"))} | others), monkeypatch)
    assert [(each[0], each[-1]) for each in execs(rows)] == [(12, False)]
    rows = seen(write(second, clock, {11: (11, ended.format(12))} | others), monkeypatch)
    assert [(each[0], each[-1]) for each in execs(rows)] == [(11, False)]
    assert [hint for batch in batches(second / "out") for hint in batch.columns["hint"] if hint] == [ORPHAN]
    said = rows_of(batches(first / "out"))
    assert [row["hint"] for row in said if row["hint"]] == [NO_END]


def test_another_call_or_another_callers_is_not_joined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        11: (11, ENDED.format(13)),
        12: (10, BEGUN.format("a")),
        13: (10, BEGUN.format("b").replace("execve(", "execveat(")),
    }
    rows = seen(write(tmp_path, True, files), monkeypatch)
    assert [row.complete for row in rows if row.kind == "syscall"] == [False] * 3


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("follow_tasks", tmp_path_factory.mktemp("program"), "-pthread")


@pytest.mark.parametrize("way", ["thread-exec", "leader-ends"])
@pytest.mark.parametrize("options", ["-ttt -T", "-tt -qqq", "", "-r"])
def test_recorded(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, options: str
) -> None:
    (tmp_path / "logs").mkdir()
    where = ["-ff", "-o", str(tmp_path / "logs" / "log")]
    subprocess.run([need("strace"), *where, *options.split(), program, way], check=True, timeout=60)
    rows = seen(tmp_path / "logs", monkeypatch)
    calls = sorted((row for row in rows if row.name == "execve"), key=lambda row: "plain" in row.args)
    assert [(row.complete, row.ret) for row in calls] == [(True, 0)] * 2
    assert calls[1].tid != calls[0].tid
    assert calls[1].pid == calls[0].tid or "-qqq" in options  # which leaves out who superseded whom
    assert all(row.duration_ns for row in calls) == ("-T" in options)
    trace = read_trace(tmp_path / "logs")
    assert (trace.incomplete, len(trace.unparsed)) == (0, 0)
