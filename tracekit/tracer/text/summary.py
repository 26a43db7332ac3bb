"""The table of calls, errors and time at the end of a trace: strace's ``-c`` and its kin (count.c)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from tracekit.syscalls import ABIS
from tracekit.tracer.decode import Call
from tracekit.tracer.options.summary import Summary

_SECOND: Final = 1_000_000_000
_MODES: Final = ("x86_64", "aarch64", "i386")
"""The order of the tables: the machine's own words come first."""


@dataclass(slots=True)
class Row:
    """What was counted of one call. Times are nanoseconds."""

    name: str
    total: int = 0
    least: int = 0
    most: int = 0
    calls: int = 0
    errors: int = 0

    def add(self, time_ns: int, is_error: bool) -> None:
        """Count one call that took so long."""
        self.least = min(self.least, time_ns) if self.calls else time_ns
        self.most = max(self.most, time_ns)
        self.total += time_ns
        self.calls += 1
        self.errors += is_error

    @property
    def average(self) -> int:
        """Nanoseconds of one call, rounded down."""
        return self.total // self.calls


class Tally:
    """Counts calls while they are traced, and makes the table of them.

    ``system`` is filled by who waits for tasks: the system time (nanoseconds) that wait4(2)
    told at each task's latest stop. It is that of the whole process with the children that it
    has waited for, and so, as with strace, no more than a hint where threads run side by side.
    """

    def __init__(self, how: Summary) -> None:
        """Count nothing yet."""
        self._how = how
        self._rows: dict[str, dict[int, Row]] = {}
        self._entered: dict[int, int] = {}
        self.system: dict[int, int] = {}

    def enter(self, tid: int) -> None:
        """A task has entered a call that is traced."""
        self._entered[tid] = self.system.get(tid, 0)

    def leave(self, tid: int, call: Call, duration_ns: int) -> None:
        """Count a call that has returned; one that no table knows is not counted."""
        entered, now = self._entered.pop(tid, 0), self.system.get(tid, 0)
        if call.syscall is None:
            return
        spent = duration_ns if self._how.wall_clock else now - entered
        rows = self._rows.setdefault(call.arch, {})
        row = rows.get(call.number) or rows.setdefault(call.number, Row(call.name))
        row.add(max(spent - self._how.overhead_ns, 0), call.is_error)

    def forget(self, tid: int) -> None:
        """A task is traced no longer."""
        self._entered.pop(tid, None)
        self.system.pop(tid, None)

    def text(self) -> str:
        """All tables, one for each kind of program; nothing when no call was counted."""
        parts = []
        for mode in _MODES:
            rows = self._rows.get(mode)
            if rows:
                if ABIS[mode].word == 4:
                    parts.append(f"System call usage summary for {8 * ABIS[mode].word} bit mode:\n")
                parts.extend(_table(_sorted(rows, self._how.sort_by), self._how.columns))
        return "".join(parts)


_KEYS: Final[dict[str, Callable[[Row], int]]] = {
    "time-percent": lambda row: -row.total,
    "total-time": lambda row: -row.total,
    "min-time": lambda row: -row.least,
    "max-time": lambda row: -row.most,
    "avg-time": lambda row: -row.average,
    "calls": lambda row: -row.calls,
    "errors": lambda row: -row.errors,
}


def _sorted(rows: dict[int, Row], column: str) -> list[Row]:
    """Rows by a column, the largest first; what is equal there, and ``nothing``, by number."""
    by_number = [rows[number] for number in sorted(rows)]
    if column == "name":
        return sorted(by_number, key=lambda row: row.name)
    return sorted(by_number, key=_KEYS[column]) if column in _KEYS else by_number


class _Column(NamedTuple):
    """How a column is headed, and how wide it is at least."""

    title: str
    width: int
    format: Callable[[float], str]


_COLUMNS: Final = {
    "time-percent": _Column("% time", 6, lambda value: f"{value:.2f}"),
    "total-time": _Column("seconds", 11, lambda value: f"{value:.6f}"),
    "min-time": _Column("shortest", 8, lambda value: f"{value:.6f}"),
    "max-time": _Column("longest", 8, lambda value: f"{value:.6f}"),
    "avg-time": _Column("usecs/call", 11, lambda value: str(int(value))),
    "calls": _Column("calls", 9, lambda value: str(int(value))),
    "errors": _Column("errors", 9, lambda value: str(int(value)) if value else ""),
    "name": _Column("syscall", 16, str),
}


def _table(rows: list[Row], columns: Sequence[str]) -> Iterator[str]:
    """Yield the lines of one table: titles, rows, and what they add up to."""
    total = sum(row.total for row in rows)
    calls = sum(row.calls for row in rows)
    totals: dict[str, float] = {
        "time-percent": 100.0,
        "total-time": _float(total),
        "min-time": _float(min(row.least for row in rows)),
        "max-time": _float(max(row.most for row in rows)),
        "avg-time": _float(total) / calls * 1e6,
        "calls": calls,
        "errors": sum(row.errors for row in rows),
    }
    widths = _widths(rows, totals)
    dashes = " ".join("-" * widths[column] for column in columns) + "\n"
    titles = {name: column.title for name, column in _COLUMNS.items()}
    yield _line(titles, columns, widths)
    yield dashes
    for row in rows:
        yield _line(_shown(_values(row, total), row.name), columns, widths)
    yield dashes
    yield _line(_shown(totals, "total"), columns, widths)


def _values(row: Row, total: int) -> dict[str, float]:
    share = 100.0 * _float(row.total)
    return {
        "time-percent": share / _float(total) if share else 0.0,
        "total-time": _float(row.total),
        "min-time": _float(row.least),
        "max-time": _float(row.most),
        "avg-time": _float(row.average) * 1e6,
        "calls": row.calls,
        "errors": row.errors,
    }


def _shown(values: dict[str, float], name: str) -> dict[str, str]:
    return {"name": name, **{column: _COLUMNS[column].format(value) for column, value in values.items()}}


def _widths(rows: list[Row], totals: dict[str, float]) -> dict[str, int]:
    """Each column is as wide as its largest value needs; of times, the whole seconds count."""
    needed = {
        "total-time": len(f"{totals['total-time']:.6f}"),
        "min-time": len(f"{max(row.least for row in rows) // _SECOND}.000000"),
        "max-time": len(f"{max(row.most for row in rows) // _SECOND}.000000"),
        "avg-time": len(str(int(_float(max(row.average for row in rows)) * 1e6))),
        "calls": len(str(totals["calls"])),
        "errors": len(str(totals["errors"])),
        "name": max(len(row.name) for row in rows) + 1,
    }
    return {name: max(column.width, needed.get(name, 0)) for name, column in _COLUMNS.items()}


def _line(cells: dict[str, str], columns: Sequence[str], widths: dict[str, int]) -> str:
    """One line; numbers stand at the right, names at the left, and nothing behind a name at the end."""
    shown = []
    for column in columns:
        text = cells[column]
        if column != "name":
            text = text.rjust(widths[column])
        elif column != columns[-1]:
            text = text.ljust(widths[column])
        shown.append(text)
    return " ".join(shown) + "\n"


def _float(time_ns: int) -> float:
    """Seconds as a double, added up as C does it, so that they round alike."""
    return time_ns // _SECOND + time_ns % _SECOND / 1e9
