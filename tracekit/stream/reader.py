"""Lines of one log to events.

Every line belongs to exactly one event, save the diagnostic that strace writes
into the middle of another line: that line is the call's, and the diagnostic is
an event (attach) beside it.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from tracekit.stream.diagnosis import diagnose
from tracekit.stream.event import Event
from tracekit.stream.forms import STRACE, Form, Says, open_expression, read_form, read_note
from tracekit.stream.leader import BODY, Clock, Layout, layout_of_line, nanoseconds
from tracekit.stream.notes import PREFIX, Note, read_header
from tracekit.stream.pairing import Line, Pairing, event_of
from tracekit.stream.solo import Solo

HOLD = 100_000
"""How many events a stream holds back at most while an earlier call has not returned (some 60 MB)."""
REMEMBERED = 65_536
"""How many call texts are remembered with what they say."""
CUT = "the line is cut"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
DURATION = re.compile(r" <(\d{1,9}(?:\.\d{1,9})?)>")
INTERRUPTION = re.compile(rf"(.*?)({STRACE}Process \d{{1,10}}(?:<.*>)? attached(?: with \d+ threads)?)")

form_of = lru_cache(maxsize=REMEMBERED)(read_form)


@lru_cache(maxsize=REMEMBERED)
def duration_of(text: str) -> int | None:
    """Return the nanoseconds of `` <0.000011>``; None for a text that is no duration."""
    found = DURATION.fullmatch(text)
    return nanoseconds(found[1]) if found else None


def split_duration(text: str) -> tuple[str, int | None]:
    """Take the duration (``-T``) off the end of a line."""
    cut = text.rfind(" <")
    duration = duration_of(text[cut:]) if cut >= 0 else None
    return (text, None) if duration is None else (text[:cut], duration)


class Interrupted(NamedTuple):
    """A line that a diagnostic was written into, and the attach events to put behind it."""

    place: Line
    text: str
    beside: list[Event]


class Reader:
    """Reads one log, line by line.

    Attributes:
        events: what was read and not yet taken, in the order in which it began.
        lines: how many lines were read.
        layout: what stands before a call in this log.
        first_tid: the task that lines without a pid at the start are about, once that has come out.
    """

    def __init__(self, file: str = "", tid: int | None = None) -> None:
        """Begin a log.

        Args:
            file: the name that its events bear.
            tid: the task of lines without a pid: that of an ``-ff`` file.
        """
        self.events: deque[Event] = deque()
        self.lines = 0
        self.first_tid = tid
        self._file = file
        self._tid = tid
        self._pairing = Pairing(form_of)
        self._solo = Solo()
        self._interrupted: Interrupted | None = None
        self._bad: tuple[Line, str] | None = None
        self._clock = Clock()
        self._use(Layout())

    def feed(self, raw: str) -> None:
        """Read one line, with or without its newline."""
        self.lines += 1
        self._bad = None
        line = raw.rstrip("\r\n")
        if "\x1b" in line:
            line = COLOUR.sub("", line)
        if self._interrupted and self._resume(self._interrupted, line):
            return
        match = self._leader(line)
        if match:
            pid, time, delta = match.groups()
            rest = line[match.end() :]
            cut = rest.rfind(" <")
            duration = duration_of(rest[cut:]) if cut >= 0 else None
            form = form_of(rest if duration is None else rest[:cut])
            if form.says is not Says.NOTHING:
                tid = self._task(pid, form.says)
                event = self._pairing.step(
                    Line(self._file, self.lines, tid, self._time(time, delta), duration), form
                )
                if event is not None:
                    self.events.append(event)
                return
        self._other(line, match)

    def finish(self) -> None:
        """Tell that the log is over: what is still open stays incomplete, and a last line may be cut."""
        if self._interrupted:
            self._abandon(self._interrupted)
        if self._bad:
            self._cut(*self._bad)
        self._pairing.finish()
        for event in self.events:
            if event.tid is None:
                event.tid = self.first_tid

    def taken(self, event: Event) -> None:
        """Tell that an event is taken although its call has not returned."""
        self._pairing.release(event)

    def _use(self, layout: Layout) -> None:
        self.layout = layout
        self._leader = layout.leader()
        self._time = self._clock.reader(layout)
        self._bracketed = "[pid]" in layout.parts

    def _task(self, pid: str, says: Says) -> int | None:
        """Return the task that a line is about."""
        if not pid:
            tid = self._solo.bare() if self._tid is None else self._tid
        elif not self._bracketed:
            return int(pid)
        elif self._solo.named(tid := int(pid)):
            self._pairing.rename(None, tid)
            self.first_tid = tid
        if says is Says.GONE:
            self._solo.gone(tid)
        return tid

    def _other(self, line: str, match: re.Match[str] | None) -> None:
        """Read a line that is no call or event in this layout."""
        if line.startswith(PREFIX):
            self._header(line)
        elif (note := read_note(line)).says is not Says.NOTHING:
            self.events.append(self._note(note))
        elif self._relearn(line):
            self.lines -= 1
            self.feed(line)
        elif not (match and self._interrupt(line, match)):
            self._unparsed(line, match)

    def _header(self, line: str) -> None:
        note = read_header(line)
        event = Event("note", self.lines, self.lines, self._file)
        if isinstance(note, Note):
            event.name, event.args, event.tid, event.time_ns = note.key, note.payload, note.tid, note.time_ns
        else:
            event.kind, event.args = "unparsed", line
            event.column, event.hint = note
        self.events.append(event)

    def _note(self, form: Form) -> Event:
        """Return the event of a diagnostic, and learn from it which tasks there are."""
        tid = int(form.rest) if form.rest else None
        if tid is not None:
            (self._solo.attached if form.says is Says.ATTACHED else self._solo.gone)(tid)
        return event_of(Line(self._file, self.lines, tid, None, None), form)

    def _relearn(self, line: str) -> bool:
        """Take on the layout of a line that reads with other parts than the lines before it."""
        layout = layout_of_line(line)
        if layout is None or layout == self.layout:
            return False
        match = layout.leader()(line)
        rest = line[match.end() :] if match else ""
        interrupted = INTERRUPTION.fullmatch(rest)
        if form_of(split_duration(rest)[0]).says is Says.NOTHING and not (
            (interrupted and _readable_so_far(interrupted[1])) or (self.lines == 1 and BODY.match(rest))
        ):
            return False
        self._use(layout)
        return True

    def _interrupt(self, line: str, match: re.Match[str]) -> bool:
        """Begin to wait for the rest of a line that a diagnostic of strace's was written into."""
        found = INTERRUPTION.fullmatch(line, match.end())
        if not found or not _readable_so_far(found[1]):
            return False
        pid, time, delta = match.groups()
        place = Line(self._file, self.lines, self._task(pid, Says.BEGIN), self._time(time, delta), None)
        attached = self._note(read_note(found[2]))
        self._interrupted = Interrupted(place, found[1], [attached])
        return True

    def _resume(self, waiting: Interrupted, line: str) -> bool:
        """Read the rest of an interrupted line; False when this line is not that."""
        if (note := read_note(line)).says is Says.ATTACHED:
            waiting.beside.append(self._note(note))
            return True
        text, duration = split_duration(waiting.text + line)
        form = form_of(text)
        if form.says is Says.NOTHING:
            self._abandon(waiting)
            return False
        self._interrupted = None
        number = self.lines if form.says is Says.END else waiting.place.number
        event = self._pairing.step(waiting.place._replace(number=number, duration_ns=duration), form)
        if event is not None:
            event.end_line = self.lines
            self.events.append(event)
        self.events.extend(waiting.beside)
        return True

    def _abandon(self, waiting: Interrupted) -> None:
        """Take an interrupted line whose rest never came for what it is."""
        self._interrupted = None
        self.events.append(_cut_call(waiting.place, waiting.text))
        self.events.extend(waiting.beside)

    def _unparsed(self, line: str, match: re.Match[str] | None) -> None:
        start = match.end() if match else 0
        event = Event("unparsed", self.lines, self.lines, self._file, args=line)
        event.column, event.hint = diagnose(line, start, str(self.layout))
        self.events.append(event)
        if match and BODY.match(line, start):
            pid, time, delta = match.groups()
            place = Line(self._file, self.lines, self._task(pid, Says.BEGIN), self._time(time, delta), None)
            self._bad = place, line[start:]

    def _cut(self, place: Line, text: str) -> None:
        """Take the last line, which does not end, for the call that it began."""
        if _readable_so_far(text) or open_expression().match(text):
            self.events[-1] = _cut_call(place, text)


def read_events(
    lines: Iterable[str], file: str = "", tid: int | None = None, hold: int = HOLD
) -> Iterator[Event]:
    """Read a log as a stream, its events in the order in which they began.

    An event is held back while a call that began before it has not returned, so that a split call
    is yielded whole and in the place of its first half. At most ``hold`` events are: when a call
    takes longer than that, it is yielded incomplete, with a hint, and its second half becomes an
    event of its own. Memory is bounded by ``hold``, whatever the length of the log.

    Args:
        lines: the lines, with or without newlines.
        file: the name that the events bear.
        tid: the task of lines without a pid.
        hold: how many events to hold back at most.
    """
    reader = Reader(file, tid)
    for line in lines:
        reader.feed(line)
        yield from ready_events(reader, hold)
    reader.finish()
    yield from reader.events


def ready_events(reader: Reader, hold: int = HOLD) -> Iterator[Event]:
    """Take the events that nothing earlier is waited for, and those beyond what is held back."""
    events = reader.events
    while len(events) > 1 and (not is_running(events[0]) or len(events) > hold):
        if is_running(events[0]):
            reader.taken(events[0])
        yield events.popleft()


def is_running(event: Event) -> bool:
    """Tell whether the second half of an event's call may still come."""
    return not event.complete and event.hint is None


def _readable_so_far(text: str) -> bool:
    return open_expression().fullmatch(text) is not None or text.startswith("<... ")


def _cut_call(place: Line, text: str) -> Event:
    """Return the event of a call whose line stops in the middle."""
    name, _, args = text.partition("(")
    event = event_of(place, Form(Says.CALL, name, args))
    event.complete, event.hint = False, CUT
    return event
