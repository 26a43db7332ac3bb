"""Events as columns of a trace, or of a stretch of it: those of one log, or of several in one order."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tracekit.stream import Event
from tracekit.stream.forms import Form, Says
from tracekit.stream.rows import INTEGERS, MISSING, WHOLE, Late, Line, Odd, Rows, event_of

Integers: TypeAlias = npt.NDArray[np.int64]


@dataclass(slots=True)
class Columns:
    """Events in their final order.

    Attributes:
        names: the files, by number.
        forms: what the text of each event says.
        files: the number of the file of each.
        tids, times, durations, lines, ends: as in ``stream.rows.Rows``.
        odd: what is said of single events, by their place.
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
        return len(self.tids)

    def events(self, places: Sequence[int]) -> Iterator[Event]:
        """Yield some events as records."""
        columns = (self.files, self.ends, self.lines, self.tids, self.times, self.durations)
        rows = zip(places, *(column[places].tolist() for column in columns), strict=True)
        for place, file, end, *line in rows:
            yield event_of(self.forms[place], Line(*line), end, self.names[file], self.odd.get(place, WHOLE))

    def complete(self, place: int, late: Late) -> None:
        """Put in what became known of an event."""
        if late.form is not None:
            self.forms[place] = late.form
        if late.end != MISSING:
            self.durations[place], self.ends[place] = late.duration_ns, late.end
        self.odd[place] = late.odd

    def unparsed(self) -> list[int]:
        """Return the places of the lines that could not be read."""
        return sorted(number for number in self.odd if self.forms[number].says is Says.NOTHING)


def join_rows(logs: Sequence[Rows], order: Integers | None = None) -> Columns:
    """Put the events of several logs one after another, or in an order.

    Args:
        logs: the rows.
        order: for each event the place that it has when they stand one after another.
    """
    files = np.repeat(np.arange(len(logs)), [len(log) for log in logs])
    joined = {name: np.concatenate([integers(getattr(log, name)) for log in logs]) for name in INTEGERS}
    forms = [form for log in logs for form in log.forms] if len(logs) > 1 else logs[0].forms
    odd = {
        start + row: said
        for start, log in zip(starts(logs), logs, strict=True)
        for row, said in log.odd.items()
    }
    if order is not None:
        places = np.empty_like(order)
        places[order] = np.arange(len(order))
        files, forms = files[order], [forms[place] for place in order.tolist()]
        joined = {name: column[order] for name, column in joined.items()}
        odd = {int(places[place]): said for place, said in odd.items()}
    return Columns([log.file for log in logs], forms, files, odd=odd, **joined)


def join_columns(stretches: Sequence[Columns]) -> Columns:
    """Put stretches that follow one another into one."""
    names = list(dict.fromkeys(name for each in stretches for name in each.names))
    place = {name: number for number, name in enumerate(names)}
    files = [np.array([place[name] for name in each.names])[each.files] for each in stretches]
    begins = accumulate(map(len, stretches), initial=0)
    return Columns(
        names=names,
        forms=[form for each in stretches for form in each.forms],
        files=np.concatenate(files),
        odd={
            begin + row: said
            for begin, each in zip(begins, stretches, strict=False)
            for row, said in each.odd.items()
        },
        **{name: np.concatenate([getattr(each, name) for each in stretches]) for name in INTEGERS},
    )


def starts(logs: Sequence[Rows]) -> list[int]:
    """Return where row 0 of each log would be, when those that are here stand one after another."""
    begins = np.cumsum([0, *map(len, logs)]).tolist()
    return [begin - log.first for begin, log in zip(begins, logs, strict=False)]


def integers(column: "array[int]") -> Integers:
    """Return a column of a reader as numpy sees it, without a copy."""
    return np.frombuffer(column, dtype=np.int64) if column else np.empty(0, dtype=np.int64)
