"""What of a trace is written: the qualifiers of strace(1) (``-e``, ``-z``, ``-P``) as data."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from tracekit.errors import UsageError
from tracekit.syscalls import constants
from tracekit.syscalls.select import ALL_CALLS, NO_CALLS, CallSet, choose

T = TypeVar("T", int, str)

#: How a call can end, in the words of ``-e status=``.
STATUSES: Final = frozenset(("successful", "failed", "unfinished", "unavailable", "detached"))

_MOST_INT: Final = 2**31 - 1
_MOST_SIGNAL: Final = 255
_NUMBER: Final = re.compile(r"[ \t\n\v\f\r]*[+-]?[0-9]+")


@dataclass(frozen=True, slots=True)
class Members(Generic[T]):
    """Numbers or words; inverted, all others."""

    listed: frozenset[T] = frozenset()
    inverted: bool = False

    def __contains__(self, one: T) -> bool:
        return (one in self.listed) is not self.inverted

    def __bool__(self) -> bool:
        return bool(self.listed) or self.inverted

    def covers(self, everything: Iterable[T]) -> bool:
        """Say whether all of these are in it."""
        return all(one in self for one in everything)


EVERY_NUMBER: Final[Members[int]] = Members(inverted=True)
EVERY_WORD: Final[Members[str]] = Members(inverted=True)
NO_NUMBER: Final[Members[int]] = Members()
NO_WORD: Final[Members[str]] = Members()


@dataclass(frozen=True, slots=True)
class Filters:
    """What is written, and how far it is taken apart. By default everything, as strace does it."""

    trace: CallSet = ALL_CALLS
    """Calls that are written at all."""
    abbrev: CallSet = ALL_CALLS
    """Calls whose structures and arrays are cut short; none of them with ``-v``."""
    verbose: CallSet = ALL_CALLS
    """Calls whose structures are looked into; those of others are printed as addresses."""
    raw: CallSet = NO_CALLS
    """Calls whose arguments are printed as hexadecimal numbers."""
    signal: Members[int] = EVERY_NUMBER
    """Signals whose delivery is written, by number."""
    status: Members[str] = EVERY_WORD
    """Calls are written when they end like this, see ``STATUSES``."""
    quiet: Members[str] = NO_WORD
    """Messages that are left out: attach, exit, path-resolution, personality, thread-execve."""
    read: Members[int] = NO_NUMBER
    """Descriptors: what is read from them is written as a dump."""
    write: Members[int] = NO_NUMBER
    """The same for what is written to them."""
    decode_fds: Members[str] = NO_WORD
    """What is told of descriptors: path, socket, dev, pidfd."""
    decode_pids: Members[str] = NO_WORD
    """What is told of tasks: comm, pidns."""
    paths: tuple[str, ...] = ()
    """Only calls that touch one of these paths are written; all when there is none."""
    inject: tuple[tuple[str, str], ...] = ()
    """What is done to calls, as given: (``inject`` or ``fault``, text), in order."""
    vcpu: bool = False
    """Say why a virtual processor stopped (``-e kvm=vcpu``)."""

    @property
    def staged(self) -> bool:
        """Whether a call can be written only when it has ended."""
        return not self.status.covers(STATUSES)


EVERYTHING: Final = Filters()


def members(expression: str, known: Callable[[str], T | None], kind: str) -> Members[T]:
    """Read a set: ``[!]...`` and then ``all``, ``none``, or items between commas.

    Args:
        expression: the text.
        known: an item's value, None when it has none.
        kind: what the items are, for the message.

    Raises:
        UsageError: there is no item, or one is not known.
    """
    bare = expression.lstrip("!")
    inverted = (len(expression) - len(bare)) % 2 == 1
    if bare in {"all", "none"}:
        return Members(inverted=inverted is not (bare == "all"))
    values = []
    items = [item for item in bare.split(",") if item]
    for item in items:
        value = known(item)
        if value is None:
            raise UsageError(f"invalid {kind} '{item}'")
        values.append(value)
    if not items:
        raise UsageError(f"invalid {kind} '{expression}'")
    return Members(frozenset(values), inverted)


def number(text: str, most: int = _MOST_INT) -> int | None:
    """A decimal number from 0 on as strtol(3) takes it, None when it is none or too large."""
    if not _NUMBER.fullmatch(text):
        return None
    value = int(text)
    return value if 0 <= value <= most else None


def signal_number(text: str) -> int | None:
    """A signal's number: by number, or by name with or without SIG, in any case."""
    if text[:1].isdecimal():
        return number(text, _MOST_SIGNAL)
    name = text.upper()
    return constants("signal").values.get(name if name.startswith("SIG") else f"SIG{name}")


def _words(*words: str, **aliases: str) -> Callable[[str], str | None]:
    """Words that stand for themselves, and others that stand for one of them; in any case."""
    table: Mapping[str, str] = {**{word: word for word in words}, **aliases}
    return lambda text: table.get(text.lower())


_Reader = Callable[[str], Any]


def _set(kind: str, known: Callable[[str], Any]) -> _Reader:
    return lambda text: members(text, known, kind)


_READERS: Final[Mapping[str, _Reader]] = {
    "trace": choose,
    "abbrev": choose,
    "verbose": choose,
    "raw": choose,
    "signal": _set("signal", signal_number),
    "status": _set("status", _words(*STATUSES)),
    "quiet": _set(
        "quiet",
        _words(
            "attach",
            "exit",
            "path-resolution",
            "personality",
            "thread-execve",
            exits="exit",
            superseded="thread-execve",
        ),
    ),
    "read": _set("descriptor", number),
    "write": _set("descriptor", number),
    "decode_fds": _set("decode-fds", _words("path", "socket", "dev", "pidfd")),
    "decode_pids": _set("decode-pids", _words("comm", "pidns")),
}
"""How the text behind a qualifier is read, by the field of ``Filters`` that it fills."""

_ALIASES: Final[Mapping[str, str]] = {
    "trace": "trace t",
    "abbrev": "abbrev a",
    "verbose": "verbose v",
    "raw": "raw x",
    "signal": "signal signals s",
    "status": "status",
    "quiet": "quiet silent silence q",
    "read": "read reads r",
    "write": "write writes w",
    "decode_fds": "decode-fd decode-fds",
    "decode_pids": "decode-pid decode-pids",
    "fault": "fault",
    "inject": "inject",
    "kvm": "kvm",
    "secontext": "secontext",
}
_FIELDS: Final = {alias: field for field, aliases in _ALIASES.items() for alias in aliases.split()}
"""Qualifier -> what it sets."""


def named_field(expression: str) -> tuple[str, str]:
    """What ``-e EXPRESSION`` sets, and to what; without a qualifier it is the calls to trace."""
    name, equals, value = expression.partition("=")
    return (_FIELDS[name], value) if equals and name in _FIELDS else ("trace", expression)


def qualified(filters: Filters, field: str, text: str) -> Filters:
    """Set one field from the text of a qualifier.

    Raises:
        UsageError: the text is wrong, or the qualifier is one that is not there.
    """
    if field in {"fault", "inject"}:
        return replace(filters, inject=(*filters.inject, (field, text)))
    if field == "kvm":
        if text != "vcpu":
            raise UsageError(f"invalid -e kvm= argument: '{text}'")
        return replace(filters, vcpu=True)
    if field == "secontext":
        raise UsageError(
            "SELinux context printing (--secontext option) is not supported by this build of strace"
        )
    changes: dict[str, Any] = {field: _READERS[field](text)}
    return replace(filters, **changes)
