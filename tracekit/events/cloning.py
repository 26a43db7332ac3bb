"""What a call made, a thread or a process: the flags of clone and clone3, as names, numbers or both (-X)."""

from typing import Final

from tracekit.stream import parse_arguments
from tracekit.stream.values import Change, Field, Flags, Integer, Struct, Value, symbols
from tracekit.syscalls.constants import constants
from tracekit.syscalls.families import doing

FORKS: Final = frozenset({*doing("forks"), "clone2"})
WITHOUT_FLAGS: Final = frozenset({"fork", "vfork"})


def clone_flags(name: str, args: str) -> frozenset[str] | None:
    """Return the flags of a call that makes a task; none of fork and vfork.

    None where they are not shown: the structure of clone3 could not be read, or was not to be, or the
    call's first half is missing.

    Args:
        name: the call's.
        args: its arguments, as printed.
    """
    if name in WITHOUT_FLAGS:
        return frozenset()
    return next((_names(flags) for value in parse_arguments(args) if (flags := _flags(value))), None)


def makes_thread(name: str, args: str) -> bool:
    """Tell whether a call that makes a task is known to make a thread of its process (CLONE_THREAD)."""
    return "CLONE_THREAD" in (clone_flags(name, args) or ())


def _flags(value: Value) -> Value | None:
    match value:
        case Field("flags", inner):
            return inner
        case Struct():
            return value.get("flags")
        case Change(before):
            return _flags(before)
    return None


def _names(flags: Value) -> frozenset[str]:
    parts = flags.parts if isinstance(flags, Flags) else (flags,)
    bits = constants("clone3_base").values
    numbers = [part.value for part in parts if isinstance(part, Integer) and not part.comment]
    named = {name for name, bit in bits.items() if any(bit & number for number in numbers)}
    return symbols(flags) | named
