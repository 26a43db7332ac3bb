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
from dataclasses import dataclass, field
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
"""Events of a file; the batch that makes it full goes there whole."""
TEXT = 1 << 25
"""Characters of arguments that make a file full, too."""
ROW_GROUP = 122_880
"""Rows that a Parquet file has in one piece, as DuckDB usually does; fewer when they are long."""
OF_TRACE = ("tid", "pid", "pid_known")
"""Columns that the whole trace tells; a tid only in a log that begins without any."""
LATE = ("name", "args", "ret", "ret_text", "errno", "duration_ns", "complete", "end_line", "column", "hint")
"""Columns of a call that become known when it returns."""
FAST, SMALL = "lz4", "zstd"
"""How files are packed that are there for moments, and those that stay."""
RAW, SETTLED = "raw", "settled"
UNSAFE = re.compile("[^\x00-\x7e]")

Written = Callable[[int, int], None]
"""Is told how many events are written, and how many there are."""


def columns(*, arguments: bool = False) -> tuple[Column, ...]:
    """Return the columns of a file of events, with the typed arguments where they are asked for."""
    return (*STORED, *REMARKS, *((ARGUMENTS,) if arguments else ()))


@dataclass(slots=True)
class Part:
    """Events on their way to a file.

    Attributes:
        first: the number of the first of them.
        columns: one list a column.
        count: how many they are.
        text: how many characters their arguments have.
    """

    first: int
    columns: dict[str, list[Any]] = field(default_factory=dict)
    count: int = 0
    text: int = 0

    def add(self, batch: Batch) -> None:
        """Take in a batch."""
        for name, values in batch.columns.items():
            self.columns.setdefault(name, []).extend(values)
        self.count += len(batch)
        self.text += sum(map(len, filter(None, batch.columns["args"])))

    def is_full(self) -> bool:
        """Tell whether that is enough for a file."""
        return self.count >= PART or self.text >= TEXT

    def still_open(self) -> dict[int, dict[str, Any]]:
        """Return what may change of calls that have not returned, by number."""
        columns = self.columns
        states = enumerate(zip(columns["complete"], columns["hint"], strict=True))
        places = [place for place, (complete, hint) in states if not complete and hint is None]
        return {
            self.first + place: {name: columns[name][place] for name in (*LATE, "kind")} for place in places
        }


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
        self._parts: list[int] = []
        self._row_group = ROW_GROUP
        self._held = Part(0)  # most calls return while the next part is read
        self._filling = Part(0)
        self._late: dict[int, dict[int, dict[str, Any]]] = {}

    def add(self, batch: Batch) -> None:
        """Take in the batch that follows those before it.

        Raises:
            OSError: there is no room.
        """
        for number, said in batch.late.items():
            self._learn(number, said)
        self._filling.add(batch)
        self.count += len(batch)
        if self._filling.is_full():
            self._write_part(self._held)
            self._held, self._filling = self._filling, Part(self.count)

    def settle(self, groups: Groups, first_tids: dict[str, int], written: Written) -> None:
        """Put into all events what the whole trace tells, once all batches are in.

        Args:
            groups: the processes.
            first_tids: the task of the events without one, by the name of their file.
            written: is told how far this is.

        Raises:
            OSError: there is no room.
        """
        for part in (self._held, self._filling):
            self._write_part(part)
        tids = {_encodable(name): tid for name, tid in first_tids.items()}
        for first in self._parts:
            written(first, self.count)
            self._settle(first, groups, tids)

    def to_parquet(self, path: Path, written: Written) -> None:
        """Write all events to one Parquet file.

        Raises:
            OSError: there is no room.
        """
        packing = f"{SMALL}, ROW_GROUP_SIZE {max(self._row_group, 1)}"
        self._duck.write_long(
            f"FROM {self._all()}", path, packing, lambda share: written(int(share * self.count), self.count)
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
        for part in (self._filling, self._held):
            if number >= part.first:
                for name, value in said.items():
                    part.columns[name][number - part.first] = value
                return
        self._late[self._parts[bisect_right(self._parts, number) - 1]][number] |= said

    def _write_part(self, part: Part) -> None:
        """Write events to a file; of those that may change more is remembered."""
        if not part.count:
            return
        self._late[part.first] = part.still_open()
        files = part.columns["file"]
        shown = {name: _encodable(name) for name in set(files)}
        given = part.columns | {
            "seq": list(range(part.first, part.first + part.count)),
            "file": [shown[name] for name in files],
        }
        self._register("part", [column.name for column in self.columns if column.name in given], given)
        self._duck.write("FROM part", self._path(RAW, part.first), FAST)
        self._parts.append(part.first)
        if part.text >= TEXT:
            self._row_group = min(self._row_group, part.count)

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
