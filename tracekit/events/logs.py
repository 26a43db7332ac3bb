"""The files of a trace, each read block by block: what is no trace is left out, and whether clocks agree."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from tracekit.errors import UnreadableError
from tracekit.events.ahead import AHEAD, LARGEST, Pieces
from tracekit.events.midnight import days_of, span_of
from tracekit.events.sources import (
    NOT_A_TRACE,
    STDIN,
    Meter,
    Source,
    find_sources,
    measure,
    plain_size,
    read_blocks,
)
from tracekit.events.workers import Workers
from tracekit.stream import Reader, read_block
from tracekit.stream.clock import SECOND
from tracekit.stream.diagnosis import NOTHING
from tracekit.stream.forms import Form, Says
from tracekit.stream.leader import Layout
from tracekit.stream.notes import PREFIX
from tracekit.stream.pieces import can_be_cut, put_behind
from tracekit.stream.rows import KINDS, MISSING, Rows
from tracekit.syscalls.table import by_name

TraceInput = str | Path
"""A file, ``-``, a folder, the prefix of ``-ff`` files, or a pattern."""
Progress = Callable[[int, int, int], None]
"""Is told the bytes done, the bytes in all (0: not known) and the lines done."""
CLOCKS = {"-ttt", "-t"}
"""Parts of a leader that tell the same time in every file of a run."""
NO_CLOCK = (
    "the files have no times that put them in one order (-ttt does), so their events stand one file "
    "after another, and what tasks did for one another is not known"
)
FOREIGN = (
    "may be the output of ltrace or another program: most calls at its beginning are none of the kernel's"
)
UNNAMED = ("???", "syscall_", "SYS_")
"""How names of calls begin that strace does not know."""
PATIENCE = 100_000
"""Lines after which a file of which none reads as strace's is read no further: it may be endless."""
HELD = 64
"""Files of one run that stay open while they are read; of more, none does."""
HEAD = 1000
"""Events at the beginning of each file that tell whether the clocks of several agree."""


class Log:
    """One file that is being read.

    Attributes:
        name: the file, as given.
        reader: what was read of it.
        at_end: whether all of it was.
        is_trace: whether anything that was read so far is strace's.
        text: how many characters were read.
    """

    def __init__(self, source: Source, meter: Meter | None = None, *, held: bool = True) -> None:
        """Begin to read a file, which stays open meanwhile when it is ``held``."""
        self.source = source
        self.name = source.name
        self.reader = Reader(source.name, source.tid)
        self.at_end = False
        self.is_trace = False
        self.text = 0
        self._blocks: Iterator[str] = read_blocks(source, meter, held=held)
        self._next = next(self._blocks, None)  # one ahead: small files of many are closed at once
        self._pieces: Pieces | None = None
        self._sharing: Sharing | None = None

    def advance(self) -> None:
        """Read a block, or what others have read; tell the reader when that was the last.

        Raises:
            UnreadableError: the file cannot be read.
        """
        self._divide()
        if self._pieces:
            self._put_behind(self._pieces)
        else:
            block, self._next = self._next, next(self._blocks, None)
            self._read([] if block is None else [block])
        if self._next is None and self._pieces is None:
            self.end()

    def share(self, sharing: "Sharing") -> None:
        """Let other processes read what comes after the head, as soon as that is possible, and worth it."""
        self._sharing = sharing
        self._divide()

    def _divide(self) -> None:
        sharing, begun = self._sharing, self._next
        if sharing is None or self._pieces or begun is None or not can_be_cut(self.reader):
            return
        if sharing.is_worth(self.text):
            blocks, self._next = chain((begun,), self._blocks), None
            self._pieces = sharing.pieces(blocks, self.reader.layout, self.source)

    def _put_behind(self, pieces: Pieces) -> None:
        """Take in the next piece; where lines begin otherwise, those behind it were read in vain."""
        text, piece = next(pieces, ([], None))
        if not text:
            self._pieces = None
        elif piece is not None and put_behind(self.reader, piece, pieces.layout):
            self.text += sum(map(len, text))
        else:
            self._read(text)
        if self.reader.layout != pieces.layout:
            self._pieces, self._blocks = None, pieces.rest()
            self._next = next(self._blocks, None)

    def _read(self, blocks: Iterable[str]) -> None:
        before = len(self.reader.rows)
        for block in blocks:
            read_block(self.reader, block)
            self.text += len(block)
        self.is_trace = self.is_trace or _is_trace(self.reader.rows.forms[before:])

    def begin(self) -> None:
        """Read until it is clear whether this is a trace; a file that may be endless is no further read.

        Raises:
            UnreadableError: the file cannot be read.
        """
        while not (self.at_end or self.is_trace):
            self.advance()
            if not self.is_trace and self.reader.lines >= PATIENCE:
                self.end()

    def end(self) -> None:
        """Read no further."""
        if not self.at_end:
            self.reader.finish()
            self.at_end = True
            self.is_trace = self.is_trace or _is_trace(self.reader.rows.forms)


class Sharing(NamedTuple):
    """How the reading of some logs is shared among processes.

    Attributes:
        workers: the processes.
        logs: how many logs there are.
        size: characters that they have, as far as that is known before they are read.
    """

    workers: Workers
    logs: int
    size: int

    def is_worth(self, read: int) -> bool:
        """Tell whether it is, for a log of which so many characters were read."""
        return self.workers.are_worth(max(self.size, read))

    def pieces(self, blocks: Iterator[str], layout: Layout, source: Source) -> Pieces:
        """Have what follows of a log read: each of many by another process, one of a few by several."""
        several, size = max(1, AHEAD * self.workers.count // self.logs), plain_size(source)
        step = LARGEST if size is None else min(LARGEST, size // several + 1)
        return Pieces(blocks, layout, source.tid, self.workers, ahead=several, step=step)


class Logs(NamedTuple):
    """The files of one run.

    Attributes:
        logs: those that are traces.
        ordered: whether their times put their events in one order; so for one alone.
        warnings: what a reader of the answers has to know.
        meter: how far reading has come.
        workers: processes that take part.
    """

    logs: list[Log]
    ordered: bool
    warnings: list[str]
    meter: Meter
    workers: Workers

    def tell(self, progress: Progress) -> None:
        """Tell how far reading has come."""
        total = self.meter.total or 0
        done = min(self.meter.done, total) if total else self.meter.done
        progress(done, total, sum(log.reader.lines for log in self.logs))


def open_logs(source: TraceInput | Iterable[TraceInput], jobs: int | None = None) -> Logs:
    """Begin to read a trace; among several files, those that are none are left out with a warning.

    Args:
        source: a path or several.
        jobs: how many processes read; as many as there are cores, if that is worth it, when None.

    Raises:
        UnreadableError: a file is missing, may not be read, is empty, or none is a trace.
    """
    given = [source] if isinstance(source, str | Path) else list(source)
    sources = find_sources(str(name) for name in given)
    meter = measure(sources)
    logs = [Log(each, meter, held=len(sources) <= HELD) for each in sources]
    for log in logs:
        log.begin()
    traces = [log for log in logs if log.is_trace]
    if not traces:
        raise _no_trace(logs[0], meter)
    warnings = [f"{log.name} was left out: it is no trace" for log in logs if not log.is_trace]
    warnings += [f"{log.name} {FOREIGN}" for log in traces if _is_foreign(log.reader.rows)]
    ordered = len(traces) == 1 or _share_a_clock(traces)
    if not ordered:
        warnings.append(NO_CLOCK)
    elif len(traces) > 1 and "-t" in traces[0].reader.layout.parts:
        _put_off(traces)
    workers = Workers(jobs)
    sharing = Sharing(workers, len(traces), sum(plain_size(log.source) or 0 for log in traces))
    for log in traces:
        log.share(sharing)
    return Logs(traces, ordered, warnings, meter, workers)


def _put_off(logs: list[Log]) -> None:
    """Let files begin on the day after the first when the run went on over midnight before they did."""
    spans = {log.name: span_of(log.reader.rows, log.source) for log in logs if log.name != STDIN}
    known = {name: span for name, span in spans.items() if span}
    days = dict(zip(known, days_of(list(known.values())), strict=True)) if known else {}
    for log in logs:
        if days.get(log.name):
            log.reader.put_off(days[log.name])


def _no_trace(log: Log, meter: Meter) -> UnreadableError:
    if damage := meter.damaged.get(log.name):
        return UnreadableError(f"{log.name} {damage}, and none reads as strace's output", NOT_A_TRACE)
    if not log.reader.lines:
        return UnreadableError(f"{log.name} is empty", "let strace run for longer, or give another file")
    return UnreadableError(
        f"{log.name} is no trace: no line of it reads as strace's output", _what_it_is(log.reader.rows)
    )


def _what_it_is(rows: Rows) -> str:
    """Return what is said of most lines at the head of a file that is no trace, if that says anything.

    Of comments that only begin like a header among other lines, that does not.
    """
    odd = [
        (odd.hint, rows.forms[row - rows.first]) for row, odd in islice(rows.odd.items(), HEAD) if odd.hint
    ]
    others = [hint for hint, form in odd if not (form.args or "").startswith(PREFIX)]
    said = Counter(others or [hint for hint, _ in odd])
    telling = (hint for hint, _ in said.most_common() if not hint.startswith(NOTHING))
    return next((f"{hint}; {NOT_A_TRACE}" for hint in telling), NOT_A_TRACE)


def _is_trace(forms: Iterable[Form]) -> bool:
    return any(form.says not in (Says.NOTHING, Says.NOTE) or _is_header(form) for form in forms)


def _is_header(form: Form) -> bool:
    return form.says is Says.NOTE and form.rest == PREFIX


def _is_foreign(rows: Rows) -> bool:
    """Tell whether most of the names that calls have at the head of a log are those of no system call."""
    calls = {
        form.name.partition("#")[0] for form in rows.forms[:HEAD] if form.name and form.says not in KINDS
    }
    others = [name for name in calls - by_name().keys() if not name.startswith(UNNAMED)]
    return 2 * len(others) > len(calls)


def _share_a_clock(logs: list[Log]) -> bool:
    """Tell whether the times of several logs put their calls in one order.

    Those of ``-r`` begin anew in each file, and whole seconds leave too much open.
    """
    heads = [(_times(log.reader.rows), frozenset(CLOCKS & set(log.reader.layout.parts))) for log in logs]
    times = [time for head, _ in heads for time in head]
    clocks = {clock for head, clock in heads if head}
    precise = MISSING not in times and any(time % SECOND for time in times)
    return len(clocks) == 1 and all(clocks) and precise


def _times(rows: Rows) -> list[int]:
    """Return the times of the calls at the head of a log."""
    forms = rows.forms[:HEAD]
    return [time for form, time in zip(forms, rows.times, strict=False) if form.says not in KINDS]
