"""The events of a trace on disk, for logs of any length: as they come in, and then whole.

Which process a task belongs to, the whole trace tells. So batches are first
written to files of a folder of their own (with the number of each task in the
place of its process), and read from there when the trace is at its end.
"""

import errno
import glob
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np

from tracekit.events.batches import Batch
from tracekit.events.counts import Counts
from tracekit.events.groups import Groups
from tracekit.events.jsonvalues import arguments_json
from tracekit.events.schema import ARGUMENTS, REMARKS, STORED, Column
from tracekit.stream import Kind

SQL_TYPES = {"int64": "BIGINT", "Int64": "BIGINT", "bool": "BOOLEAN"}
"""The type of a column in a file by its dtype; what is not here is VARCHAR."""
MEMORY = "512MB"
"""What DuckDB may take; beyond that it writes to the folder."""
CHUNK = 8192
"""Rows that are taken out at once."""
PATIENCE = 0.1
"""Seconds between two looks at how far a file is written."""
ERRNO = re.compile(r'"errno":"(\d+)"')
UNSAFE = re.compile("[^\x00-\x7e]")
Written = Callable[[int, int], None]
"""Is told how many events are written, and how many there are."""
OF_GROUPS = {
    "pid": "list_extract(getvariable('pids'), task)",
    "pid_known": "coalesce(list_extract(getvariable('known'), task), false)",
}
"""What stands for the columns that the whole trace tells; tasks count from 1."""


def columns(*, arguments: bool = False) -> tuple[Column, ...]:
    """Return the columns of a file of events, with the typed arguments where they are asked for."""
    return (*STORED, *REMARKS, *((ARGUMENTS,) if arguments else ()))


def sql_type(column: Column) -> str:
    """Return the type that a column has in a Parquet file."""
    return SQL_TYPES.get(column.dtype, "VARCHAR")


class Stored(NamedTuple):
    """An event as it lies in a store: what ``tracekit.stream.Event`` has."""

    kind: Kind
    line: int
    end_line: int
    file: str
    time_ns: int | None
    tid: int | None
    name: str | None
    args: str | None
    ret: int | None
    ret_text: str | None
    errno: str | None
    duration_ns: int | None
    complete: bool
    column: int | None
    hint: str | None


class Store:
    """Events on disk.

    Attributes:
        counts: what came in.
        columns: what each event has.
    """

    def __init__(self, folder: Path, *, arguments: bool = False, threads: int = 1) -> None:
        """Begin an empty store.

        Args:
            folder: an empty folder, which whoever made it removes when the store is closed.
            arguments: whether events get their typed arguments, as JSON text.
            threads: how many cores take part in writing a file.
        """
        self.counts = Counts()
        self.columns = columns(arguments=arguments)
        self._folder = folder
        self._tasks: dict[int | None, int] = {None: 0}
        self._parts = 0
        self._database = duckdb.connect(
            config={
                "memory_limit": MEMORY,
                "threads": threads,
                "temp_directory": str(folder / "overflow"),
                "pandas_analyze_sample": 0,
            }
        )

    def add(self, batch: Batch) -> None:
        """Write a batch behind those before it.

        Raises:
            OSError: there is no room.
        """
        given: dict[str, Any] = dict(batch.columns)
        shown = {name: os.fsencode(name).decode("utf-8", "backslashreplace") for name in set(given["file"])}
        given["file"] = [shown[name] for name in given["file"]]
        given["seq"] = range(self.counts.events, self.counts.events + len(batch))
        if ARGUMENTS in self.columns:
            given["arguments"] = _arguments(batch)
        stored = [column for column in self.columns if column.name not in OF_GROUPS]
        part = {column.name: _array(column, given[column.name]) for column in stored}
        part["task"] = np.array([self._task(tid) for tid in given["tid"]], dtype="int64")
        self._database.register("part", part)
        chosen = ", ".join(f'"{column.name}"::{sql_type(column)} AS "{column.name}"' for column in stored)
        path = self._folder / f"{self._parts:08}.parquet"
        with _told():
            self._database.execute(_copy(f"SELECT {chosen}, task FROM part", path, "lz4"))
        self._parts += 1
        self.counts.add(batch)

    def finish(self, groups: Groups) -> None:
        """Tell the processes of the tasks, once all batches are in."""
        tids = list(self._tasks)[1:]
        self._database.execute("SET VARIABLE pids = ?::BIGINT[]", [[groups.pid(tid) for tid in tids]])
        self._database.execute("SET VARIABLE known = ?::BOOLEAN[]", [[groups.is_known(tid) for tid in tids]])

    def events(self) -> Iterator[Stored]:
        """Yield the events, for whoever infers from them which processes there are."""
        names = ", ".join(f'"{name}"' for name in Stored._fields)
        for rows in self._fetched(f"SELECT {names} FROM {self._files()}"):
            yield from map(Stored._make, rows)

    def to_parquet(self, path: Path, written: Written | None = None) -> None:
        """Write all events to one Parquet file.

        Raises:
            OSError: there is no room.
        """
        self._database.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
        statement, total = _copy(self._all(), path, "zstd"), self.counts.events
        # DuckDB looks for signals only when it is done, so it works in a thread and this one looks.
        with _told(), ThreadPoolExecutor(1) as thread:
            future = thread.submit(self._database.execute, statement)
            try:
                while not wait([future], PATIENCE).done:
                    if written:
                        written(int(max(0, self._database.query_progress()) * total / 100), total)
                future.result()
            except BaseException:
                self._database.interrupt()
                raise

    def json_lines(self) -> Iterator[tuple[int, str]]:
        """Yield the events as lines of JSON in ASCII, some thousands at a time, with how many these are."""
        plain = [column for column in self.columns if column is not ARGUMENTS]
        members = ", ".join(f"'{column.name}', \"{column.name}\"" for column in plain)
        line = f"json_object({members})::VARCHAR"
        if ARGUMENTS in self.columns:
            line = f"left({line}, -1) || ',\"arguments\":' || coalesce(arguments, 'null') || '}}'"
        for rows in self._fetched(f"SELECT {line} FROM ({self._all()})"):
            yield len(rows), _ascii("".join(f"{text}\n" for (text,) in rows))

    def tuples(self) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the events as tuples of their columns, some thousands at a time."""
        return self._fetched(self._all())

    def close(self) -> None:
        """Let go of the folder."""
        self._database.close()

    def _task(self, tid: int | None) -> int:
        return self._tasks.setdefault(tid, len(self._tasks))

    def _all(self) -> str:
        stands = {column.name: f'"{column.name}"' for column in self.columns} | OF_GROUPS
        chosen = ", ".join(f'{stands[column.name]} AS "{column.name}"' for column in self.columns)
        return f"SELECT {chosen} FROM {self._files()}"

    def _files(self) -> str:
        pattern = _quoted(Path(glob.escape(str(self._folder))) / "*.parquet")
        return f"read_parquet({pattern})"

    def _fetched(self, statement: str) -> Iterator[list[tuple[Any, ...]]]:
        with _told():
            found = self._database.execute(statement)
        while rows := found.fetchmany(CHUNK):
            yield rows


def _arguments(batch: Batch) -> list[str | None]:
    rows = zip(batch.columns["kind"], batch.columns["args"], strict=True)
    return [arguments_json(args) if kind == "syscall" and args is not None else None for kind, args in rows]


def _array(column: Column, values: Sequence[Any]) -> Any:
    """Return a column as what DuckDB reads without a look at each object, where there is such a thing."""
    dtype = column.dtype
    if dtype == "Int64":
        filled = [0 if value is None else value for value in values]
        return np.ma.MaskedArray(np.array(filled, dtype="int64"), [value is None for value in values])
    return np.array(values, dtype=dtype if dtype in SQL_TYPES else object)


def _copy(query: str, path: Path, compression: str) -> str:
    return f"COPY ({query}) TO {_quoted(path)} (FORMAT parquet, COMPRESSION {compression})"


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _ascii(text: str) -> str:
    """Return JSON with what is not printable ASCII written out: none of it acts on a terminal then."""
    return UNSAFE.sub(lambda found: json.dumps(found[0])[1:-1] if found[0] != "\x7f" else "\\u007f", text)


@contextmanager
def _told() -> Iterator[None]:
    """Tell what DuckDB could not write as Python tells it.

    Raises:
        OSError: there is no room, or the like.
    """
    try:
        yield
    except duckdb.IOException as error:
        found = ERRNO.search(str(error))
        code = int(found[1]) if found else errno.EIO
        raise OSError(code, os.strerror(code)) from error
