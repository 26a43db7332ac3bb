"""Structures, printed as structs.tbl of ``tracekit.syscalls`` says."""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from tracekit.syscalls import ABIS, Abi, constant_sets, packing, packings, struct_rows
from tracekit.tracer.decode.registry import Fetch, families, fetches, needs_no_task, printer_of
from tracekit.tracer.decode.view import MOST, Printer, View, pointer

#: What a pointer to a lone number points at: kind -> its letter (``abi.packing``).
_LONE: Final[Mapping[str, str]] = {
    "int": "i",
    "uint": "I",
    "long": "l",
    "ulong": "L",
    "hex": "L",
    "address": "P",
    "natural": "Q",
    "hex32": "I",
    "hex64": "Q",
    "uid16": "H",
    "signal": "i",
    "date": "l",
}
#: The same of a constant whose kind says how wide it is (``prot64``).
_WIDTHS: Final[Mapping[str, str]] = {"64": "Q", "16": "H"}


@dataclass(frozen=True, slots=True)
class Layout:
    """A structure ready to be printed."""

    packing: struct.Struct
    fields: tuple[tuple[str, Printer, bool, bool], ...]
    """Per field: what stands before the value, its printer, whether only -v shows it, whether 0 hides it."""
    abbreviated: bool

    def members(self, view: View, data: bytes) -> list[str]:
        """The members of these bytes that are shown: ``tv_sec=1``, ``tv_nsec=0``."""
        everything = view.options.verbose or not self.abbreviated
        values = self.packing.unpack(data)
        shown = [
            f"{label}{printer(view, value)}"
            for (label, printer, hidden, optional), value in zip(self.fields, values, strict=True)
            if (everything or not hidden) and (not optional or _is_set(value))
        ]
        return shown if everything else [*shown, "..."]

    def text(self, view: View, data: bytes) -> str:
        """The structure of these bytes: ``{tv_sec=1, tv_nsec=0}``."""
        return "{" + ", ".join(self.members(view, data)) + "}"


def _is_set(value: int | bytes) -> bool:
    """Whether a member is anything but zeros."""
    return any(value) if isinstance(value, bytes) else bool(value)


@cache
def layouts(name: str) -> Mapping[Abi, Layout]:
    """The structure of this name by ABI; KeyError when no table has it."""
    row = struct_rows()[name]
    fields = tuple(
        (
            f"{field.label}=" if field.label else "",
            printer_of(field.kind, field.parameters),
            field.hidden,
            field.optional,
        )
        for field in row.fields
    )
    abbreviated = any(field.hidden for field in row.fields)
    return {abi: Layout(packing(row.letters, abi), fields, abbreviated) for abi in ABIS.values()}


def _inside(name: str) -> Printer:
    """A printer for a structure that is a member of another one: its value is bytes."""
    by_abi = layouts(name)
    return lambda view, data: by_abi[view.abi].text(view, data)


def pointer_to(name: str) -> Printer:
    """A printer for a pointer to a structure, ``{...}``, or to a lone number, ``[...]``."""
    if _lone(name):
        return _pointer_to_number(name)
    by_abi = layouts(name)

    def printer(view: View, address: int) -> str:
        one = by_abi[view.abi]
        data = view.fetch(address, one.packing.size)
        return pointer(address) if data is None else one.text(view, data)

    return printer


def _lone(name: str) -> str:
    """The letter of a lone number or constant; empty for a structure."""
    if name in _LONE:
        return _LONE[name]
    if name in constant_sets():
        return "I"
    return _WIDTHS[name[-2:]] if name[:-2] in constant_sets() else ""


def _pointer_to_number(name: str) -> Printer:
    by_abi = packings(_lone(name))
    inner = printer_of(name)

    def printer(view: View, address: int) -> str:
        number = by_abi[view.abi]
        data = view.fetch(address, number.size)
        return pointer(address) if data is None else f"[{inner(view, number.unpack(data)[0])}]"

    return printer


def _fetch(name: str) -> Fetch | None:
    """What reads a structure; None when one of its members leads further into memory."""
    letter = _lone(name)
    if not letter and not _is_flat(name):
        return None
    by_abi = packings(letter or struct_rows()[name].letters)
    return lambda view, address: view.readable(address, by_abi[view.abi].size)


def _is_flat(name: str) -> bool:
    """Say whether a structure's own bytes are all that its text is made of."""
    rows = struct_rows()
    return all(
        _is_flat(field.kind) if field.kind in rows else needs_no_task(field.kind)
        for field in rows[name].fields
    )


def array_text(view: View, address: int, count: int, size: int, element: Callable[[View, bytes], str]) -> str:
    """An array: ``[a, b]``, as far as it can be read; -s limits the elements unless -v is given.

    One element more than that is looked at: is it there, ``...`` stands for it, else its address.
    """
    if not address or view.failed or address + count * size > 1 << 64:
        return pointer(address)
    if not count:
        return "[]"
    limit = count if view.options.verbose else view.options.string_limit
    wanted = min(count, limit + 1, MOST // size)
    data = view.readable(address, size * wanted)
    whole = len(data) // size
    if not whole:
        return pointer(address)
    shown = [element(view, data[at * size : (at + 1) * size]) for at in range(min(whole, limit))]
    if whole < wanted:
        shown.append(f"... /* {pointer(address + whole * size)} */")
    elif count > len(shown):
        shown.append("...")
    return f"[{', '.join(shown)}]"


families({"*": pointer_to, "{": _inside})
fetches({"*": _fetch})
