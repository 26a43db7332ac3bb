"""Sets of system calls, as ``-e trace=`` of strace(1) writes them."""

import difflib
import re
from collections.abc import Set as AbstractSet
from typing import Final

from tracekit.errors import UsageError
from tracekit.syscalls.table import Syscall, calls

#: Classes that may still be written without ``%`` (strace(1), "Old syntax without preceding percent sign").
_BARE_CLASSES: Final = frozenset(("file", "process", "network", "signal", "ipc", "desc", "memory"))
_ALIASES: Final = {"net": "network"}


def select(expression: str, arch: str = "x86_64") -> frozenset[str]:
    """The names of the calls that an expression stands for.

    Args:
        expression: items between commas: a name, ``%class``, a class of the old syntax
            without ``%``, ``/regex``, ``all`` or ``none``; ``?`` before an item lets it
            be unknown; ``!`` at the very start takes everything else.
        arch: whose calls; another architecture's names do not count.

    Raises:
        UsageError: an item is no call, class or regular expression.
    """
    known = {call.name: call for call in calls(arch).values()}
    inverted = expression.startswith("!")
    chosen: set[str] = set()
    for item in expression.removeprefix("!").split(","):
        chosen |= _item(item.strip(), known)
    return frozenset(known.keys() - chosen if inverted else chosen)


def _item(item: str, known: dict[str, Syscall]) -> AbstractSet[str]:
    """The names that one item stands for."""
    optional, name = item.startswith("?"), item.removeprefix("?")
    if name == "all":
        return known.keys()
    if name == "none":
        return frozenset()
    if name.startswith("/"):
        return _matching(name[1:], known)
    if name in known:
        return {name}
    wanted = _ALIASES.get(name.removeprefix("%"), name.removeprefix("%"))
    if name.startswith("%") or name in _BARE_CLASSES:
        found = {call.name for call in known.values() if wanted in call.classes}
        if found:
            return found
    if optional:
        return frozenset()
    raise _unknown(name, known)


def _matching(pattern: str, known: dict[str, Syscall]) -> AbstractSet[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as problem:
        raise UsageError(f"invalid regular expression: {pattern!r}: {problem}") from problem
    return {name for name in known if compiled.search(name)}


def _unknown(name: str, known: dict[str, Syscall]) -> UsageError:
    """What to say about an item that nothing matches."""
    classes = {f"%{one}" for call in known.values() for one in call.classes}
    close = difflib.get_close_matches(name, classes if name.startswith("%") else known, n=3)
    hint = (
        f"did you mean {' or '.join(close)}?" if close else "'all' and %classes such as %file are there too"
    )
    return UsageError(f"invalid system call: {name!r}", hint)
