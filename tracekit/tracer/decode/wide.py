"""64-bit arguments of 32-bit programs: each in two registers, syscall(2)."""

from collections.abc import Callable

from tracekit.tracer.decode.registry import families
from tracekit.tracer.decode.scalars import U32, signed64
from tracekit.tracer.decode.view import Printer, View


def _whole(high: str) -> Callable[[View, int], int]:
    """How to put a number together: its low half is the argument itself, the high one has this number."""
    index = int(high)
    return lambda view, low: (view.args[index] & U32) << 32 | (low & U32)


def _signed(high: str) -> Printer:
    whole = _whole(high)
    return lambda view, low: str(signed64(whole(view, low)))


def _unsigned(high: str) -> Printer:
    whole = _whole(high)
    return lambda view, low: str(whole(view, low))


def _set(high: str, names: str) -> Printer:
    """Flags of 64 bits."""
    whole = _whole(high)
    return lambda view, low: view.spell(names, whole(view, low))


families({"wide": _signed, "wide_unsigned": _unsigned, "wide_set": _set})
