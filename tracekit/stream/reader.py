"""Lines of one log to events, one by one: the definition of how a log is read.

Every line belongs to exactly one event, save the diagnostic that strace writes
into the middle of another line: that line is the call's, and the diagnostic is
an event beside it.
"""

import re
from collections.abc import Iterable

from tracekit.stream.broken import (
    OUTPUT,
    Bad,
    Interrupted,
    add_cut,
    begins_a_call,
    behind_output,
    interruption,
    is_plain,
    returns,
)
from tracekit.stream.clock import DAY, Clock, split_duration
from tracekit.stream.diagnosis import diagnose
from tracekit.stream.forms import Form, Says, open_expression, read_form, read_note
from tracekit.stream.leader import ACTING, BODY, Layout, layout_of_line
from tracekit.stream.memory import Memory
from tracekit.stream.notes import PREFIX, Note, read_header
from tracekit.stream.pairing import Pairing
from tracekit.stream.rows import MISSING, WHOLE, Line, Rows, untimed
from tracekit.stream.solo import Tasks
from tracekit.stream.summary import Summary
from tracekit.syscalls.families import doing

FORMS = Memory(read_form)
"""What a text says."""


class Reader:
    """Reads one log.

    Attributes:
        rows: what was read and not yet taken.
        lines: how many lines were read.
        layout: what stands before a call in this log.
        clock: what reads its times.
        pairing: which call each task is in.
        tasks: whom a line is about.
        first_tid: the task that lines without a pid at the start are about, once that has come out.
        interrupted: the line that goes on in the next one, if one does.
        bad: the last line that began a call and could not be read.
        summary: where in a table of ``-c`` this is.
    """

    def __init__(self, file: str = "", tid: int | None = None) -> None:
        """Begin a log.

        Args:
            file: the name that its events bear.
            tid: the task of lines without a pid: that of an ``-ff`` file.
        """
        self.rows = Rows(file)
        self.lines = 0
        self.clock = Clock()
        self.pairing = Pairing(self.rows, read_form)
        self.tasks = Tasks(tid, self._met)
        self.first_tid = tid
        self.interrupted: Interrupted | None = None
        self.bad: Bad | None = None
        self.summary = Summary()
        self.use(Layout())

    def feed(self, raw: str) -> None:
        """Read one line, with or without its newline."""
        line = raw.rstrip("\r\n")
        if "\x1b" in line:
            line = ACTING.sub("", line)
        self.read(line)

    def read(self, line: str) -> None:
        """Read one line that bears no newline and no colours."""
        self.lines += 1
        if not (self.interrupted and self._resume(self.interrupted, line)):
            self._line(line)

    def finish(self) -> None:
        """Tell that the log is over: what is still open stays incomplete, and a last line may be cut."""
        if self.interrupted:
            self._abandon(self.interrupted)
        if self.bad and self.bad.place.number == self.lines and begins_a_call(self.bad.text):
            self.rows.drop_last()
            add_cut(self.rows, self.bad.place, self.bad.text)
        self.pairing.finish()
        if self.first_tid is not None:
            self.rows.rename(MISSING, self.first_tid)

    def use(self, layout: Layout) -> None:
        """Read the next lines with this layout."""
        self.layout = layout
        self.clock.use(layout)
        self.tasks.use(layout)
        self._leader = layout.leader()
        self._frame = layout.frame()

    def _line(self, line: str) -> None:
        match = self._leader.match(line)
        if match:
            text, duration = split_duration(line[match.end() :])
            form = FORMS[text]
            if form.says is not Says.NOTHING:
                self._take(match, form, duration)
                return
        self._other(line, match)

    def _take(self, match: re.Match[str], form: Form, duration: int = MISSING) -> int | None:
        """Take in what stands behind a leader, and who ends with it; return the row that it was added as."""
        pid, time, delta = match.groups("")
        if form.says is Says.SUPERSEDED:
            self.tasks.gone(int(form.args or 0))
        tid = self._task(pid, form.says)
        row = self.pairing.step(Line(self.lines, tid, self.clock.read(time, delta), duration), form)
        if form.says is Says.GONE:
            self.tasks.gone(tid)
        return row

    def put_off(self, days: int) -> None:
        """Take the day on which a log of times of day begins for one so many days later."""
        self.clock.put_off(days)
        for place, form in enumerate(self.rows.forms):
            if self.rows.times[place] != MISSING and form.rest != PREFIX:
                self.rows.times[place] += days * DAY

    def follow(self, lines: int, notes: Iterable[Form], bad: Bad | None) -> None:
        """Take in that so many more lines were read elsewhere, with what they say of tasks and their end."""
        for note in notes:
            self._note(note)
        self.lines += lines
        self.bad = bad or self.bad

    def _met(self, tid: int, first: bool) -> None:
        """Take in that a task was named that was not before."""
        if first:
            self.pairing.rename(MISSING, tid)
            self.first_tid = tid

    def _task(self, pid: str, says: Says) -> int:
        return self.tasks.of(pid, says, inside=MISSING in self.pairing.open)

    def _other(self, line: str, match: re.Match[str] | None) -> None:
        """Read a line that is no call or event in this layout."""
        bare = self._frame.sub("", line, count=1)
        if bare.startswith(PREFIX):
            self._header(bare)
        elif (note := read_note(bare)).says is not Says.NOTHING:
            self.pairing.step(*self._note(note))
        elif self.summary.reads(bare):
            self.rows.add(untimed(self.lines), Form(Says.NOTE, "summary", bare))
        elif self._relearn(line):
            self._line(line)
        elif line.endswith(" ") and self._reads(line.rstrip(), self.layout):
            self._line(line.rstrip())
        elif not (
            self._interrupt(line, match)
            or self._go_on(bare)
            or (match and self._end(line, match))
            or self._search(line, match)
        ):
            self._unparsed(line, match)

    def _header(self, line: str) -> None:
        note = read_header(line)
        if isinstance(note, Note):
            tid = MISSING if note.tid is None else note.tid
            time_ns = MISSING if note.time_ns is None else note.time_ns
            form = Form(Says.NOTE, note.key, note.payload, rest=PREFIX)
            self.rows.add(Line(self.lines, tid, time_ns, MISSING), form)
        else:
            self.rows.add(
                untimed(self.lines), Form(Says.NOTHING, args=line), WHOLE._replace(**note._asdict())
            )

    def _note(self, form: Form) -> tuple[Line, Form]:
        """Return the event of a diagnostic, and learn from it which tasks there are."""
        tid = int(form.rest) if form.rest else MISSING
        if form.says is Says.ATTACHED:
            self.tasks.attached(tid)
        elif form.says is Says.DETACHED:
            self.tasks.gone(tid, let_go=True)
        return untimed(self.lines, tid), form

    def _relearn(self, line: str) -> bool:
        """Take on the layout of a line that reads with other parts than the lines before it.

        Only the first that reads tells of a frame: later ones may be what a program wrote.
        """
        layout = layout_of_line(line)
        if layout is None and not self.layout.parts and self.tasks.are_unknown():
            layout = layout_of_line(line, framed=True)
        if layout is None or layout == self.layout or not self._reads(line, layout):
            return False
        self.use(layout)
        for form in self.rows.forms[-1:] if "[pid]" in layout.parts else ():
            if form.name in doing("forks") and form.ret:
                self.tasks.attached(form.ret)
        return True

    def _reads(self, line: str, layout: Layout) -> bool:
        """Tell whether a line reads with a layout; the first of a log need not do so to its end."""
        match = layout.leader().match(line)
        rest = line[match.end() :] if match else ""
        says = FORMS[split_duration(rest)[0]].says
        return says is not Says.NOTHING or bool(interruption(rest) or (self.lines == 1 and BODY.match(rest)))

    def _place(self, match: re.Match[str]) -> Line:
        """Return where and when a line with this leader was written."""
        pid, time, delta = match.groups("")
        tid = self._task(pid, Says.BEGIN)
        return Line(self.lines, tid, self.clock.read(time, delta), MISSING)

    def _interrupt(self, line: str, match: re.Match[str] | None) -> bool:
        """Begin to wait for the rest of a line that a diagnostic of strace's was written into."""
        found = interruption(line[match.end() :]) if match else None
        if match is None or found is None:
            return False
        place = self._place(match)
        self.interrupted = Interrupted(place, found[0], [self._note(read_note(found[1]))])
        return True

    def _resume(self, waiting: Interrupted, line: str) -> bool:
        """Read the rest of an interrupted line; False when this line is not that."""
        line = self._frame.sub("", line, count=1)
        if (note := read_note(line)).says in (Says.ATTACHED, Says.DETACHED) or note.name == "strace":
            waiting.beside.append(self._note(note))
            return True
        text, duration = split_duration(waiting.text + line)
        form = FORMS[text]
        if form.says is Says.NOTHING:
            self._abandon(waiting)
            return False
        self.interrupted = None
        number = self.lines if form.says is Says.END else waiting.place.number
        row = self.pairing.step(waiting.place._replace(number=number, duration_ns=duration), form)
        self._beside(waiting)
        if row is not None:
            # the end of a first half is where the second will be: this line is the last diagnostic's, then
            whose = self.rows.last() if form.says in (Says.BEGIN, Says.MOVE) else row
            self.rows.ends[whose - self.rows.first] = self.lines
        return True

    def _abandon(self, waiting: Interrupted) -> None:
        """Take an interrupted line whose rest never came for what it is."""
        self.interrupted = None
        add_cut(self.rows, waiting.place, waiting.text)
        self._beside(waiting)

    def _beside(self, waiting: Interrupted) -> None:
        for note in waiting.beside:
            self.pairing.step(*note)

    def _go_on(self, line: str) -> bool:
        """Read the rest of a call that stands without a leader: behind its first half, or other output."""
        text, duration = split_duration(line)
        if self.rows and self.rows.lines[-1] == self.lines - 1:
            place = Line(self.lines, self.rows.tids[-1], MISSING, duration)
            row, begun = self.pairing.open.get(place.tid, (-1, ""))
            if row == self.rows.last() and FORMS[begun + text].says is Says.CALL:
                self.pairing.end(place, Form(Says.END, rest=text))
                return True
        if self.bad and (form := returns(text, self.bad, self.rows)):
            self.rows.replace(self.bad.row, self.bad.place._replace(duration_ns=duration), form, self.lines)
            self.bad = None
            return True
        return False

    def _end(self, line: str, match: re.Match[str]) -> bool:
        """Read the end of a task that strace told right behind the beginning of a call, in its line."""
        for found in behind_output(self._leader, line, self.tasks):
            begun, form = line[match.end() : found.start()], FORMS[line[found.end() :]]
            if form.says in (Says.GONE, Says.SUPERSEDED) and open_expression().fullmatch(begun):
                self._take(match, FORMS[f"{begun} <unfinished ...>"])
                self._take(found, form)
                return True
        return False

    def _search(self, line: str, match: re.Match[str] | None) -> bool:
        """Read a line of strace's that stands behind what a program wrote without an end of line."""
        if (match and BODY.match(line, match.end())) or not self.layout.parts:
            return False
        for found in behind_output(self._leader, line, self.tasks):
            text, duration = split_duration(line[found.end() :])
            form, tid = FORMS[text], self.tasks.get(found[1], MISSING)
            row, begun = self.pairing.open.get(tid, (-1, None))
            if is_plain(form, begun):
                added = self._take(found, form, duration)
                odd = WHOLE._replace(column=found.start() + 1, hint=OUTPUT)
                self.rows.mark(row if added is None else added, odd)
                return True
        return False

    def _unparsed(self, line: str, match: re.Match[str] | None) -> None:
        start = match.end() if match else 0
        odd = WHOLE._replace(**diagnose(line, start, str(self.layout))._asdict())
        if match and BODY.match(line, start):
            self.bad = Bad(self._place(match), line[start:], self.rows.last() + 1)
        self.rows.add(untimed(self.lines), Form(Says.NOTHING, args=line), odd)
