"""futex(2): operations, bit sets, waiters."""

from typing import Final

from tracekit.syscalls import constants
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import families, kinds
from tracekit.tracer.decode.scalars import U32
from tracekit.tracer.decode.structs import array_text, layouts
from tracekit.tracer.decode.text import number
from tracekit.tracer.decode.view import Printer, View

_WAITERS: Final = 128  # FUTEX_WAITV_MAX, <linux/futex.h>
_FUTEX_PRIVATE: Final = 0x80
_FUTEX_REALTIME: Final = 0x100
_WITH_REALTIME: Final = frozenset((0, 9, 11))  # FUTEX_WAIT, WAIT_BITSET, WAIT_REQUEUE_PI


def _futex_op(view: View, value: int) -> str:
    """``FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME``."""
    value &= U32
    operation = value & ~(_FUTEX_PRIVATE | _FUTEX_REALTIME)
    name = constants("futex_base").names.get(operation)
    if name is None or (value & _FUTEX_REALTIME and operation not in _WITH_REALTIME):
        return hexadecimal(value) if view.names.style == "raw" else f"{value:#x} /* FUTEX_??? */"
    if value & _FUTEX_PRIVATE:
        name += "|FUTEX_PRIVATE_FLAG" if name == "FUTEX_FD" else "_PRIVATE"
    if value & _FUTEX_REALTIME:
        name += "|FUTEX_CLOCK_REALTIME"
    return view.names.word(hexadecimal(value), name)


def _wake_operation(view: View, value: int) -> str:
    """FUTEX_WAKE_OP's operation, taken apart as futex(2) puts it together."""
    value &= U32
    operation, argument = value >> 28 & 7, value >> 12 & 0xFFF
    shift = f"{view.names.word('0x8', 'FUTEX_OP_OPARG_SHIFT')}<<28|" if value >> 31 else ""
    return (
        f"{shift}{_shifted(view, 'futex_wake_op', operation, 28)}|{hexadecimal(argument)}<<12"
        f"|{_shifted(view, 'futex_wake_cmp', value >> 24 & 15, 24)}|{hexadecimal(value & 0xFFF)}"
    )


def _shifted(view: View, table: str, value: int, bits: int) -> str:
    """A name and how far it is shifted; the comment on one that is not named comes last."""
    known = constants(table)
    name = known.names.get(value)
    comment = f" /* {known.unknown} */" if name is None or view.names.style == "raw" else ""
    return f"{view.names.word(hexadecimal(value), name)}<<{bits}{comment}"


def _futex_waiters(count: str) -> Printer:
    """futex_waitv(2)'s array."""
    length = number(count)

    def printer(view: View, where: int) -> str:
        one = layouts("futex_waitv")[view.abi]
        return array_text(view, where, length(view) & U32, one.packing.size, one.text, most=_WAITERS)

    return printer


kinds({"futex_op": _futex_op, "futex_wake_op_value": _wake_operation})
families({"futex_waiters": _futex_waiters})
