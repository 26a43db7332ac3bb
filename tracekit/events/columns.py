"""The events of a whole trace in memory, as columns: those of one log, or of several put in one order."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tracekit.stream import Event
from tracekit.stream.forms import Form, Says
from tracekit.stream.rows import WHOLE, Line, Odd, Rows, event_of

Integers: TypeAlias = npt.NDArray[np.int64]


@dataclass(slots=True)
class Columns:
    """Events in their final order.

    Attributes:
        names: the files, by number.
        forms: what the text of each event says.
        files: the number of the file of each.
        tids, times, durations, lines, ends: as in ``stream.rows.Rows``.
        odd: what is said of single events, by their number.
    """

    names: list[str]
    forms: list[Form]
    files: Integers
    tids: Integers
    times: Integers
    durations: Integers
    lines: Integers
    ends: Integers
    odd: dict[int, Odd]

    def __len__(self) -> int:
        """Return how many events there are."""
        return len(self.forms)

    def events(self) -> Iterator[Event]:
        """Yield the events as records."""
        columns = (self.files, self.tids, self.times, self.durations, self.lines, self.ends)
        rows = zip(self.forms, *(column.tolist() for column in columns), strict=True)
        for number, (form, file, tid, time, duration, line, end) in enumerate(rows):
            place = Line(line, tid, time, duration)
            yield event_of(form, place, end, self.names[file], self.odd.get(number, WHOLE))

    def unparsed(self) -> list[int]:
        """Return the numbers of the lines that could not be read."""
        return sorted(number for number in self.odd if self.forms[number].says is Says.NOTHING)


def columns_of(logs: Sequence[Rows]) -> Columns:
    """Put the events of several logs in one order: by time, each log keeping its own order.

    An event without a time goes with the one before it. Logs without any time stand one after another.
    """
    files = np.repeat(np.arange(len(logs)), [len(log) for log in logs])
    names = ("tids", "times", "durations", "lines", "ends")
    joined = {name: np.concatenate([_integers(getattr(log, name)) for log in logs]) for name in names}
    starts = np.cumsum([0, *map(len, logs)]).tolist()
    forms = [form for log in logs for form in log.forms] if len(logs) > 1 else logs[0].forms
    odd = {
        start + row: said for start, log in zip(starts, logs, strict=False) for row, said in log.odd.items()
    }
    if len(logs) > 1:
        order = _order(files, [_integers(log.times) for log in logs])
        places = np.empty_like(order)
        places[order] = np.arange(len(order))
        files, forms = files[order], [forms[place] for place in order.tolist()]
        joined = {name: column[order] for name, column in joined.items()}
        odd = {int(places[number]): said for number, said in odd.items()}
    return Columns([log.file for log in logs], forms, files, odd=odd, **joined)


def _integers(column: "array[int]") -> Integers:
    return np.frombuffer(column, dtype=np.int64) if column else np.empty(0, dtype=np.int64)


def _order(files: Integers, times: list[Integers]) -> Integers:
    """Return where each event of the merged trace comes from."""
    latest = np.concatenate([np.maximum.accumulate(np.maximum(each, 0)) for each in times])
    return np.lexsort((files, latest))
