"""Structures that grew from one version of the kernel to the next, as bpf(2) has them.

A program gives as many bytes as it knows of; what is newer is not printed. Where the kernel
changed a member, the new value stands behind the old one.
"""

import struct
from collections.abc import Callable
from typing import Any, Final

from tracekit.syscalls import ABIS, StructField, StructRow, offsets, packing, struct_rows
from tracekit.tracer.decode.filters import INSTRUCTIONS, code_text
from tracekit.tracer.decode.messages import given
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import families, kinds, printer_of
from tracekit.tracer.decode.structs import array_text
from tracekit.tracer.decode.text import counted, quoted, string_within
from tracekit.tracer.decode.view import View, pointer

_ABI: Final = ABIS["x86_64"]  # members of 64 bits are aligned alike everywhere
_INSTRUCTION: Final = struct.Struct("<BBhi")  # struct bpf_insn
_NODE: Final = 0x4  # BPF_F_NUMA_NODE
_REPLACE: Final = 0x4  # BPF_F_REPLACE
#: Members that are there only with a flag: the structure, the member, which value the flags are, the flag.
_ASKED_FOR: Final = {
    ("bpf_map_create", "numa_node"): (4, _NODE),
    ("bpf_link_update", "old_prog_fd"): (2, _REPLACE),
}

#: Prints a member with its sibling, which says how much there is of it: now, and at the call's entry.
Sibling = Callable[[View, int, int, int], str]


class Grown:
    """One such structure.

    Attributes:
        name: its row of ``bpf_structs.tbl``.
        data: as many bytes as the program gave.
        values: its members; those that are not there are 0.
        end: how many bytes of it are known.
    """

    __slots__ = ("data", "end", "name", "values")

    def __init__(self, name: str, data: bytes) -> None:
        """The structure of these bytes."""
        one = packing(_row(name).letters, _ABI)
        self.name = name
        self.data = data
        self.values: tuple[Any, ...] = one.unpack(data[: one.size].ljust(one.size, b"\0"))
        self.end = offsets(_row(name).letters, _ABI)[-1]

    def members(self, view: View, before: "Grown | None" = None) -> list[str]:
        """The members that are there, ``map_type=BPF_MAP_TYPE_HASH``, as they are and were before."""
        places = offsets(_row(self.name).letters, _ABI)
        shown = []
        for field in _row(self.name).fields:
            if field.newer and len(self.data) <= places[field.index]:
                break
            if self._is_asked_for(field.label):
                shown.append(f"{field.label}={self._text(view, field, before or self, places[field.index])}")
        return shown

    def _is_asked_for(self, label: str) -> bool:
        index, flag = _ASKED_FOR.get((self.name, label), (0, 0))
        return not flag or bool(self.values[index] & flag)

    def _text(self, view: View, field: StructField, before: "Grown", place: int) -> str:
        value = self.values[field.index]
        if field.kind in _SIBLINGS:
            sibling = int(field.parameters[0])
            return _SIBLINGS[field.kind](view, value, self.values[sibling], before.values[sibling])
        if field.kind in _CHANGING:
            return _changed(field.kind, before.values[field.index], value)
        if isinstance(value, bytes):
            value = value[: max(len(self.data) - place, 0)]
        return printer_of(field.kind, field.parameters)(view, value) or ""


def _changed(kind: str, before: int, now: int) -> str:
    """A number that the kernel may have changed: ``3 => 2``."""
    show = _CHANGING[kind]
    return show(now) if before == now else f"{show(before)} => {show(now)}"


def extra(view: View, data: bytes, end: int) -> str:
    """What the program says is behind the attributes that are known, unless it is zeros."""
    rest = data[end:]
    if not any(rest):
        return ""
    if not view.options.verbose:
        return ", ..."
    return f", extra_data={quoted(rest, 2)} /* bytes {end}..{len(data) - 1} */"


def _row(name: str) -> StructRow:
    return struct_rows()[name]


def _program(view: View, address: int, count: int) -> str:
    """The instructions of an extended program, with -v."""
    if not view.options.verbose:
        return pointer(address)
    return array_text(view, address, count, _INSTRUCTION.size, _instruction, most=INSTRUCTIONS)


def _instruction(view: View, data: bytes) -> str:
    code, registers, offset, number = _INSTRUCTION.unpack(data)
    to, source = (view.spell("bpf_register", one) for one in (registers & 0xF, registers >> 4))
    return (
        f"{{code={code_text(view, code, extended=True)}, dst_reg={to}, src_reg={source}"
        f", off={offset}, imm={hexadecimal(number & 0xFFFFFFFF)}}}"
    )


def _bytes(view: View, address: int, size: int, hex_strings: int | None = None) -> str:
    """Bytes, whether the call succeeded or not."""
    with given(view):
        return counted(view, address, size, hex_strings)


def _text(view: View, address: int, size: int) -> str:
    """A string, likewise."""
    with given(view):
        return string_within(view, address, size)


def _numbers(view: View, address: int, count: int) -> str:
    return array_text(view, address, count, 4, lambda _view, data: str(int.from_bytes(data, "little")))


_CHANGING: Final[dict[str, Callable[[int], str]]] = {"changing": str, "changing_address": pointer}
_SIBLINGS: Final[dict[str, Sibling]] = {
    "ebpf_program": lambda view, address, count, _before: _program(view, address, count),
    "ebpf_bytes": lambda view, address, size, before: _program(
        view, address, min(size, before) // _INSTRUCTION.size
    ),
    "numbers": lambda view, address, count, before: _numbers(view, address, min(count, before)),
    "hex_of": lambda view, address, size, _before: _bytes(view, address, size, 2),
    "bytes_of": lambda view, address, size, _before: _bytes(view, address, size),
    "text_of": lambda view, address, size, before: _text(view, address, min(size, before)),
}


def _numa_node(view: View, value: int) -> str:
    """A memory node; the kernel's headers do not tell programs the name of none."""
    named = value == 0xFFFFFFFF and view.names.style != "raw"
    return f"{value} /* NUMA_NO_NODE */" if named else str(value)


def _kernel_version(view: View, value: int) -> str:
    """``KERNEL_VERSION(6, 1, 0)``."""
    text = f"KERNEL_VERSION({value >> 16}, {value >> 8 & 0xFF}, {value & 0xFF})"
    return view.names.word(hexadecimal(value), text)


kinds(
    {
        "numa_node": _numa_node,
        "kernel_version": _kernel_version,
        "hex_string": lambda _view, data: quoted(data, 2),
        "lowest_bit": lambda _view, value: str(value & 1),
        **{kind: lambda _view, value: str(value) for kind in _CHANGING},
    }
)
families({kind: lambda _index: lambda _view, address: pointer(address) for kind in _SIBLINGS})
