"""Events on disk are the events that came in; types, order, counts, and a disk that is full."""

import errno
import json
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tracekit.events import Batch, batches, read_trace
from tracekit.events.columns import Columns, join_rows
from tracekit.events.duck import sql_type
from tracekit.events.groups import Groups
from tracekit.events.jsonvalues import arguments_json
from tracekit.events.schema import STORED
from tracekit.events.store import Store, columns
from tracekit.events.workers import Workers
from tracekit.stream.forms import Form, Says
from tracekit.stream.rows import INTEGERS, MISSING, Line, Rows

LOG = """\
# tracekit process {"pid": 12, "comm": "apache2"}
12 1700000000.000001 openat(AT_FDCWD</>, "/srv/\\303\\251.html", O_RDONLY) = 3</srv/é.html> <0.000010>
13 1700000000.000002 read(3</srv/é.html>,  <unfinished ...>
12 1700000000.000003 stat("/x", 0x7ffe) = -1 ENOENT (No such file or directory) <0.000001>
this is no line of strace's
13 1700000000.000004 <... read resumed>"\\33[31m", 8) = 5 <0.000002>
14 1700000000.000005 <... close resumed>) = 0 <0.000001>
13 1700000000.000006 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0) = 0x7f0000000000 <0.000001>
13 1700000000.000007 --- SIGTERM {si_signo=SIGTERM} ---
13 1700000000.000008 poll([{fd=4, events=POLLIN}], 1, -1 <unfinished ...>
"""
CALL = Form(Says.CALL)
GROUPS = Groups({12: 12, 13: 12}, frozenset({12}))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    path.write_text(LOG)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "it's [a] *"
    path.mkdir()
    return path


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    store = Store(folder, workers=Workers(2))
    yield store
    store.close()


def unseen(done: int, total: int) -> None:
    """Take no notice of how far writing is."""
    assert 0 <= done <= total


def in_parts(batch: Batch, size: int) -> Iterator[Batch]:
    events = batch.events
    for first in range(0, len(batch), size):
        some = slice(first, first + size)
        parts = {name: getattr(events, name)[some] for name in ("forms", "files", *INTEGERS)}
        odd = {place - first: said for place, said in events.odd.items() if first <= place < first + size}
        yield Batch(Columns(events.names, odd=odd, **parts), {} if first else batch.changes)


def fill(store: Store, path: Path, size: int = 3) -> None:
    read = batches(path)
    for batch in read:
        for part in in_parts(batch, size):
            store.add(part)
    store.settle(GROUPS, read.first_tids(), unseen)


def test_what_came_in_comes_out(store: Store, log: Path) -> None:
    fill(store, log)
    (rows,) = store.tuples()
    names = [column.name for column in store.columns]
    found = [dict(zip(names, row, strict=True)) for row in rows]
    expected = [row._asdict() for row in read_trace(log).rows()]
    for row in expected:
        row["pid"], row["pid_known"] = GROUPS.pid(row["tid"]), GROUPS.is_known(row["tid"])
    assert [{name: row[name] for name in expected[0]} for row in found] == expected
    bad = next(row for row in found if row["kind"] == "unparsed")
    assert bad["column"] == 1
    assert bad["hint"]


def test_lines_of_json_say_the_same(store: Store, log: Path) -> None:
    fill(store, log)
    (rows,) = store.tuples()
    ((count, text),) = store.json_lines()
    lines = text.splitlines()
    assert count == len(lines) == len(rows)
    assert [tuple(json.loads(line).values()) for line in lines] == rows
    assert list(json.loads(lines[0])) == [column.name for column in store.columns]
    assert text.isascii()
    assert text.replace("\n", "").isprintable()


def test_a_parquet_file_has_the_types_of_the_schema(store: Store, log: Path, tmp_path: Path) -> None:
    fill(store, log)
    path = tmp_path / "done.parquet"
    store.to_parquet(path, unseen)
    with duckdb.connect() as database:
        types = database.execute("DESCRIBE FROM read_parquet(?)", [str(path)]).fetchall()
        assert [(name, kind) for name, kind, *_ in types] == [
            (column.name, sql_type(column)) for column in columns()
        ]
        (rows,) = store.tuples()
        assert database.execute("FROM read_parquet(?) ORDER BY seq", [str(path)]).fetchall() == rows
        used = database.execute("SELECT DISTINCT compression FROM parquet_metadata(?)", [str(path)])
        assert used.fetchall() == [("ZSTD",)]


def test_arguments_are_trees_of_json(folder: Path, log: Path) -> None:
    store = Store(folder, arguments=True)
    fill(store, log)
    lines = [json.loads(line) for _, text in store.json_lines() for line in text.splitlines()]
    store.close()
    for line in lines:
        printed = line["args"] if line["kind"] == "syscall" else None
        assert line["arguments"] == (None if printed is None else json.loads(arguments_json(printed)))
    assert lines[1]["arguments"][1] == {"type": "string", "data": "/srv/é.html"}


def test_it_counts_what_comes_in(store: Store, log: Path) -> None:
    fill(store, log)
    trace, counts = read_trace(log), store.counted()
    assert (counts.events, counts.calls) == (len(trace.events), trace.calls)
    assert (counts.incomplete, counts.in_progress) == (trace.incomplete, trace.in_progress) == (1, 1)
    assert counts.unparsed == len(trace.unparsed) == 1
    ((file, line, column, hint),) = counts.first_unparsed
    assert (file, line, column, hint) == (str(log), *trace.unparsed.iloc[0][["line", "column", "hint"]])


def rows_of(count: int) -> Batch:
    rows = Rows("f")
    for number in range(count):
        rows.add(Line(number, number, MISSING, MISSING), CALL)
    return Batch(join_rows([rows]))


@pytest.mark.parametrize("threads", [1, 4])
def test_order_and_tasks_outlast_many_threads(folder: Path, threads: int) -> None:
    store = Store(folder, workers=Workers(threads))
    batch = rows_of(70_000)
    for part in in_parts(batch, 9_999):
        store.add(part)
    store.settle(Groups({tid: tid // 2 for tid in range(70_000)}, frozenset(range(0, 70_000, 3))), {}, unseen)
    done = [row for rows in store.tuples() for row in rows]
    store.close()
    place = {column.name: number for number, column in enumerate(store.columns)}
    for number, row in enumerate(done):
        found = tuple(row[place[name]] for name in ("seq", "line", "tid", "pid", "pid_known"))
        assert found == (number, number, number, number // 2, number % 3 == 0)
    assert len(done) == 70_000


def test_writing_is_told_of_and_can_be_interrupted(store: Store, tmp_path: Path) -> None:
    store.add(rows_of(10))
    store.settle(Groups(), {}, unseen)
    path = tmp_path / "done.parquet"

    def interrupt(done: int, total: int) -> None:
        assert 0 <= done <= total == 10
        raise KeyboardInterrupt

    # A statement that takes its time, in the place of a copy that would not.
    endless = "SELECT count(*) FROM range(1000000) a, range(1000000) b"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tracekit.events.duck._copy", lambda *_: endless)
        with pytest.raises(KeyboardInterrupt):
            store.to_parquet(path, interrupt)
    store.to_parquet(path, unseen)
    assert path.exists()


def test_what_becomes_known_late_is_put_in_its_place(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks of one line, files of two events: every split call ends in another file than it began."""
    monkeypatch.setattr("tracekit.events.sources.BLOCK", 1)
    monkeypatch.setattr("tracekit.events.store.PART", 2)
    path = tmp_path / "bare"
    path.write_text(
        "read(3,  <unfinished ...>\nstrace: Process 8 attached\n"
        "[pid 8] getpid() = 8\n[pid 8] getpid() = 8\n[pid 8] getpid() = 8\n[pid 8] pause( <unfinished ...>\n"
        "[pid 8] <... pause resumed>) = ?\n[pid 8] +++ exited with 0 +++\n"
        '[pid 7] <... read resumed>"x", 1) = 1\n[pid 7] close(3) = 0\n[pid 7] wait4(-1, '
    )
    store = Store(folder, arguments=True)
    fill(store, path)
    found = [
        dict(zip((column.name for column in store.columns), row, strict=True)) for row in next(store.tuples())
    ]
    store.close()
    expected = [row._asdict() for row in read_trace(path).rows()]
    assert [row["tid"] for row in found] == [row["tid"] for row in expected] == [7, 8, 8, 8, 8, 8, 8, 7, 7]
    for name in ("name", "args", "ret", "ret_text", "end_line", "complete"):
        assert [row[name] for row in found] == [row[name] for row in expected]
    assert [row["arguments"] for row in found if row["kind"] == "syscall"] == [
        arguments_json(row["args"]) for row in expected if row["kind"] == "syscall"
    ]


def test_a_full_disk_is_told_as_python_tells_it(store: Store) -> None:
    batch = rows_of(70_000)
    store.add(batch)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(OSError, match=os.strerror(errno.EFBIG)) as raised:
            store.add(batch)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert raised.value.errno == errno.EFBIG


def test_every_stored_column_has_a_place_in_a_file() -> None:
    assert columns()[: len(STORED)] == STORED
    assert [column.name for column in columns(arguments=True)[-1:]] == ["arguments"]
