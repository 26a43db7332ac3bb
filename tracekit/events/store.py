"""The events of a trace on disk, for logs of any length.

What the end of a trace tells (processes, and how calls ended that ran for long)
belongs into events at its beginning. So events first go to files of a folder of
their own, some thousands in each, and each of these is written anew at the end.
"""

import glob
import json
import os
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tracekit.events.batches import Batch
from tracekit.events.counts import Counts, count_events
from tracekit.events.duck import Duck, Tuples, quoted
from tracekit.events.groups import Groups
from tracekit.events.jsonvalues import arguments_json
from tracekit.events.schema import ARGUMENTS, REMARKS, STORED, Column
from tracekit.stream.rows import MISSING

PART = 65_536
"""Events of a file, at least. Most calls return while the next as many are read."""
OF_TRACE = ("tid", "pid", "pid_known")
"""Columns that the whole trace tells; a tid only in a log that begins without any."""
LATE = ("name", "args", "ret", "ret_text", "errno", "duration_ns", "complete", "end_line", "column", "hint")
"""Columns of a call that become known when it returns."""
FAST, SMALL = "lz4", "zstd"
"""How files are packed that stay for moments, and those that stay."""
RAW, SETTLED = "raw", "settled"
UNSAFE = re.compile("[^\x00-\x7e]")

Written = Callable[[int, int], None]
"""Is told how many events are written, and how many there are."""


def columns(*, arguments: bool = False) -> tuple[Column, ...]:
    """Return the columns of a file of events, with the typed arguments where they are asked for."""
    return (*STORED, *REMARKS, *((ARGUMENTS,) if arguments else ()))


class Store:
    """Events on disk.

    Attributes:
        columns: what each event has.
        count: how many events came in.
    """

    def __init__(self, folder: Path, *, arguments: bool = False, threads: int = 1) -> None:
        """Begin an empty store.

        Args:
            folder: an empty folder, which whoever made it removes when the store is closed.
            arguments: whether events get their typed arguments, as JSON text.
            threads: how many cores take part in writing.
        """
        self.columns = columns(arguments=arguments)
        self.count = 0
        self._folder = folder
        self._duck = Duck(folder / "overflow", threads)
        self._waiting: dict[str, list[Any]] = {}
        self._parts: list[int] = []
        self._first = 0
        self._late: dict[int, dict[int, dict[str, Any]]] = {}

    def add(self, batch: Batch) -> None:
        """Take in the batch that follows those before it.

        Raises:
            OSError: there is no room.
        """
        for number, said in batch.late.items():
            self._learn(number, said)
        for name, values in batch.columns.items():
            self._waiting.setdefault(name, []).extend(values)
        self.count += len(batch)
        while self.count - self._first >= 2 * PART:
            self._write_part(PART)

    def settle(self, groups: Groups, first_tids: dict[str, int], written: Written) -> None:
        """Put into all events what the whole trace tells, once all batches are in.

        Args:
            groups: the processes.
            first_tids: the task of the events without one, by the name of their file.
            written: is told how far this is.

        Raises:
            OSError: there is no room.
        """
        if self.count > self._first:
            self._write_part(self.count - self._first)
        tids = {_encodable(name): tid for name, tid in first_tids.items()}
        for first in self._parts:
            written(first, self.count)
            self._settle(first, groups, tids)

    def to_parquet(self, path: Path, written: Written) -> None:
        """Write all events to one Parquet file.

        Raises:
            OSError: there is no room.
        """
        self._duck.write_long(
            f"FROM {self._all()}", path, SMALL, lambda share: written(int(share * self.count), self.count)
        )

    def json_lines(self) -> Iterator[tuple[int, str]]:
        """Yield the events as lines of JSON in ASCII, some thousands at a time, with how many these are."""
        plain = [column for column in self.columns if column is not ARGUMENTS]
        members = ", ".join(f"'{column.name}', \"{column.name}\"" for column in plain)
        line = f"json_object({members})::VARCHAR"
        if ARGUMENTS in self.columns:
            line = f"left({line}, -1) || ',\"arguments\":' || coalesce(arguments, 'null') || '}}'"
        for rows in self._duck.fetched(f"SELECT {line} FROM {self._all()}"):
            yield len(rows), _ascii("".join(f"{text}\n" for (text,) in rows))

    def tuples(self) -> Iterator[Tuples]:
        """Yield the events as tuples of their columns, some thousands at a time."""
        return self._duck.fetched(f"FROM {self._all()}")

    def counted(self) -> Counts:
        """Return how many events of which sort are in the store."""
        return count_events(self._duck, self._all())

    def close(self) -> None:
        """Let go of the folder."""
        self._duck.close()

    def _learn(self, number: int, said: dict[str, Any]) -> None:
        """Take in what became known of an earlier event."""
        if number >= self._first:
            for name, value in said.items():
                self._waiting[name][number - self._first] = value
        else:
            self._late[self._parts[bisect_right(self._parts, number) - 1]][number] |= said

    def _write_part(self, count: int) -> None:
        """Write the first events that wait to a file; of those that may change more is remembered."""
        given = {name: values[:count] for name, values in self._waiting.items()}
        self._waiting = {name: values[count:] for name, values in self._waiting.items()}
        first, numbers = self._first, range(self._first, self._first + count)
        states = zip(numbers, given["complete"], given["hint"], strict=True)
        self._late[first] = {
            number: {name: given[name][number - first] for name in (*LATE, "kind")}
            for number, complete, hint in states
            if not complete and hint is None
        }
        shown = {name: _encodable(name) for name in set(given["file"])}
        given |= {"seq": list(numbers), "file": [shown[name] for name in given["file"]]}
        self._register("part", [column.name for column in self.columns if column.name in given], given)
        self._duck.write("FROM part", self._path(RAW, first), FAST)
        self._parts.append(first)
        self._first += count

    def _settle(self, first: int, groups: Groups, first_tids: dict[str, int]) -> None:
        """Write a file of events anew."""
        raw = self._path(RAW, first)
        tids = self._duck.integers(f"SELECT tid FROM {quoted(raw)}")
        if MISSING in tids:
            files = self._duck.all(f"SELECT file FROM {quoted(raw)}")
            tids = np.array(
                [
                    first_tids.get(file, MISSING) if tid == MISSING else tid
                    for tid, (file,) in zip(tids, files, strict=True)
                ]
            )
        pids, known = groups.of_events(tids, first)
        self._register("tasks", OF_TRACE, {"tid": tids, "pid": pids, "pid_known": known})
        late = self._late.pop(first)
        if late:
            said = {name: [one[name] for one in late.values()] for name in (*LATE, "kind")}
            self._register("late", ("seq", "kind", *LATE), {"seq": list(late), **said})
        self._duck.write(self._anew(raw, late=bool(late)), self._path(SETTLED, first), FAST)
        raw.unlink()

    def _anew(self, raw: Path, *, late: bool) -> str:
        """Return the query for the events of a file with what became known of them."""
        stands = {column.name: f'raw."{column.name}"' for column in self.columns}
        stands |= {name: f"tasks.{name}" for name in OF_TRACE}
        source = f"{quoted(raw)} AS raw POSITIONAL JOIN tasks"
        if late:
            changing = [column.name for column in self.columns if column.name in LATE or column is ARGUMENTS]
            which = 'CASE WHEN late.seq IS NULL THEN raw."{0}" ELSE late."{0}" END'
            stands |= {name: which.format(name) for name in changing}
            source += " LEFT JOIN late ON late.seq = raw.seq ORDER BY raw.seq"
        chosen = ", ".join(f'{expression} AS "{name}"' for name, expression in stands.items())
        return f"SELECT {chosen} FROM {source}"

    def _register(self, table: str, names: Sequence[str], given: Mapping[str, Any]) -> None:
        """Make a table of some of the columns, with the typed arguments where they are asked for."""
        chosen = [column for column in self.columns if column.name in names]
        if ARGUMENTS in self.columns and "args" in names:
            chosen.append(ARGUMENTS)
            given = {**given, ARGUMENTS.name: _arguments(given["kind"], given["args"])}
        self._duck.register(table, chosen, given)

    def _path(self, state: str, first: int) -> Path:
        return self._folder / f"{state}-{first:012}.parquet"

    def _all(self) -> str:
        pattern = Path(glob.escape(str(self._folder))) / f"{SETTLED}-*.parquet"
        return f"read_parquet({quoted(pattern)})"


def _arguments(kinds: Sequence[str], args: Sequence[str | None]) -> list[str | None]:
    calls = zip(kinds, args, strict=True)
    return [arguments_json(text) if kind == "syscall" and text is not None else None for kind, text in calls]


def _encodable(name: str) -> str:
    """Return the name of a file with what is no UTF-8 written out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _ascii(text: str) -> str:
    """Return JSON with what is not printable ASCII written out: none of it acts on a terminal then."""
    return UNSAFE.sub(lambda found: json.dumps(found[0])[1:-1] if found[0] != "\x7f" else "\\u007f", text)
