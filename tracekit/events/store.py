"""The events of a trace on disk, for logs of any length.

What the end of a trace tells (processes, and how calls ended that ran for long)
belongs into events at its beginning. So events first go to files of a folder of
their own, as they are, some thousands in each; at the end, each of these becomes
a Parquet file. The last is the first: what became known late is in the files
behind that of the event.
"""

import glob
import json
import os
import pickle
import re
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import zstandard

from tracekit.events.arrays import arrays_of, known
from tracekit.events.columns import Columns, join_columns
from tracekit.events.counts import Counts, count_events
from tracekit.events.duck import Duck, Tuples, quoted
from tracekit.events.groups import Groups
from tracekit.events.jsonvalues import all_arguments_json
from tracekit.events.schema import ARGUMENTS, REMARKS, STORED, Column
from tracekit.events.workers import Workers
from tracekit.stream.dictionary import Encoded, encode
from tracekit.stream.rows import KINDS, MISSING, Late

if TYPE_CHECKING:
    from tracekit.events.batches import Batch

PART = 65_536
"""Events of a file; the batch that makes it full goes there whole."""
TEXT = 1 << 25
"""Characters of arguments that make a file full, too."""
CHUNK = 2048
"""Texts of arguments that a process takes apart at once."""
ROW_GROUP = 122_880
"""Rows that a Parquet file has in one piece, as DuckDB usually does; fewer when they are long."""
FAST, SMALL = "lz4", "zstd"
"""How files are packed that are there for moments, and those that stay."""
RAW, SETTLED = "raw", "settled"
PACK = zstandard.ZstdCompressor(level=-1)
UNSAFE = re.compile("[^\x00-\x7e]")

Written = Callable[[int, int], None]
"""Is told how many events are written, and how many there are."""


def columns(*, arguments: bool = False) -> tuple[Column, ...]:
    """Return the columns of a file of events, with the typed arguments where they are asked for."""
    return (*STORED, *REMARKS, *((ARGUMENTS,) if arguments else ()))


class Part(NamedTuple):
    """Events on their way.

    Attributes:
        first: the number of the first of them.
        events: the events, without their forms.
        forms: these.
        changes: what became known of them, and of those before them, while they came in.
    """

    first: int
    events: Columns
    forms: Encoded
    changes: list[tuple[int, Late]]


class Store:
    """Events on disk.

    Attributes:
        columns: what each event has.
        count: how many events came in.
    """

    def __init__(self, folder: Path, *, arguments: bool = False, workers: Workers | None = None) -> None:
        """Begin an empty store.

        Args:
            folder: an empty folder, which whoever made it removes when the store is closed.
            arguments: whether events get their typed arguments, as JSON text.
            workers: processes that take part; as many threads do.
        """
        self.columns = columns(arguments=arguments)
        self.count = 0
        self._folder = folder
        self._duck = Duck(folder / "overflow", workers.count if workers else 1)
        self._workers = workers
        self._threads = workers.count if workers else 1
        self._parts: list[int] = []
        self._row_group = ROW_GROUP
        self._filling: list[Columns] = []
        self._changes: list[tuple[int, Late]] = []
        self._first = self._text = self._characters = 0

    def add(self, batch: "Batch") -> None:
        """Take in the batch that follows those before it.

        Raises:
            OSError: there is no room.
        """
        self._changes += batch.changes.items()
        self._filling.append(batch.events)
        text = sum(len(form.args) for form in batch.events.forms if form.args)
        self._text += text
        self._characters += text
        self.count += len(batch)
        if self.count - self._first >= PART or self._text >= TEXT:
            self._write_part()

    def settle(self, groups: Groups, first_tids: dict[str, int], written: Written) -> None:
        """Put into all events what the whole trace tells, once all batches are in.

        Args:
            groups: the processes.
            first_tids: the task of the events without one, by the name of their file.
            written: is told how far this is.

        Raises:
            OSError: there is no room.
        """
        self._write_part()
        changes: dict[int, list[Late]] = {}
        waiting: deque[Future[None]] = deque()
        with ThreadPoolExecutor(self._threads) as threads:
            for first in reversed(self._parts):
                part = self._take_part(first)
                for number, change in reversed(part.changes):
                    changes.setdefault(number, []).append(change)
                own = {number: changes.pop(number) for number in [n for n in changes if n >= first]}
                _put_in(part, own)
                waiting.append(threads.submit(self._settle, part, groups, first_tids))
                if len(waiting) > self._threads:
                    waiting.popleft().result()
                written(self.count - first, self.count)
            for future in waiting:
                future.result()

    def to_parquet(self, path: Path, written: Written) -> None:
        """Write all events to one Parquet file.

        Raises:
            OSError: there is no room.
        """
        packing = f"{SMALL}, ROW_GROUP_SIZE {max(self._row_group, 1)}"
        self._duck.write(
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

    def _write_part(self) -> None:
        """Write the events that came in to a file of their own, as they are."""
        if self.count > self._first:
            events = join_columns(self._filling)
            part = Part(self._first, replace(events, forms=[]), encode(events.forms), self._changes)
            self._path(RAW, self._first).write_bytes(PACK.compress(pickle.dumps(part)))
            self._parts.append(self._first)
            if self._text >= TEXT:
                self._row_group = min(self._row_group, len(events))
        self._filling, self._changes = [], []
        self._first, self._text = self.count, 0

    def _take_part(self, first: int) -> Part:
        path = self._path(RAW, first)
        part: Part = pickle.loads(zstandard.decompress(path.read_bytes()))  # noqa: S301 - nobody else can write there
        path.unlink()
        return part

    def _settle(self, part: Part, groups: Groups, first_tids: dict[str, int]) -> None:
        """Write events to a Parquet file."""
        events, first = part.events, part.first
        for file, name in enumerate(events.names):
            if name in first_tids:
                events.tids[(events.tids == MISSING) & (events.files == file)] = first_tids[name]
        pids, stated = groups.of_events(events.tids, first)
        shown = replace(events, names=[_encodable(name) for name in events.names])
        arrays = arrays_of(shown, part.forms) | {
            "seq": np.arange(first, first + len(events)),
            "pid": known(pids),
            "pid_known": stated,
        }
        if ARGUMENTS in self.columns:
            arrays[ARGUMENTS.name] = self._arguments(part.forms)
        self._duck.store(self.columns, arrays, self._path(SETTLED, first), FAST)

    def _arguments(self, forms: Encoded) -> Any:
        """Return the typed arguments of events."""
        says, _, args, *_ = forms.fields
        texts = [None if kind in KINDS else text for kind, text in zip(says, args, strict=True)]
        chunks = [texts[begin : begin + CHUNK] for begin in range(0, len(texts), CHUNK)]
        if self._workers and self._workers.are_worth(self._characters):
            asked = [self._workers.submit(all_arguments_json, chunk) for chunk in chunks]
            done = [future.result() for future in asked]
        else:
            done = [None] * len(chunks)
        found = [trees or all_arguments_json(chunk) for trees, chunk in zip(done, chunks, strict=True)]
        trees = [tree for chunk in found for tree in chunk]
        return np.array(trees, dtype=object)[np.frombuffer(forms.codes, dtype=np.int32)]

    def _path(self, state: str, first: int) -> Path:
        return self._folder / f"{state}-{first:012}.parquet"

    def _all(self) -> str:
        pattern = Path(glob.escape(str(self._folder))) / f"{SETTLED}-*.parquet"
        return f"read_parquet({quoted(pattern)})"


def _put_in(part: Part, changes: dict[int, list[Late]]) -> None:
    """Put into events what became known of them, the last of it first."""
    for number, found in changes.items():
        for change in reversed(found):
            if change.form is not None:
                part.forms.put(number - part.first, change.form)
            part.events.complete(number - part.first, change._replace(form=None))


def _encodable(name: str) -> str:
    """Return the name of a file with what is no UTF-8 written out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _ascii(text: str) -> str:
    """Return JSON with what is not printable ASCII written out: none of it acts on a terminal then."""
    return UNSAFE.sub(lambda found: json.dumps(found[0])[1:-1] if found[0] != "\x7f" else "\\u007f", text)
