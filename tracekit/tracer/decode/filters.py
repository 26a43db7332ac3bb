"""Classic BPF programs, as sockets and seccomp(2) take them: <linux/filter.h>, <linux/bpf_common.h>."""

import struct
from collections.abc import Callable
from typing import Final

from tracekit.syscalls import packings
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import kinds
from tracekit.tracer.decode.structs import array_text
from tracekit.tracer.decode.view import Printer, View, pointer

INSTRUCTIONS: Final = 4096  # BPF_MAXINSNS, <linux/bpf_common.h>
_INSTRUCTION: Final = struct.Struct("<HBBI")  # struct sock_filter
_PROGRAM: Final = packings("HP")  # struct sock_fprog
_LD, _LDX, _ST, _STX, _ALU, _JMP, _RET, _MISC = range(8)
_CLASS: Final = 0x7
_ABSOLUTE: Final = 0x20  # BPF_ABS
_ACTION: Final = 0xFFFF0000  # SECCOMP_RET_ACTION_FULL, <linux/seccomp.h>
#: Where packets are looked at, from the highest on: ancillary data, the network's header, the link's.
_PLACES: Final = ((0xFFFFF000, "SKF_AD_OFF"), (0xFFF00000, "SKF_NET_OFF"), (0xFFE00000, "SKF_LL_OFF"))

#: Puts an instruction's operand in words: class and mode, operand; None for a plain number.
Operand = Callable[[View, int, int], str | None]


def code_text(view: View, code: int, *, extended: bool = False) -> str:
    """An instruction's code: ``BPF_LD|BPF_W|BPF_ABS``; the extended set of bpf(2) has other classes."""
    kind = code & _CLASS
    shown = [view.spell("ebpf_class" if extended else "bpf_class", kind)]
    rest = code & ~_CLASS
    if kind in {_LD, _LDX} or (extended and kind in {_ST, _STX}):
        modes = "ebpf_mode" if extended else "bpf_mode"
        shown += [view.spell("bpf_size", code & 0x18), view.spell(modes, code & 0xE0)]
        rest = 0
    elif kind in {_ALU, _JMP} or (extended and kind == _MISC):
        operations = "bpf_jump" if kind == _JMP else "bpf_alu"
        shown += [view.spell("bpf_source", code & 0x8), view.spell(operations, code & 0xF0)]
        rest = 0
    elif kind == _MISC:
        shown.append(view.spell("bpf_misc", code & 0xF8))
        rest &= ~0xF8
    elif kind == _RET and not extended:
        shown.append(view.spell("bpf_return", code & 0x18))
        rest &= ~0x18
    if rest:
        shown.append(f"{rest:#x} /* BPF_??? */")
    return "|".join(shown)


def program_text(view: View, address: int, length: int, operand: Operand) -> str:
    """The instructions of a program, with -v; else where they are."""
    if not view.options.verbose:
        return pointer(address)

    def one(view: View, data: bytes) -> str:
        code, if_true, if_false, number = _INSTRUCTION.unpack(data)
        shown = code_text(view, code)
        if if_true or if_false:
            ways = f"{hexadecimal(if_true)}, {hexadecimal(if_false)}"
            return f"BPF_JUMP({shown}, {hexadecimal(number)}, {ways})"
        return f"BPF_STMT({shown}, {operand(view, code, number) or hexadecimal(number)})"

    return array_text(view, address, length, _INSTRUCTION.size, one, most=INSTRUCTIONS)


def socket_operand(view: View, code: int, number: int) -> str | None:
    """Where a socket's filter loads from."""
    if code & _CLASS == _LD and code & 0xE0 == _ABSOLUTE:
        for start, name in _PLACES:
            if number >= start:
                offset = number - start
                shown = view.spell("skf_ad", offset) if name == "SKF_AD_OFF" else str(offset)
                return f"{view.names.word(hex(start), name)}+{shown}"
    return None


def seccomp_operand(view: View, code: int, number: int) -> str | None:
    """What a filter of calls decides."""
    if code & _CLASS != _RET:
        return None
    data = number & ~_ACTION
    return view.spell("seccomp_action", number & _ACTION) + (f"|{data:#x}" if data else "")


def _program(operand: Operand) -> Printer:
    """Struct sock_fprog: how many instructions there are, and where."""

    def printer(view: View, address: int) -> str:
        packing = _PROGRAM[view.abi]
        data = view.fetch(address, packing.size)
        if data is None:
            return pointer(address)
        length, where = packing.unpack(data)
        return f"{{len={length}, filter={program_text(view, where, length, operand)}}}"

    return printer


kinds({"*sock_fprog": _program(socket_operand), "*seccomp_fprog": _program(seccomp_operand)})
