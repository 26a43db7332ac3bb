"""What the summary at the end shows: strace's ``-c``, ``-C``, ``-w``, ``-S``, ``-U``, ``-O``."""

from dataclasses import dataclass

SUMMARY_COLUMNS = (
    "time-percent",
    "total-time",
    "min-time",
    "max-time",
    "avg-time",
    "calls",
    "errors",
    "name",
)
"""The columns of a summary, by the first of their names."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The table of calls, errors and time at the end of a trace."""

    only: bool = True
    """No line is written but the table (-c), or lines too (-C)."""
    wall_clock: bool = False
    """Time from entry to exit (-w), not that of the system (the default)."""
    sort_by: str = "total-time"
    """The column by which rows are sorted (-S), or ``nothing``."""
    columns: tuple[str, ...] = ("time-percent", "total-time", "avg-time", "calls", "errors", "name")
    """The columns that are shown, in order (-U), out of ``SUMMARY_COLUMNS``."""
    overhead_ns: int = 0
    """Taken off each call's time (-O)."""
