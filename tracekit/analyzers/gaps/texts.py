"""What calls do not say in full: strings that were cut (-s), and addresses where a text should stand."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from tracekit.analyzers.answer import counted
from tracekit.analyzers.gaps.gap import DETAIL, MISSING, NAMES, Gap
from tracekit.analyzers.gaps.select import Places, chosen, names_in, places, saying, texts
from tracekit.events import Array, String, Struct, Trace, Value, parse_arguments
from tracekit.syscalls.families import names_of

SHOWN: Final = 3
"""Calls that are shown of each."""
DEFAULT: Final = 32
"""Bytes of a string that strace prints by itself (DEFAULT_STRLEN in its src/defs.h)."""
ENOUGH: Final = 1024
"""Bytes of a string in which nearly all requests are whole."""
LONGER: Final = 4
"""How many times longer strings are to be that were cut all the same."""
CUT: Final = r'"\.\.\.(?:(?<=[^\\]"\.\.\.)|(?<=[^\\]\\\\"\.\.\.))'
"""The end of a string that goes on, which no backslash escapes."""
HEAD: Final = r'"(?:(?!PRI )[A-Z]{3,10} |"\.\.\.)'
"""The beginning of a request; HTTP/2 begins with PRI, which is none (RFC 9113, 3.4)."""
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
    maybe = saying(trace, names_in(trace), '"...')
    where = maybe[_match(trace, maybe, CUT)]
    if not len(where):
        return
    some = chosen(trace, where[:LOOKED_AT])
    limit = max((size for row in some for size in _sizes(parse_arguments(row.args or ""))), default=0)
    heads = np.intersect1d(where, places(trace, READING))
    heads = heads[_match(trace, heads, HEAD)]
    default = ", strace's default" if limit == DEFAULT else ""
    which = (
        counted(len(heads), "of them a request", "of them requests")
        if len(heads)
        else "none of them requests"
    )
    what = f"strings are cut after {limit} bytes{default}: in {counted(len(where), 'call')}, {which}"
    shown = tuple(chosen(trace, heads[:SHOWN]) or some[:SHOWN])
    effect = ("docroot", "dispatch", "security") if len(heads) else ("security",)
    hint = f"-s {max(ENOUGH, LONGER * limit)}"
    yield Gap("strings", DETAIL, what, len(where), effect, hint, shown)


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
    raw = _returning(trace, AT_FOLDER, RAW, 0)
    names = np.union1d(_returning(trace, BY_NAME, FIRST, 0), _returning(trace, AT_FOLDER, NAMED, 0))
    data = _returning(trace, WITH_DATA, BUFFER, 1)
    unknown = _returning(trace, frozenset({"???"}), "", 0)  # one without a return was killed in it
    for where, what, why in (
        (raw, ("call has numbers only", "calls have numbers only"), "-e raw= was given: leave it out"),
        (names, ("name of a file is an address", "names of files are addresses"), PRIVILEGE),
        (
            data,
            (
                "read or write has an address where its data should be",
                "reads and writes have an address where their data should be",
            ),
            PRIVILEGE,
        ),
        (
            unknown,
            ("call is not even known by name (???)", "calls are not even known by name (???)"),
            PRIVILEGE,
        ),
    ):
        if len(where):
            shown = tuple(chosen(trace, where[:SHOWN]))
            yield Gap("addresses", MISSING, counted(len(where), *what), len(where), NAMES, why, shown)


PRIVILEGE: Final = (
    "the tracer could not read the task's memory (it lacks CAP_SYS_PTRACE, or the program changed its user): "
    "trace as root; or leave -e raw= and -e verbose=none out"
)


def unread(trace: Trace) -> Gap | None:
    """Return what is missing when most reads show an address in place of what was read; else None."""
    blind = _returning(trace, READING, BUFFER, 1)
    if not len(blind) or 2 * len(blind) < len(_returning(trace, READING, "", 1)):
        return None
    what = counted(
        len(blind),
        "read shows an address where its data should be",
        "reads show an address where their data should be",
    )
    return Gap("addresses", MISSING, what, len(blind), NAMES, PRIVILEGE, tuple(chosen(trace, blind[:SHOWN])))


def _returning(trace: Trace, names: frozenset[str], expression: str, least: int) -> Places:
    """Return where calls stand that return so much at least, and whose arguments match."""
    where = places(trace, names)
    where = where[(trace.events["ret"].iloc[where].fillna(-1) >= least).to_numpy(dtype=bool)]
    return where[_match(trace, where, expression)] if expression else where


def _match(trace: Trace, where: Places, expression: str) -> npt.NDArray[np.bool_]:
    matches = re.compile(expression).search
    return np.array([matches(said) is not None for said in texts(trace, where)], dtype=bool)
