"""Structures, printed as structs.tbl of ``tracekit.syscalls`` says."""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from tracekit.syscalls import StructRow, struct_rows
from tracekit.tracer.decode.registry import families, printer_of
from tracekit.tracer.decode.view import MOST, Printer, View, pointer

#: What a pointer to a lone number points at: kind -> its struct(3) letter.
_LONE: Final[Mapping[str, str]] = {
    "int": "i",
    "uint": "I",
    "long": "q",
    "ulong": "Q",
    "hex": "Q",
    "signal": "i",
    "date": "q",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """A structure ready to be printed."""

    packing: struct.Struct
    fields: tuple[tuple[str, Printer, bool, bool], ...]
    """Per field: what stands before the value, its printer, whether only -v shows it, whether 0 hides it."""
    abbreviated: bool

    def text(self, view: View, data: bytes) -> str:
        """The structure of these bytes: ``{tv_sec=1, tv_nsec=0}``."""
        everything = view.options.verbose or not self.abbreviated
        values = self.packing.unpack(data)
        shown = [
            f"{label}{printer(view, value)}"
            for (label, printer, hidden, optional), value in zip(self.fields, values, strict=True)
            if (everything or not hidden) and (value or not optional)
        ]
        if not everything:
            shown.append("...")
        return "{" + ", ".join(shown) + "}"


@cache
def layout(name: str) -> Layout:
    """The structure of this name; KeyError when no table has it."""
    return _build(struct_rows()[name])


def _build(row: StructRow) -> Layout:
    fields = tuple(
        (f"{field.label}=" if field.label else "", printer_of(field.kind), field.hidden, field.optional)
        for field in row.fields
    )
    return Layout(struct.Struct("<" + row.packing), fields, any(field.hidden for field in row.fields))


def _inside(name: str) -> Printer:
    """A printer for a structure that is a member of another one: its value is bytes."""
    one = layout(name)
    return one.text


def pointer_to(name: str) -> Printer:
    """A printer for a pointer to a structure, ``{...}``, or to a lone number, ``[...]``."""
    if name in _LONE:
        return _pointer_to_number(name)
    one = layout(name)
    size = one.packing.size

    def printer(view: View, address: int) -> str:
        data = view.fetch(address, size)
        return pointer(address) if data is None else one.text(view, data)

    return printer


def _pointer_to_number(name: str) -> Printer:
    packing = struct.Struct("<" + _LONE[name])
    inner = printer_of(name)

    def printer(view: View, address: int) -> str:
        data = view.fetch(address, packing.size)
        return pointer(address) if data is None else f"[{inner(view, packing.unpack(data)[0])}]"

    return printer


def array_text(view: View, address: int, count: int, size: int, element: Callable[[View, bytes], str]) -> str:
    """An array: ``[a, b]``, as far as it can be read; -s limits the elements unless -v is given."""
    if not address or view.failed:
        return pointer(address)
    if not count:
        return "[]"
    wanted = count if view.options.verbose else min(count, view.options.string_limit)
    wanted = min(wanted, MOST // size)
    data = view.readable(address, size * wanted)
    whole = len(data) // size
    if not whole and wanted:
        return pointer(address)
    shown = [element(view, data[at * size : (at + 1) * size]) for at in range(whole)]
    if whole < wanted:
        shown.append(f"... /* {pointer(address + whole * size)} */")
    elif count > wanted:
        shown.append("...")
    return f"[{', '.join(shown)}]"


families({"*": pointer_to, "{": _inside})
