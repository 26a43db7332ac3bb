"""What a line of a trace shows: the event that it is about, with both its halves, read as any trace is.

Lines are read when they are asked for, one at a time: a submission cites a few of many thousands.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final, NamedTuple

from tracekit.errors import TracekitError
from tracekit.lab.traces import Trace
from tracekit.stream.annotation import read_annotation
from tracekit.stream.arguments import parse_return, read_arguments
from tracekit.stream.clock import split_duration
from tracekit.stream.forms import Form, Says, read_form
from tracekit.stream.leader import Layout, layout_of_line
from tracekit.stream.pairing import first_text, fits
from tracekit.stream.rows import KINDS
from tracekit.stream.values import Array, Change, Descriptor, Field, Set, String, Struct, Value

HEAD: Final = 500
"""Lines at the beginning of a trace that its layout is found from."""
FARTHEST: Final = 20_000
"""How many lines apart the halves of a call are looked for; what is farther apart stays apart."""

OPENS: Final = frozenset({"open", "openat", "openat2", "creat"})
CREATES: Final = frozenset({"clone", "clone3", "fork", "vfork"})
CODE: Final = re.compile(r"\bsi_code=(\w+)")
CONNECTED: Final = "->"
"""What stands between the two ends in the annotation of a connected socket (strace, -yy)."""


@dataclass(frozen=True)
class Call:
    """One event of a trace: a call with both its halves, a signal, or the end of a task.

    Attributes:
        kind: ``syscall``, ``signal`` or ``exit``.
        name: of the call or signal; ``exited`` or ``killed`` of an end.
        tid: of whom it is told; 0 in a trace that does not say so.
        line: where it begins, from 1.
        end_line: where it ends: the second half of a call that others interrupted.
        args: its arguments as printed; the siginfo of a signal.
        ret: what it returned; None where the trace does not show it.
        ret_text: the same as printed.
        errno: the symbol of its failure.
    """

    kind: str
    name: str
    tid: int
    line: int
    end_line: int
    args: str = ""
    ret: int | None = None
    ret_text: str = ""
    errno: str | None = None

    @cached_property
    def values(self) -> tuple[Value, ...]:
        """The arguments, read."""
        return read_arguments(self.args) if self.kind == "syscall" else ()

    @cached_property
    def descriptors(self) -> tuple[Descriptor, ...]:
        """The descriptors with an annotation (-y, -yy), in the arguments and then the one returned."""
        returned = parse_return(self.ret_text).descriptor
        inside = (value for value in _within(self.values) if isinstance(value, Descriptor))
        return (*inside, *(() if returned is None else (returned,)))

    @cached_property
    def strings(self) -> tuple[str, ...]:
        """The texts among the arguments, in their order; bytes that are no UTF-8 become U+FFFD."""
        return tuple(
            value.data.decode("utf-8", "replace")
            for value in _within(self.values)
            if isinstance(value, String)
        )

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The absolute paths of the file that it opens: the one asked for, and the one that came of it."""
        if self.name not in OPENS:
            return ()
        folders = [path for one in self.descriptors if (path := read_annotation(one.annotation).path)]
        asked = self.strings[:1]
        if asked and not asked[0].startswith("/") and len(folders) > 1:
            asked = (f"{folders[0].rstrip('/')}/{asked[0]}",)
        opened = folders[-1:] if parse_return(self.ret_text).descriptor else []
        return tuple(dict.fromkeys(path for path in (*asked, *opened) if path.startswith("/")))

    @cached_property
    def peer(self) -> str:
        """The ends of the first connection that it is about, ``[local->peer]``; empty without one."""
        for one in self.descriptors:
            _, bracket, ends = one.annotation.partition(":[")
            if bracket and CONNECTED in ends:
                return f"[{ends}"
        return ""

    @property
    def si_code(self) -> str:
        """Where a signal came from (sigaction(2)); empty where that is not printed."""
        found = CODE.search(self.args) if self.kind == "signal" else None
        return found[1] if found else ""


class _Line(NamedTuple):
    """One line, read: its number, its task, what it says, and how lines of this task begin."""

    number: int
    tid: int
    form: Form
    beginning: str


class Evidence:
    """The events of a trace by the numbers of their lines."""

    def __init__(self, trace: Trace) -> None:
        """Look at nothing so far.

        Args:
            trace: whose lines are cited.
        """
        self.trace = trace
        self._known: dict[int, Call | None] = {}

    def call(self, number: int) -> Call | None:
        """Return the event that a line is about; None when there is no such line, or no event in it.

        Either half of a call stands for the whole.
        """
        if number not in self._known:
            found = self._call(number)
            self._known[number] = found
            if found:
                self._known[found.line] = self._known[found.end_line] = found
        return self._known[number]

    @cached_property
    def tids(self) -> frozenset[int]:
        """The ids that lines begin with."""
        match = self._leader.match
        found = (match(line) for line in self.trace.lines())
        return frozenset(map(int, {one[1] for one in found if one and one[1]}))

    def returned(self, number: int) -> list[Call]:
        """Return the calls that created a task of this id, in their order."""
        return self._created.get(number, [])

    @cached_property
    def _created(self) -> dict[int, list[Call]]:
        created: dict[int, list[Call]] = {}
        for number, line in enumerate(self.trace.lines(), start=1):
            call = self.call(number) if "clone" in line or "fork" in line else None
            if call and call.line == number and call.ret and call.name in CREATES:
                created.setdefault(call.ret, []).append(call)
        return created

    @cached_property
    def _leader(self) -> "re.Pattern[str]":
        return _layout(islice(self.trace.lines(), HEAD)).leader()

    def _call(self, number: int) -> Call | None:
        line = self._line(number)
        if line is None:
            return None
        match line.form.says:
            case Says.BEGIN:
                return self._joined(line, self._near(line, 1))
            case Says.END:
                before = self._near(line, -1)
                return self._joined(before, line) if before else _made(line, line)
            case Says.CALL | Says.LEAVE | Says.SIGNAL | Says.GONE:
                return _made(line, line)
        return None

    def _joined(self, first: _Line, second: _Line | None) -> Call:
        """Return a call of two halves; what the first says alone when there is no second."""
        if second is None:
            return _made(first, first)
        whole = read_form(first_text(first.form) + second.form.rest)
        if whole.says is not Says.CALL:
            return _made(first, first)
        return _made(first._replace(form=whole), second)

    def _near(self, line: _Line, step: int) -> _Line | None:
        """Return the other half of a call: the nearest line of its task, if it is that."""
        last = min(max(line.number + step * (FARTHEST + 1), 0), len(self.trace) + 1)
        for number in range(line.number + step, last, step):
            if self.trace.line(number).startswith(line.beginning) and (other := self._line(number)):
                first, second = (line, other) if step > 0 else (other, line)
                halves = first.form.says is Says.BEGIN and second.form.says is Says.END
                return other if halves and fits(first_text(first.form), second.form) else None
        return None

    def _line(self, number: int) -> _Line | None:
        """Read one line; None when there is none, or none of a task."""
        try:
            text = self.trace.line(number)
        except TracekitError:
            return None
        found = self._leader.match(text)
        if found is None:
            return None
        form = read_form(split_duration(text[found.end() :])[0])
        tid = int(found[1] or 0)
        return _Line(number, tid, form, text[: found.end(1) + 1] if found[1] else "")


def _layout(head: Iterable[str]) -> Layout:
    """Return what stands before a call: of the first lines the first layout with a pid, or else the first."""
    first = None
    for line in head:
        layout = layout_of_line(line)
        if layout and any("pid" in part for part in layout.parts):
            return layout
        first = first or layout
    return first or Layout()


def _made(first: _Line, last: _Line) -> Call:
    """Return the event of a form; of a second half without its first only the name is known."""
    form = first.form
    known = form.says is not Says.END
    return Call(
        kind=KINDS.get(form.says, "syscall"),
        name=form.name or "",
        tid=first.tid,
        line=first.number,
        end_line=last.number,
        args=(form.args or "") if known else "",
        ret=form.ret if form.says is not Says.BEGIN else None,
        ret_text=form.ret_text or "",
        errno=form.errno,
    )


def _within(values: Iterable[Value]) -> Iterator[Value]:
    """Yield values and what stands in them, in the order of the text."""
    for value in values:
        yield value
        yield from _within(_parts(value))


def _parts(value: Value) -> Iterable[Value]:
    match value:
        case Struct():
            return value.fields
        case Array() | Set():
            return value.items
        case Field():
            return (value.value,)
        case Change():
            return (value.before, value.after)
    return ()
