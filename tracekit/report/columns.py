"""What a table of an answer is made of: its columns, and how a value stands in one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tracekit.report.ps import clock

Record = Mapping[str, Any]

TARGET = 24
"""Columns of the terminal that a request's target keeps at least."""
PATH = 40
"""Columns of the terminal that a path, or a sentence, keeps at least."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        title: its heading.
        value: what of a record stands in it.
        number: True to align it to the right.
        wide: when its text can be long, the columns that it keeps at least: it is folded on a narrow screen.
        rank: 0 for what has to be there; of the others the highest is left out first on a narrow screen.
    """

    title: str
    value: Callable[[Record], Any]
    number: bool = False
    wide: int = 0
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """One table of an answer.

    Attributes:
        title: what stands over it.
        key: which list of the answer it shows.
        columns: its columns; empty for all.
        none: what to say when there are no records; empty to say nothing.
        order: by what to sort the records; None to leave them as they are.
        evidence: True to list below it the calls that bear each record out.
        because: which member of a record says why, in a sentence; it stands before its evidence.
        arrange: makes the records that text shows of the answer; None to show the list as it is.
        drawing: makes lines of the answer, for so many columns, that are shown in place of a table;
            True asks for plain ASCII.
    """

    title: str
    key: str
    columns: tuple[Column, ...] = ()
    none: str = ""
    order: Callable[[Record], int] | None = None
    evidence: bool = False
    because: str = ""
    arrange: Callable[[Record], list[Record]] | None = None
    drawing: Callable[[Record, int, bool], list[str]] | None = None


def field(title: str, key: str, rank: int = 0, *, wide: int = 0) -> Column:
    """Return a column of text."""
    return Column(title, lambda record: record.get(key), wide=wide, rank=rank)


def figure(title: str, key: str, rank: int = 0) -> Column:
    """Return a column of numbers."""
    return Column(title, lambda record: record.get(key), number=True, rank=rank)


def span(title: str, key: str, rank: int = 0) -> Column:
    """Return a column of times, given in ns and shown in ms."""
    return Column(title, lambda record: milliseconds(record.get(key)), number=True, rank=rank)


def milliseconds(ns: int | None) -> str | None:
    """Return nanoseconds as milliseconds with three decimals."""
    return None if ns is None else f"{ns / 1e6:.3f}"


def moment(title: str, key: str, rank: int = 0) -> Column:
    """Return a column of moments, given in ns and shown as the local time of the day."""
    return Column(title, lambda record: clock(record.get(key)), number=True, rank=rank)


def seconds(title: str, key: str, rank: int = 0) -> Column:
    """Return a column of times, given in ns and shown in seconds, as strace -c does."""
    return Column(title, lambda record: divided(record.get(key), 1_000_000_000, 6), number=True, rank=rank)


def divided(number: float | None, by: int, decimals: int) -> str | None:
    """Return a number by another with so many decimals; None for None."""
    return None if number is None else f"{number / by:.{decimals}f}"


def target(record: Record) -> str | None:
    """Return a request's target, with ``...`` where the trace cuts it; None when none could be read."""
    text = record.get("target")
    return text if text is None or record.get("target_complete") else text + "..."
