"""futex(2): operations, bit sets, waiters."""

import struct
from typing import Final

from tracekit.syscalls import constants
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import families, kinds
from tracekit.tracer.decode.scalars import U32
from tracekit.tracer.decode.structs import array_text
from tracekit.tracer.decode.text import number
from tracekit.tracer.decode.view import Printer, View, pointer

_FUTEX_PRIVATE: Final = 0x80
_FUTEX_REALTIME: Final = 0x100
_WITH_REALTIME: Final = frozenset((0, 9, 11))  # FUTEX_WAIT, WAIT_BITSET, WAIT_REQUEUE_PI


def _futex_op(_view: View, value: int) -> str:
    """``FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME``."""
    value &= U32
    operation = value & ~(_FUTEX_PRIVATE | _FUTEX_REALTIME)
    name = constants("futex_base").names.get(operation)
    if name is None or (value & _FUTEX_REALTIME and operation not in _WITH_REALTIME):
        return f"{value:#x} /* FUTEX_??? */"
    if value & _FUTEX_PRIVATE:
        name += "|FUTEX_PRIVATE_FLAG" if name == "FUTEX_FD" else "_PRIVATE"
    return name + ("|FUTEX_CLOCK_REALTIME" if value & _FUTEX_REALTIME else "")


def _futex_bitset(_view: View, value: int) -> str:
    value &= U32
    return "FUTEX_BITSET_MATCH_ANY" if value == U32 else (hex(value) if value else "0")


def _wake_operation(view: View, value: int) -> str:
    """FUTEX_WAKE_OP's operation, taken apart as futex(2) puts it together."""
    value &= U32
    operation, argument = value >> 28 & 7, value >> 12 & 0xFFF
    shift = "FUTEX_OP_OPARG_SHIFT<<28|" if value >> 31 else ""
    return (
        f"{shift}{_shifted(view, 'futex_wake_op', operation, 28)}|{hexadecimal(argument)}<<12"
        f"|{_shifted(view, 'futex_wake_cmp', value >> 24 & 15, 24)}|{hexadecimal(value & 0xFFF)}"
    )


def _shifted(view: View, table: str, value: int, bits: int) -> str:
    """A name and how far it is shifted; the comment on an unknown one comes last."""
    name, mark, rest = view.spell(table, value).partition(" ")
    return f"{name}<<{bits}{mark}{rest}"


def _futex_waiters(count: str) -> Printer:
    """futex_waitv(2)'s array."""
    length = number(count)

    def one(view: View, data: bytes) -> str:
        value, address, flags, reserved = struct.unpack("<QQII", data)
        more = f", __reserved={reserved:#x}" if reserved else ""
        start = f"{{val={hex(value) if value else '0'}, uaddr={pointer(address)}"
        return f"{start}, flags={_futex2_flags(view, flags)}{more}}}"

    return lambda view, where: array_text(view, where, length(view) & U32, 24, one)


def _futex2_flags(view: View, value: int) -> str:
    size = constants("futex_size").names.get(value & 3)
    rest = value & ~3
    return (size or hex(value & 3)) + view.names.more("futex_flags", rest)


kinds({"futex_op": _futex_op, "futex_bitset": _futex_bitset, "futex_wake_op_value": _wake_operation})
families({"futex_waiters": _futex_waiters})
