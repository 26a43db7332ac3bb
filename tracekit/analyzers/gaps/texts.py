"""What calls do not say in full: strings that were cut (-s), and addresses where a text should stand."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from tracekit.analyzers.gaps.gap import DETAIL, MISSING, NAMES, Gap
from tracekit.analyzers.gaps.select import chosen
from tracekit.events import Array, String, Struct, Trace, Value, parse_arguments
from tracekit.syscalls.families import names_of

DEFAULT: Final = 32
"""Bytes of a string that strace prints by itself (DEFAULT_STRLEN in its src/defs.h)."""
CUT: Final = r'(?:[^\\]|[^\\]\\\\)"\.\.\.'
LOOKED_AT: Final = 200
"""Cut strings whose length is looked at: they are cut after the same number of bytes."""
RAW: Final = r"^0x[0-9a-f]{4,},"
NAMED: Final = r"^(?:AT_FDCWD(?:<[^>]*>)?|\d+(?:<[^>]*>)?), 0x[0-9a-f]{4,}(?:,|$)"
FIRST: Final = r"^0x[0-9a-f]{4,}(?:,|$)"
BUFFER: Final = r"^(?:0x[0-9a-f]+|\d+(?:<[^\"]*>)?), 0x[0-9a-f]{4,}, "
BY_NAME: Final = names_of("open", "creat", "stat", "lstat", "access", "execve", "chdir", "readlink", "unlink")
AT_FOLDER: Final = names_of(
    "openat", "openat2", "newfstatat", "statx", "faccessat", "faccessat2", "readlinkat"
)
WITH_DATA: Final = names_of("read", "recvfrom", "write", "sendto", "pread64", "pwrite64")
READING: Final = names_of("read", "recvfrom", "recv", "readv", "recvmsg")


def cut_strings(trace: Trace) -> Iterator[Gap]:
    """Yield how many calls have a string that was cut, and after how many bytes."""
    rows = chosen(trace, _holds(trace, None, CUT))
    if not rows:
        return
    limit = max(
        (size for row in rows[:LOOKED_AT] for size in _sizes(parse_arguments(row.args or ""))), default=0
    )
    heads = [row for row in rows if row.name in READING and HEAD.search(row.args or "")]
    default = ", strace's default" if limit == DEFAULT else ""
    what = (
        f"strings are cut after {limit} bytes{default}: in {len(rows)} calls, {len(heads)} of them requests"
    )
    shown = tuple(heads or rows)
    yield Gap("strings", DETAIL, what, len(rows), ("docroot", "dispatch", "security"), "-s 1024", shown)


HEAD: Final = re.compile(r'"(?:[A-Z]{3,10} |"\.\.\.)')


def _sizes(values: Iterable[Value]) -> Iterator[int]:
    for value in values:
        match value:
            case String(data, cut=True):
                yield len(data)
            case Array(items):
                yield from _sizes(items)
            case Struct(fields):
                yield from _sizes(field.value for field in fields)


def addresses(trace: Trace) -> Iterator[Gap]:
    """Yield how many names and data are addresses: the tracer could not read them, or was told not to."""
    succeeded = trace.events["ret"].fillna(-1) >= 0
    raw = chosen(trace, _holds(trace, AT_FOLDER, RAW) & succeeded)
    names = chosen(trace, (_holds(trace, BY_NAME, FIRST) | _holds(trace, AT_FOLDER, NAMED)) & succeeded)
    data = chosen(trace, _holds(trace, WITH_DATA, BUFFER) & (trace.events["ret"].fillna(-1) > 0))
    for rows, what, why in (
        (raw, "calls have numbers only", "-e raw= was given: leave it out"),
        (names, "names of files are addresses", PRIVILEGE),
        (data, "reads and writes have an address where their data should be", PRIVILEGE),
    ):
        if rows:
            yield Gap("addresses", MISSING, f"{len(rows)} {what}", len(rows), NAMES, why, tuple(rows))
    unknown = chosen(trace, (trace.events["kind"] == "syscall") & (trace.events["name"] == "???"))
    if unknown:
        what = f"of {len(unknown)} calls not even the name is known (???)"
        yield Gap("addresses", MISSING, what, len(unknown), NAMES, PRIVILEGE, tuple(unknown))


PRIVILEGE: Final = (
    "the tracer could not read the task's memory (it lacks CAP_SYS_PTRACE, or the program changed its user): "
    "trace as root; or leave -e raw= and -e verbose=none out"
)


def unread(trace: Trace) -> Gap | None:
    """Return what is missing when most reads show an address in place of what was read; else None."""
    events = trace.events
    reads = (events["kind"] == "syscall") & events["name"].isin(list(READING)) & (events["ret"].fillna(0) > 0)
    blind = reads & _holds(trace, READING, BUFFER)
    count = int(blind.sum())
    if not count or 2 * count < int(reads.sum()):
        return None
    what = f"{count} reads show an address where their data should be"
    return Gap("addresses", MISSING, what, count, NAMES, PRIVILEGE, tuple(chosen(trace, blind)))


def _holds(trace: Trace, names: frozenset[str] | None, expression: str) -> Any:
    """Return for which events the arguments of a call match; of all calls when no names are given."""
    events = trace.events
    mask = events["kind"] == "syscall"
    if names is not None:
        mask &= events["name"].isin(list(names))
    found = mask.copy()
    found[mask] = events["args"][mask].str.contains(expression, regex=True).fillna(False).astype(bool)
    return found
