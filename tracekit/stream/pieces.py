"""A log in pieces that are read apart, and put together as if it had been read in one go.

Whoever reads a piece knows the layout, and not in which calls the tasks are at
its beginning: the first line of each task that tells is kept, and the table of
transitions is asked about it when the pieces are put together. What reaches
further into the piece before it (an execve that ends in another thread's name,
a line that a diagnostic broke, another layout) makes a piece that has to be
read again in its turn.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import compress
from typing import NamedTuple

from tracekit.stream.blocks import read_block
from tracekit.stream.broken import FAR, MARGIN, Bad
from tracekit.stream.clock import Clock
from tracekit.stream.dictionary import Encoded, encode
from tracekit.stream.forms import Form, Says
from tracekit.stream.leader import Layout
from tracekit.stream.memory import Memory
from tracekit.stream.notes import PREFIX
from tracekit.stream.pairing import EXECS, TRANSITIONS, Join, Open, Pairing, fits
from tracekit.stream.reader import Reader
from tracekit.stream.rows import INTEGERS, MISSING, Line, Odd, Rows

UNKNOWN: Open = (-1, "")
"""Stands for the call that a task may be in when the piece begins."""
SILENT = {Says.SIGNAL, Says.NOTE, Says.NOTHING}
"""What tells nothing about the call that a task is in."""
ENDING = re.compile(r"\)\s+= ")
SHARED: Memory[Form, Form] = Memory(lambda form: form, lambda form: len(form.args or form.rest))
"""Forms that pieces have in common: each is kept once."""


class First(NamedTuple):
    """The first line that tells about the call that a task was in: the row that it made, and what it says."""

    row: int
    line: Line
    form: Form


@dataclass(slots=True)
class Piece:
    """What was read of a piece; rows and lines count from its beginning.

    Attributes:
        whole: whether all could be read without knowing what comes before.
        lines: how many lines it has.
        forms: the forms of its rows.
        columns: the other columns, by name.
        odd: what is said of single rows.
        open: the calls that tasks are in at its end.
        parted: the rows of calls of which a part in the middle was read.
        firsts: the first telling lines, in their order, by task.
        notes: the diagnostics about tasks that strace took on or let go.
        clock: what its times were read by.
        bad: a last line that may be cut.
    """

    whole: bool
    lines: int
    forms: Encoded
    columns: dict[str, "array[int]"]
    odd: dict[int, Odd]
    open: dict[int, Open]
    parted: set[int]
    firsts: dict[int, First]
    notes: list[Form]
    clock: Clock
    bad: Bad | None


class _PiecePairing(Pairing):
    """Pairs lines of a piece; a task's first telling line is taken for one outside of calls, and kept."""

    def __init__(self, rows: Rows, join: Join) -> None:
        super().__init__(rows, join)
        self.whole = True
        self.known: set[int] = set()
        self.firsts: dict[int, First] = {}

    def is_whole(self) -> bool:
        """Tell whether nothing reached into other pieces, or other logs."""
        return self.whole and not (self.moved or self.halves)

    def step(self, line: Line, form: Form) -> int | None:
        if form.says in (Says.MOVE, Says.SUPERSEDED):
            other = form.ret if form.says is Says.MOVE else int(form.args or 0)
            self.whole = self.whole and other in self.known
        if line.tid in self.known or form.says in SILENT:
            return super().step(line, form)
        self.known.add(line.tid)
        self.open.pop(line.tid, None)
        row = super().step(line, form)
        self.firsts[line.tid] = First(row or 0, line, form)
        if form.says is Says.END and (form.rest.endswith(" ...>") or form.name in EXECS):
            self.whole = False
        return row


class _PieceReader(Reader):
    """Reads a piece of a log whose lines all tell their task."""

    def __init__(self, layout: Layout, tid: int | None) -> None:
        super().__init__(tid=tid)
        self.notes: list[Form] = []
        self.pairing: _PiecePairing = _PiecePairing(self.rows, self.pairing.join)
        if tid is not None:
            self.pairing.open[tid] = UNKNOWN
        self.use(layout)
        self.alone = True

    def use(self, layout: Layout) -> None:
        self.alone = False
        super().use(layout)

    def _met(self, tid: int, first: bool) -> None:
        super()._met(tid, first)
        if tid not in self.pairing.known:
            self.pairing.open[tid] = UNKNOWN

    def _go_on(self, line: str) -> bool:
        went_on = super()._go_on(line)
        if not went_on and (self.lines == 1 or (self.lines <= FAR and ENDING.search(line))):
            self.alone = False  # it may belong to a line of the piece before
        return went_on

    def _search(self, line: str, match: "re.Match[str] | None") -> bool:
        if self._leader.search(line, 1, MARGIN):
            self.alone = False  # which tasks are known, the whole log tells
        return super()._search(line, match)

    def _note(self, form: Form) -> tuple[Line, Form]:
        self.notes.append(form)
        return super()._note(form)


def read_piece(blocks: Iterable[str], layout: Layout, tid: int | None = None) -> Piece:
    """Read a piece, given as blocks of whole lines, of a log whose lines begin as the layout says.

    Args:
        blocks: the text.
        layout: how lines begin.
        tid: the task of lines without a pid.
    """
    reader = _PieceReader(layout, tid)
    for block in blocks:
        read_block(reader, block)
    rows, pairing = reader.rows, reader.pairing
    return Piece(
        whole=pairing.is_whole() and reader.alone and reader.interrupted is None,
        lines=reader.lines,
        forms=encode(rows.forms),
        columns={name: getattr(rows, name) for name in INTEGERS},
        odd=rows.odd,
        open={tid: opened for tid, opened in pairing.open.items() if opened != UNKNOWN},
        parted=pairing.parted,
        firsts=pairing.firsts,
        notes=reader.notes,
        clock=reader.clock,
        bad=reader.bad,
    )


def can_be_cut(reader: Reader) -> bool:
    """Tell whether a log can go on in pieces: its lines all tell their task, and none goes on in the next."""
    return reader.tasks.are_told() and reader.interrupted is None and not reader.summary.is_open()


def put_behind(reader: Reader, piece: Piece, layout: Layout) -> bool:
    """Put a piece behind what was read; False when it has to be read in its turn.

    Args:
        reader: of the log up to the piece.
        piece: what was read of it.
        layout: what the piece was read with.
    """
    if not (piece.whole and reader.layout == layout and can_be_cut(reader)):
        return False
    rows, lines, later = reader.rows, reader.lines, reader.clock.follow(piece.clock)
    firsts = (First(row, _moved(line, lines, later), form) for row, line, form in piece.firsts.values())
    dropped = sorted(first.row for first in firsts if _joins(reader.pairing, first))
    before = rows.first + len(rows)

    def place(row: int) -> int:
        return before + row - bisect_left(dropped, row)

    codes = piece.forms.codes
    kept = bytearray(b"\1") * len(codes)
    for row in dropped:
        kept[row] = 0
    forms = list(piece.forms.distinct())
    forms[: piece.forms.often] = map(SHARED.__getitem__, forms[: piece.forms.often])
    rows.forms += compress(map(forms.__getitem__, codes), kept) if dropped else map(forms.__getitem__, codes)
    for name, column in _columns(piece, lines, later):
        getattr(rows, name).extend(array("q", compress(column, kept)) if dropped else column)
    rows.odd |= {place(row): odd for row, odd in piece.odd.items() if kept[row]}
    reader.pairing.open |= {tid: (place(row), text) for tid, (row, text) in piece.open.items()}
    reader.pairing.parted |= {place(row) for row in piece.parted}
    bad = piece.bad and Bad(_moved(piece.bad.place, lines, later), piece.bad.text, place(piece.bad.row))
    reader.follow(piece.lines, piece.notes, bad)
    return True


def _joins(pairing: Pairing, first: First) -> bool:
    """Let a task's first line in a piece act on the call that it was in; True when it is that call's end."""
    _, line, form = first
    inside = pairing.open.get(line.tid)
    if inside is None:
        return False
    says = form.says
    if says is Says.END and not fits(inside[1], form):
        says = Says.OTHER_END
    before, action = TRANSITIONS[True, says]
    if action is Pairing.end:
        pairing.end(line, form)
        return True
    pairing.give_up(line.tid, before)
    return False


def _moved(line: Line, lines: int, later: int) -> Line:
    """Return where a line of a piece stands in the log."""
    time = line.time_ns if line.time_ns == MISSING else line.time_ns + later
    return line._replace(number=line.number + lines, time_ns=time)


def _columns(piece: Piece, lines: int, later: int) -> Iterator[tuple[str, "array[int]"]]:
    """Yield the columns of a piece as they are in the log; the time that a header names stays as it is."""
    codes = piece.forms.codes
    headers = {code for code, rest in enumerate(piece.forms.fields[-1]) if rest == PREFIX}
    for name, column in piece.columns.items():
        if name in ("lines", "ends"):
            yield name, array("q", [number + lines for number in column])
        elif name == "times" and later:
            pairs = zip(column, codes, strict=True)
            moved = [time if time == MISSING or code in headers else time + later for time, code in pairs]
            yield name, array("q", moved)
        else:
            yield name, column
