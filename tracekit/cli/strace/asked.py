"""What a command line asks for, as it is collected option by option."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from tracekit.tracer.options.filters import Filters, named_field, number, qualified
from tracekit.tracer.options.layout import Stamp
from tracekit.tracer.tampering.inject import Rules

DIGITS: Final = {"s": 0, "ms": 3, "us": 6, "ns": 9}
"""Digits behind the point of a second, by the unit that a precision is named by."""

_COLUMNS: Final = {
    "time-percent": "time time_percent time-percent",
    "total-time": "time_total time-total total_time total-time",
    "min-time": "min_time min-time shortest time_min time-min",
    "max-time": "longest max_time max-time time_max time-max",
    "avg-time": "avg_time avg-time time_avg time-avg",
    "calls": "calls count",
    "errors": "error errors",
    "name": "name syscall syscall_name syscall-name",
}
COLUMNS: Final = {alias: column for column, aliases in _COLUMNS.items() for alias in aliases.split()}
"""The columns of a summary by all their names."""

INTERRUPTIBLE: Final = {"anywhere": 1, "always": 1, "waiting": 2, "never": 3, "never_tstp": 4}
HEX_STRINGS: Final = {"none": 0, "non-ascii-chars": 3, "non-ascii": 1, "all": 2}
"""What ``--strings-in-hex`` takes, as ``decode.Options.hex_strings``."""
DAEMONS: Final = ("grandchild", "pgroup", "session")
"""Where the tracer can go so that it is not the program's parent: -D, -DD, -DDD."""
_UNITS: Final = {"s": 10**9, "ms": 10**6, "us": 1000, "ns": 1, "": 1000}
_DURATION: Final = re.compile(r"(?P<number>[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)(?P<unit>s|ms|us|ns|)")
_MOST_STRING: Final = (2**32 - 1) // 4


class ComplaintError(Exception):
    """The command line makes no sense; strace says so in these words."""

    def __init__(self, message: str, see_help: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.see_help = see_help


@dataclass(slots=True)
class Asked:
    """Everything that options set, in the order of strace(1)."""

    filters: Filters = field(default_factory=Filters)
    warnings: list[str] = field(default_factory=list)
    """What is wrong with an option, and yet no mistake."""
    given: set[str] = field(default_factory=set)
    """Options of which it matters that they were there at all."""
    times: dict[str, int] = field(default_factory=dict)
    """How often an option was there."""
    column: int = 40
    append: bool = False
    summary: str = ""
    """``c`` or ``C``."""
    sort_by: str = "total-time"
    columns: tuple[str, ...] = ()
    overhead_ns: int = 0
    environment: list[str] = field(default_factory=list)
    interruptible: int | None = None
    output: str | None = None
    pids: list[int] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    relative: int | None = None
    strings: int = 32
    stamp: Stamp | None = None
    stamp_digits: int = 0
    durations: int | None = None
    user: str | None = None
    hex_strings: int | None = None
    names: str = "abbrev"
    daemon: str = ""


Apply = Callable[[Asked, str | None], None]


def flag(name: str) -> Apply:
    """Remember that an option was there, and how often."""

    def apply(asked: Asked, _value: str | None) -> None:
        asked.times[name] = asked.times.get(name, 0) + 1

    return apply


def text(name: str) -> Apply:
    """Set a field to the argument."""
    return lambda asked, value: setattr(asked, name, value)


def value_of(name: str, read: Callable[[str | None], Any]) -> Apply:
    """Set a field to what the argument is read as; ValueError when it is None."""

    def apply(asked: Asked, value: str | None) -> None:
        result = read(value)
        if result is None:
            raise ValueError(value)
        setattr(asked, name, result)

    return apply


def listed(name: str) -> Apply:
    """Add the argument to a list."""
    return lambda asked, value: getattr(asked, name).append(value)


def qualifier(name: str, default: str = "") -> Apply:
    """Set what of the trace is written, as ``-e NAME=`` does."""

    def apply(asked: Asked, value: str | None) -> None:
        asked.given.add(name)
        rest = default if value is None else value
        if name in {"fault", "inject"}:
            asked.warnings.extend(Rules([(name, rest)]).warnings)
        asked.filters = qualified(asked.filters, name, rest)

    return apply


def expression(asked: Asked, value: str | None) -> None:
    """Take a qualifying expression (-e)."""
    name, rest = named_field(value or "")
    qualifier(name)(asked, rest)


def unabbreviated(asked: Asked, _value: str | None) -> None:
    """Print structures in full (-v)."""
    qualifier("abbrev")(asked, "none")


def only(status: str) -> Apply:
    """Write only calls that end like this (-z, -Z)."""

    def apply(asked: Asked, _value: str | None) -> None:
        flag("z")(asked, None)
        asked.filters = qualified(asked.filters, "status", status)

    return apply


def plain_number(value: str | None) -> int | None:
    """A number from 0 on."""
    return number(value or "")


def string_limit(value: str | None) -> int | None:
    """A number of bytes that four times as many can still be counted of."""
    return number(value or "", _MOST_STRING)


def precision(value: str | None) -> int | None:
    """Digits behind the point: microseconds when nothing is said."""
    return 6 if value is None else DIGITS.get(value.lower())


def interruptible(value: str | None) -> int | None:
    """When strace can be interrupted, by word or number."""
    known = INTERRUPTIBLE.get((value or "").lower())
    return known or number(value or "", max(INTERRUPTIBLE.values())) or None


def hex_strings(value: str | None) -> int | None:
    """Which strings are printed in hexadecimal."""
    return HEX_STRINGS["all"] if value is None else HEX_STRINGS.get(value.lower())


def name_style(value: str | None) -> str | None:
    """How named constants are printed."""
    return value if value in {"raw", "abbrev", "verbose"} else None


def duration(value: str | None) -> int | None:
    """A time in nanoseconds; without a unit it is in microseconds."""
    match = _DURATION.fullmatch(value or "")
    try:
        amount = float(match["number"]) if match else -1
    except ValueError:
        return None
    return int(amount * _UNITS[match["unit"]]) if match and amount >= 0 else None


def timestamps(asked: Asked, value: str | None) -> None:
    """Set the form and the precision of times of day (--absolute-timestamps)."""
    asked.given.add("timestamps")
    form = None
    digits = None
    for token in filter(None, ("format:time" if value is None else value).split(",")):
        kind, colon, word = token.partition(":")
        kinds = {kind.lower()} if colon else {"format", "precision"}
        word = word if colon else token
        if "format" in kinds and word.lower() in {"none", "time", "unix"}:
            form = word.lower()
        elif "precision" in kinds and word.lower() in DIGITS:
            digits = DIGITS[word.lower()]
        else:
            raise ValueError(value)
    set_stamp(asked, form, digits)


def set_stamp(asked: Asked, form: str | None, digits: int | None) -> None:
    """Set the form and the precision of times of day; what is None stays as it was."""
    if digits is not None:
        asked.stamp_digits = digits
    if form == "none":
        asked.stamp = None
        return
    unix = form == "unix" if form else bool(asked.stamp and asked.stamp.unix)
    asked.stamp = Stamp(unix, asked.stamp_digits)


def processes(value: str) -> Iterator[int]:
    """Yield the numbers of processes, between commas or white space.

    Raises:
        ComplaintError: a word is no such number.
    """
    words = re.split(r"[\n\t ,]", value)
    for word in words[:-1] if not words[-1] else words:
        pid = number(word)
        if not pid:
            raise ComplaintError(f"Invalid process id: '{word}'")
        yield pid


def pids(asked: Asked, value: str | None) -> None:
    """Take processes (-p)."""
    for pid in processes(value or ""):
        if pid == os.getpid():
            raise ComplaintError("I'm sorry, I can't let you do that, Dave.")
        asked.pids.append(pid)


def summary(kind: str) -> Apply:
    """Count calls, and write lines too or not (-C, -c)."""

    def apply(asked: Asked, _value: str | None) -> None:
        if asked.summary not in {"", kind}:
            raise ComplaintError("-c/--summary-only and -C/--summary are mutually exclusive", see_help=True)
        asked.summary = kind

    return apply


def sort_by(asked: Asked, value: str | None) -> None:
    """Set the column by which the summary is sorted (-S)."""
    asked.given.add("sort_by")
    column = "nothing" if value in {"none", "nothing"} else COLUMNS.get(value or "")
    if column is None:
        raise ComplaintError(f"invalid sortby: '{value}'", see_help=True)
    asked.sort_by = column


def summary_columns(asked: Asked, value: str | None) -> None:
    """Set the columns of the summary (-U); the name is always one."""
    words = (value or "").split(",")
    chosen: list[str] = []
    for at, word in enumerate(words):
        column = COLUMNS.get(word)
        if column is None:
            raise ComplaintError(f"unknown column name: '{word}'", see_help=True)
        if column in chosen:
            rest = ",".join(words[at:])
            raise ComplaintError(
                f"call summary column has been provided more than once: '{word}'"
                f" (-U option residual: '{rest}')",
                see_help=True,
            )
        chosen.append(column)
    asked.columns = tuple(chosen if "name" in chosen else [*chosen, "name"])


def detach_on(asked: Asked, value: str | None) -> None:
    """Let go of a process at a call of it (-b); there is one such call."""
    if value != "execve":
        raise ComplaintError(f"Syscall '{value}' for -b isn't supported")
    flag("detach")(asked, None)


def daemonize(asked: Asked, value: str | None) -> None:
    """Note that the tracer is to be no parent of the program (--daemonize)."""
    where = "grandchild" if value is None else value.lower().replace("pgrp", "pgroup")
    if where not in DAEMONS:
        raise ValueError(value)
    asked.daemon = where
    flag("daemonize")(asked, None)


def tips(_asked: Asked, value: str | None) -> None:
    """Check what ``--tips`` is given; there are no tips to show."""
    for token in filter(None, (value or "").split(",")):
        kind, colon, word = token.partition(":")
        kinds = {kind.lower()} if colon else {"id", "format"}
        word = (word if colon else token).lower()
        is_id = "id" in kinds and (word == "random" or number(word) is not None)
        if not is_id and not ("format" in kinds and word in {"none", "compact", "full"}):
            raise ValueError(value)
