"""DuckDB, as the store uses it: arrays in, files out, failures told as Python tells them."""

import errno
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from tracekit.events.schema import Column

SQL_TYPES = {"int64": "BIGINT", "Int64": "BIGINT", "bool": "BOOLEAN"}
"""The type of a column by its dtype; what is not here is VARCHAR."""
MEMORY = "512MB"
"""What DuckDB may take; beyond that it writes to a folder."""
THREADS = 4
"""How many cores take part, at most: each needs a share of the memory."""
CHUNK = 2048
"""Rows that are taken out at once."""
PATIENCE = 0.1
"""Seconds between two looks at how far a file is written."""
ERRNO = re.compile(r'"errno":"(\d+)"')

Tuples = list[tuple[Any, ...]]


def sql_type(column: Column) -> str:
    """Return the type of a column in a Parquet file."""
    return SQL_TYPES.get(column.dtype, "VARCHAR")


def quoted(path: Path) -> str:
    """Return a path as a text of SQL."""
    return "'" + str(path).replace("'", "''") + "'"


class Duck:
    """A database in memory."""

    def __init__(self, overflow: Path, threads: int) -> None:
        """Begin an empty one.

        Args:
            overflow: a folder for what memory does not hold; made when it is needed.
            threads: how many cores take part.
        """
        self._database = duckdb.connect(
            config={
                "memory_limit": MEMORY,
                "threads": min(threads, THREADS),
                "temp_directory": str(overflow),
                "pandas_analyze_sample": 0,
            }
        )
        self._database.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")

    def close(self) -> None:
        """Let go of everything."""
        self._database.close()

    def store(self, columns: Sequence[Column], arrays: Mapping[str, Any], path: Path, packing: str) -> None:
        """Write columns to a Parquet file, with the types of the schema; any thread may.

        Args:
            columns: which.
            arrays: what they hold, by name; integers that may be missing are masked.
            path: where.
            packing: how: the words behind COMPRESSION in a COPY statement.

        Raises:
            OSError: there is no room.
        """
        chosen = ", ".join(f'"{column.name}"::{sql_type(column)} AS "{column.name}"' for column in columns)
        with _told(), self._database.cursor() as own:
            own.register("given", {column.name: arrays[column.name] for column in columns})
            own.execute(_copy(f"SELECT {chosen} FROM given", path, packing))

    def fetched(self, query: str) -> Iterator[Tuples]:
        """Yield what a query finds, some thousands of rows at a time."""
        with _told():
            found = self._database.execute(query)
            while rows := found.fetchmany(CHUNK):
                yield rows

    def all(self, query: str) -> Tuples:
        """Return what a query finds."""
        return [row for rows in self.fetched(query) for row in rows]

    def write(self, query: str, path: Path, packing: str, written: Callable[[float], None]) -> None:
        """Write what a query finds to a Parquet file, tell meanwhile how much of it is done (0 to 1).

        DuckDB looks for signals only when it is done, so it works in a thread and this one minds Ctrl-C.

        Raises:
            OSError: there is no room.
        """
        with _told(), ThreadPoolExecutor(1) as thread:
            future = thread.submit(self._database.execute, _copy(query, path, packing))
            try:
                while not wait([future], PATIENCE).done:
                    written(max(0.0, self._database.query_progress()) / 100)
                future.result()
            except BaseException:
                self._database.interrupt()
                raise


def _copy(query: str, path: Path, packing: str) -> str:
    return f"COPY ({query}) TO {quoted(path)} (FORMAT parquet, COMPRESSION {packing})"


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
