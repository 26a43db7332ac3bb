"""The stream of batches has the rows that the whole trace has, however the files are cut into blocks."""

from pathlib import Path
from typing import Any

import pytest

from tracekit.events import Batch, batches, merge, read_trace, sources
from tracekit.events.batches import COLUMNS

LOG = (
    "7  12:00:00.000001 read(3,  <unfinished ...>\n"
    "8  12:00:01.000000 getpid() = 8\n"
    "what is this\n"
    "8  12:00:01.100000 futex(0x7f, FUTEX_WAIT, 1, NULL <unfinished ...>\n"
    '7  12:00:02.000000 <... read resumed>"x", 1) = 1 <0.5>\n'
    "7  12:00:03.000000 close(3) = 0\n"
    "8  12:00:04.000000 --- SIGTERM {si_signo=SIGTERM} ---\n"
    "8  12:00:05.000000 +++ killed by SIGTERM +++\n"
)
OTHERS = {
    9: "12:00:00.5 getpid() = 9\n12:00:00.7 pause( <unfinished ...>\n12:00:09.0 <... pause resumed>) = ?\n",
    10: "12:00:00.5 getpid() = 10\n12:00:04.5 read(3, \n",
    11: "12:00:00.6 getpid() = 11\n" * 20,
}


def rows_of(read: Any) -> list[dict[str, Any]]:
    """Return the events of batches with what became known of them later."""
    rows: list[dict[str, Any]] = []
    for batch in read:
        assert isinstance(batch, Batch)
        assert tuple(batch.columns) == COLUMNS
        for number, said in batch.late.items():
            assert (rows[number]["complete"], rows[number]["hint"]) == (False, None)
            rows[number] |= said
        rows += [dict(zip(COLUMNS, row, strict=True)) for row in zip(*batch.columns.values(), strict=True)]
    for row in rows:
        if row["tid"] is None:
            row["tid"] = read.first_tids().get(row["file"])
    return rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "out.7").write_text(LOG)
    for tid, text in OTHERS.items():
        (tmp_path / f"out.{tid}").write_text(text)
    return tmp_path


@pytest.mark.parametrize("size", [1, 50, 200, 1 << 19])
@pytest.mark.parametrize("name", ["out.7", "out.9", ""])
def test_rows_are_those_of_the_trace(
    folder: Path, name: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [row._asdict() for row in read_trace(folder / name).rows()]
    monkeypatch.setattr(sources, "BLOCK", size)
    monkeypatch.setattr(merge, "ENOUGH", 1)
    rows = rows_of(batches(folder / name))
    assert [{name: row[name] for name in COLUMNS[:-2]} for row in rows] == [
        {name: row[name] for name in COLUMNS[:-2]} for row in expected
    ]
    assert all(row["complete"] or row["hint"] for row in rows)


def test_files_without_a_clock_in_common_stand_one_after_another(tmp_path: Path) -> None:
    for tid in (12, 13):
        (tmp_path / f"out.{tid}").write_text("     0.1 getpid() = 1\n     0.1 pause( <unfinished ...>\n")
    read = batches(tmp_path / "out")
    assert [row["tid"] for row in rows_of(read)] == [12, 12, 13, 13]
    assert not read.ordered
    assert [row.tid for row in read_trace(tmp_path / "out").rows()] == [12, 12, 13, 13]


def test_the_task_of_bare_lines_comes_out_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log").write_text("getpid() = 9\n" * 9 + "[pid 9] getpid() = 9\n[pid 10] getpid() = 10\n")
    monkeypatch.setattr(sources, "BLOCK", 30)
    assert [row["tid"] for row in rows_of(batches(tmp_path / "log"))] == [9] * 10 + [10]


@pytest.mark.parametrize(
    ("lines", "tid"),
    [
        (['execve("/bin/x", ["x"], NULL) = 0', "set_tid_address(0x7f) = 9", "getpid() = 9"], 9),
        (['execve("/bin/x", ["x"], NULL) = 0', "what is this", "getpid() = 9"], 9),
        (['execve("/bin/x", ["x"], NULL) = 0', "gettid( <unfinished ...>", "<... gettid resumed>) = 9"], 9),
        (["close(3) = 0", "gettid() = 9", "getpid() = 9"], None),
        (['execve("/bin/x", ["x"], NULL) = -1 ENOENT (No such file or directory)', "getpid() = 9"], None),
        (
            [
                'execve("/bin/x", ["x"], NULL) = 0',
                "set_tid_address(0x7f) = 9",
                "+++ exited with 0 +++",
                "set_tid_address(0x7f) = 10",
            ],
            None,
        ),
    ],
    ids=["launched", "getpid", "in halves", "attached", "no leader", "two runs"],
)
def test_an_only_task_that_no_line_names_is_who_it_was_told_it_is(
    lines: list[str], tid: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"{line}\n" for line in lines))
    whole = list(read_trace(log).rows())
    assert {(row.tid, row.pid) for row in whole} == {(tid, tid)}
    monkeypatch.setattr(sources, "BLOCK", 1)
    monkeypatch.setattr(merge, "ENOUGH", 1)
    read = batches(log)
    rows = rows_of(read)
    groups = read.groups()
    assert [(row["tid"], groups.pid(row["tid"], n)) for n, row in enumerate(rows)] == [
        (row.tid, row.pid) for row in whole
    ]
    assert [groups.is_known(row["tid"]) for row in rows] == [row.pid_known for row in whole]
    assert set(read.first_tids().values()) == {tid} - {None}


def test_what_is_known_at_the_end(folder: Path) -> None:
    told: list[tuple[int, int, int]] = []
    path = folder / "out.7"
    read = batches(path, progress=lambda *how_far: told.append(how_far))
    rows = rows_of(read)
    assert rows[2]["hint"].startswith("no call")
    assert (read.files, read.lines) == ([str(path)], 8)
    assert read.layouts() == {str(path): "pid, -t"}
    assert told[-1] == (path.stat().st_size, path.stat().st_size, 8)


def test_groups_are_those_of_the_trace(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = folder / "log"
    log.write_text(
        "12:00:00.1 getpid() = 5\n"
        "12:00:00.2 clone(child_stack=0x7f, flags=CLONE_VM|CLONE_THREAD <unfinished ...>\n"
        "[pid 6] 12:00:00.3 getppid() = 1\n"
        "[pid 5] 12:00:00.4 <... clone resumed>) = 6\n"
        "[pid 6] 12:00:00.5 +++ exited with 0 +++\n"
        "[pid 5] 12:00:00.6 fork( <unfinished ...>\n"
        "[pid 6] 12:00:00.7 getppid() = 1\n"
        "[pid 5] 12:00:00.8 <... fork resumed>) = 6\n"
    )
    expected = [(row.tid, row.pid, row.pid_known) for row in read_trace(log).rows()]
    assert expected == [(tid, pid, True) for tid, pid in ((5, 5), (5, 5), (6, 5), (6, 5), (5, 5), (6, 6))]
    monkeypatch.setattr(sources, "BLOCK", 1)
    monkeypatch.setattr(merge, "ENOUGH", 1)
    read = batches(log)
    rows = rows_of(read)
    groups = read.groups()
    found = [(row["tid"], n) for n, row in enumerate(rows)]
    assert [(tid, groups.pid(tid, n), groups.is_known(tid, n)) for tid, n in found] == expected
