"""Sets of system calls, as ``-e trace=`` of strace(1) writes them."""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tracekit.errors import UsageError
from tracekit.syscalls.table import Syscall, calls

#: Classes that may still be written without ``%`` (strace(1), "Old syntax without preceding percent sign").
_BARE_CLASSES: Final = frozenset(("file", "process", "network", "signal", "ipc", "desc", "memory"))
_ALIASES: Final = {"net": "network"}

_HINT: Final = "'all' and %classes such as %file are there too"
_NOTHING: Final[frozenset[int]] = frozenset()

#: What may stand behind ``@``, and whose calls it means, by the machine's own architecture. The calls of
#: x32 bear the numbers of x86_64 without the bit that marks them.
_DESIGNATORS: Final[Mapping[str, Mapping[str, str]]] = {
    "x86_64": {"64": "x86_64", "32": "i386", "x32": "x32"},
    "aarch64": {"64": "aarch64"},
}
_TABLES: Final = {"x32": "x86_64"}


class DesignatorError(UsageError):
    """What stands behind ``@`` is no architecture of this machine."""


@dataclass(frozen=True, slots=True)
class CallSet:
    """System calls by architecture and number; inverted, all others, those that no table has too."""

    numbers: Mapping[str, frozenset[int]] = field(default_factory=dict)
    inverted: bool = False

    def has(self, arch: str, number: int) -> bool:
        """Say whether a call is one of them."""
        return (number in self.numbers.get(arch, _NOTHING)) is not self.inverted

    def names(self, arch: str) -> frozenset[str]:
        """The names of those that the architecture's table has."""
        return frozenset(call.name for number, call in calls(arch).items() if self.has(arch, number))

    def __bool__(self) -> bool:
        """Whether there is any call in it."""
        return self.inverted or any(self.numbers.values())

    def __or__(self, other: "CallSet") -> "CallSet":
        """The calls of either set."""
        if self.everything or other.everything:
            return ALL_CALLS
        arches = {*self.numbers, *other.numbers}
        if self.inverted and other.inverted:
            left = {arch: self.listed(arch) & other.listed(arch) for arch in arches}
            return CallSet(left, inverted=True)
        if self.inverted or other.inverted:
            inverted, plain = (self, other) if self.inverted else (other, self)
            return CallSet(
                {arch: inverted.listed(arch) - plain.listed(arch) for arch in arches}, inverted=True
            )
        return CallSet({arch: self.listed(arch) | other.listed(arch) for arch in arches})

    def listed(self, arch: str) -> frozenset[int]:
        """The numbers that are in it, or inverted, that are not."""
        return self.numbers.get(arch, _NOTHING)

    @property
    def everything(self) -> bool:
        """Whether every call is one of them."""
        return self.inverted and not any(self.numbers.values())


ALL_CALLS: Final = CallSet(inverted=True)
NO_CALLS: Final = CallSet()


def select(expression: str, arch: str = "x86_64") -> frozenset[str]:
    """The names of one architecture's calls that an expression stands for, see ``choose``.

    Raises:
        UsageError: an item is no call, class or regular expression.
    """
    return choose(expression, {arch: arch}).names(arch)


def choose(expression: str, architectures: Mapping[str, str] | None = None) -> CallSet:
    """The calls that an expression stands for.

    Args:
        expression: items between commas: a name, a number, ``%class``, a class of the old
            syntax without ``%`` or ``/regex``; ``?`` before an item lets it be unknown;
            ``@64`` behind it takes one architecture's calls alone. ``!`` at the very start
            takes everything else; ``all`` and ``none`` stand alone.
        architectures: what may stand behind ``@`` -> architecture; those of this machine if not given.

    Raises:
        UsageError: an item is no call, class or regular expression.
    """
    if architectures is None:
        architectures = _DESIGNATORS.get(os.uname().machine, _DESIGNATORS["x86_64"])
    bare = expression.lstrip("!")
    inverted = (len(expression) - len(bare)) % 2 == 1
    if bare in {"all", "none"}:
        return CallSet(inverted=inverted is not (bare == "all"))
    items = [item for item in bare.split(",") if item]
    if not items:
        raise UsageError(f"invalid system call '{expression}'", _HINT)
    numbers: dict[str, set[int]] = defaultdict(set)
    for item in items:
        _add(item.strip(), architectures, numbers)
    return CallSet({arch: frozenset(found) for arch, found in numbers.items()}, inverted)


def named(names: Iterable[str], architectures: Iterable[str]) -> CallSet:
    """The calls of these names, whatever their numbers."""
    wanted = frozenset(names)
    return CallSet(
        {
            arch: frozenset(number for number, call in calls(arch).items() if call.name in wanted)
            for arch in architectures
        }
    )


def _add(item: str, architectures: Mapping[str, str], numbers: dict[str, set[int]]) -> None:
    """Add what one item stands for.

    Raises:
        UsageError: it stands for nothing, and has no ``?`` before it.
    """
    name = item.lstrip("?")
    known = name != item
    base, at, designator = name.rpartition("@")
    if at and designator not in architectures:
        raise DesignatorError(f"incorrect personality designator '{designator}' in qualification '{name}'")
    for arch in [architectures[designator]] if at else architectures.values():
        table = calls(_TABLES.get(arch, arch))
        found = _matching(base if at else name, table)
        known = known or found is not None
        numbers[arch] |= found or _NOTHING
    if not known:
        tables = [calls(_TABLES.get(arch, arch)) for arch in architectures.values()]
        raise _unknown(item, tables)


def _matching(name: str, table: Mapping[int, Syscall]) -> set[int] | None:
    """The numbers that an item without its marks stands for; None when it stands for nothing."""
    if name[:1].isdecimal():
        return {int(name)} if name.isdecimal() and int(name) in table else None
    if name.startswith("/"):
        pattern = _compiled(name[1:])
        return {number for number, call in table.items() if pattern.search(call.name)} or None
    if name == "all":
        return set(table)
    if name in _BARE_CLASSES or name.startswith("%"):
        wanted = name.removeprefix("%")
        wanted = _ALIASES.get(wanted, wanted)
        found = {number for number, call in table.items() if wanted in call.classes}
        if found:
            return found
    return {number for number, call in table.items() if call.name == name} or None


def _compiled(pattern: str) -> re.Pattern[str]:
    """A regular expression; one that begins with a repetition is none (regex(7), extended syntax)."""
    try:
        if pattern.startswith("{"):
            raise re.error("nothing to repeat")
        return re.compile(pattern)
    except re.error as problem:
        raise UsageError(f"regcomp: {pattern}: {problem}", "what follows / is a regular expression") from None


def _unknown(item: str, tables: Iterable[Mapping[int, Syscall]]) -> UsageError:
    """What to say about an item that nothing matches."""
    import difflib  # noqa: PLC0415 - only a mistake needs it

    known = [call for table in tables for call in table.values()]
    words = (
        {f"%{one}" for call in known for one in call.classes}
        if item.startswith("%")
        else {call.name for call in known}
    )
    close = difflib.get_close_matches(item, words, n=3)
    return UsageError(
        f"invalid system call '{item}'", f"did you mean {' or '.join(close)}?" if close else _HINT
    )
