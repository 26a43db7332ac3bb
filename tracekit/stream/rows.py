"""Events as columns: what the reader fills, line by line or block by block.

A row is one event; rows stand in the order in which their events began. The
parts of an event that its text tells are shared by all events of that text
(its form), so a row costs some fifty bytes.
"""

from array import array
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tracekit.stream.event import Event, Kind
from tracekit.stream.forms import Form, Says

MISSING = -(1 << 63)
"""Stands in a column of integers for what is not known."""

KINDS: dict[Says, Kind] = {
    Says.SIGNAL: "signal",
    Says.GONE: "exit",
    Says.SUPERSEDED: "exec",
    Says.ATTACHED: "attach",
    Says.DETACHED: "detach",
    Says.NOTE: "note",
    Says.NOTHING: "unparsed",
}
"""The kind of event that each kind of line makes; every other one makes a syscall."""


INTEGERS = ("tids", "times", "durations", "lines", "ends")
"""The columns of integers."""


class Line(NamedTuple):
    """Where and when a line was written, and by which task; MISSING where that is not known."""

    number: int
    tid: int
    time_ns: int
    duration_ns: int


def untimed(number: int, tid: int = MISSING) -> Line:
    """Return where a line stands that tells no time."""
    return Line(number, tid, MISSING, MISSING)


class Odd(NamedTuple):
    """What is said of an event that could not be read, or not whole."""

    complete: bool
    column: int | None = None
    hint: str | None = None


WHOLE = Odd(complete=True)
OPEN = Odd(complete=False)
"""A call that has not returned so far."""


class Late(NamedTuple):
    """What became known of an event after its row was taken: its form, unless that stays as it was."""

    form: Form | None
    duration_ns: int
    end: int
    odd: Odd


class Rows:
    """The events of one log, or the part of them that was not taken yet.

    Attributes:
        first: the number of the first row that is still here; those before it were taken.
        odd: what is said of single rows, by their number.
        late: what became known of rows that were taken, by their number.
    """

    def __init__(self, file: str = "") -> None:
        """Begin with no event."""
        self.file = file
        self.first = 0
        self.forms: list[Form] = []
        self.tids, self.times, self.durations, self.lines, self.ends = (array("q") for _ in range(5))
        self.odd: dict[int, Odd] = {}
        self.late: dict[int, Late] = {}

    def __len__(self) -> int:
        """Return how many rows are here."""
        return len(self.forms)

    def add(self, line: Line, form: Form, odd: Odd | None = None) -> int:
        """Add the event of one line; return its number."""
        row = self.first + len(self.forms)
        self.forms.append(form)
        self.lines.append(line.number)
        self.ends.append(line.number)
        self.tids.append(line.tid)
        self.times.append(line.time_ns)
        self.durations.append(line.duration_ns)
        if odd:
            self.odd[row] = odd
        return row

    def last(self) -> int:
        """Return the number of the last row."""
        return self.first + len(self.forms) - 1

    def replace(self, row: int, line: Line, form: Form, end: int) -> None:
        """Put another event in the place of one that is still here."""
        place = row - self.first
        self.odd.pop(row, None)
        self.forms[place], self.ends[place] = form, end
        self.tids[place], self.times[place], self.durations[place] = line[1:]

    def drop_last(self) -> None:
        """Take back the last row."""
        self.odd.pop(self.last(), None)
        for column in (self.forms, self.lines, self.ends, self.tids, self.times, self.durations):
            column.pop()

    def fill(self, row: int, form: Form | None, line: Line, odd: Odd | None = None) -> None:
        """Put the second half of a call into its event; without a form, they do not fit."""
        place = row - self.first
        if place < 0:
            self.late[row] = Late(form, line.duration_ns, line.number, odd or WHOLE)
            return
        if form is not None:
            self.forms[place] = form
        self.durations[place], self.ends[place] = line.duration_ns, line.number
        if odd:
            self.odd[row] = odd

    def mark(self, row: int, odd: Odd) -> None:
        """Say of an event why it is not whole."""
        place = row - self.first
        if place >= 0:
            self.odd[row] = odd
        else:
            self.late[row] = self.late.get(row, Late(None, MISSING, MISSING, WHOLE))._replace(odd=odd)

    def rename(self, before: int, after: int) -> None:
        """Give the events of one task to another."""
        if before in self.tids:
            self.tids = array("q", (after if tid == before else tid for tid in self.tids))

    def take(self, count: int, open_rows: Iterable[int] = ()) -> "Rows":
        """Take the first rows away.

        Args:
            count: how many.
            open_rows: the rows of calls that have not returned; those that are taken are not complete.
        """
        taken = Rows(self.file)
        taken.first, self.first = self.first, self.first + count
        for name in ("forms", *INTEGERS):
            column = getattr(self, name)
            setattr(taken, name, column[:count])
            del column[:count]
        taken.odd = {row: odd for row, odd in self.odd.items() if row < self.first}
        self.odd = {row: odd for row, odd in self.odd.items() if row >= self.first}
        taken.odd |= {row: OPEN for row in open_rows if taken.first <= row < self.first}
        return taken

    def events(self) -> Iterator[Event]:
        """Yield the rows as records."""
        return map(self.event, range(len(self.forms)))

    def event(self, place: int) -> Event:
        """Return one row as a record."""
        number, tid = self.lines[place], self.tids[place]
        line = Line(number, tid, self.times[place], self.durations[place])
        odd = self.odd.get(self.first + place, WHOLE)
        return event_of(self.forms[place], line, self.ends[place], self.file, odd)


def event_of(form: Form, line: Line, end: int, file: str, odd: Odd) -> Event:
    """Return an event as a record."""
    says, name, args, ret, ret_text, errno, _ = form
    kind = KINDS.get(says, "syscall")
    tid, time, duration = (None if value == MISSING else value for value in line[1:])
    return Event(kind, line.number, end, file, time, tid, name, args, ret, ret_text, errno, duration, *odd)
