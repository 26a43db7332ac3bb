"""A whole trace in memory: its events as a table, and what is known about the rest."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

from tracekit.events.collection import without_collection
from tracekit.events.derive import DERIVATIONS
from tracekit.events.schema import DERIVED, Row

AT_ONCE = 16_384
"""Events that are turned into records at a time."""
RECORD: Callable[[Iterable[Any]], Row] = partial(tuple.__new__, Row)
"""What Row._make does, without a look at the length of each."""
REPEATING = ("pid", "tid", "ret", "duration_ns")
SHOWN = 5
"""Files, and events at either end, that are shown of a trace."""

if TYPE_CHECKING:
    import pandas as pd  # half a second to import, which tracing for an analysis need not wait for


@dataclass(frozen=True, slots=True, repr=False)
class Trace:
    """Everything that was read from one or more files that belong together.

    Attributes:
        events: one row an event; columns as in ``schema.STORED``.
        files: the files read, as given.
        lines: how many lines they hold.
        calls: how many events are syscalls.
        unparsed: lines that do not read as strace output; columns as in ``schema.UNPARSED``.
        incomplete: how many calls lack a half that was in the trace once, or are cut.
        in_progress: how many had not returned when the trace, or their task, ended.
        warnings: what a reader of the answers has to know, one sentence each.
        layout: how the lines begin, one sentence ("pid, -ttt").
        layouts: the same by file, as the parts of a leader in their order: ``("pid", "-ttt")``; empty for
            lines that begin with the call. They are options of strace where one makes the part.
        ordered: False when several files have no clock in common: then events are in order in each alone.
        processes: facts from ``# tracekit process`` notes, by pid; empty in a log of strace's.
    """

    events: "pd.DataFrame"
    files: list[str]
    lines: int
    calls: int
    unparsed: "pd.DataFrame"
    incomplete: int
    in_progress: int
    warnings: list[str]
    layout: str
    layouts: dict[str, tuple[str, ...]]
    ordered: bool = True
    processes: dict[int, dict[str, Any]] = field(default_factory=dict)

    def rows(self) -> Iterator[Row]:
        """Iterate over the events as light records, in order; so many at a time that memory need not grow."""
        for begin in range(0, len(self.events), AT_ONCE):
            events = self.events.iloc[begin : begin + AT_ONCE]
            columns = zip(*(_plain(events[name]) for name in Row._fields), strict=True)
            yield from map(RECORD, columns)

    def column(self, name: str) -> "pd.Series[Any]":
        """Return a column: a stored one, or a derived one (``schema.DERIVED``), computed now.

        Raises:
            KeyError: there is no column of that name.
        """
        import pandas as pd  # noqa: PLC0415 - the table came with it

        if name in self.events:
            return self.events[name]
        derive = DERIVATIONS[name]
        dtype = next(column.dtype for column in DERIVED if column.name == name)
        with without_collection():
            values: Any = [derive(row) if row.kind == "syscall" else None for row in self.rows()]
        return pd.Series(pd.array(values, dtype=dtype), index=self.events.index, name=name)

    def __repr__(self) -> str:
        """Return what was read, and what was not: the events themselves may be of any text."""
        names = ", ".join(map(repr, self.files[:SHOWN])) + ", ..." * (len(self.files) > SHOWN)
        parts = (
            f"lines: {self.lines:,} ({self.layout or 'no layout'})",
            f"events: {len(self.events):,}",
            f"calls: {self.calls:,} (incomplete: {self.incomplete:,}, in progress: {self.in_progress:,})",
            f"unparsed: {len(self.unparsed):,}",
            f"warnings: {len(self.warnings):,}",
        )
        return f"<Trace {names}: {'; '.join(parts)}>"

    def _repr_html_(self) -> str:
        """Return the same for a notebook, with the warnings and the first and last events."""
        warnings = "".join(f"<li>{escape(warning)}</li>" for warning in self.warnings)
        return f"<p>{escape(repr(self))}</p><ul>{warnings}</ul>{self.events.to_html(max_rows=SHOWN * 2)}"

    def summary(self) -> dict[str, Any]:
        """Return what every answer shows of its trace: files, and the counts of what was (not) read."""
        return {
            "files": list(self.files),
            "lines": self.lines,
            "calls": self.calls,
            "unparsed": len(self.unparsed),
            "incomplete": self.incomplete,
            "in_progress": self.in_progress,
            "warnings": list(self.warnings),
        }


def _plain(column: "pd.Series[Any]") -> list[Any]:
    """Return a column as Python objects, with None for what is missing.

    Numbers of tasks and the like, which repeat, are one object each: records that are kept share them.
    """
    values, missing = column.tolist(), column.isna()
    if column.name in REPEATING:
        seen: dict[Any, Any] = {}
        values = list(map(seen.setdefault, values, values))
    if not missing.any():
        return values
    return [None if lacks else value for value, lacks in zip(values, missing.tolist(), strict=True)]
