"""Structures, printed as structs.tbl of ``tracekit.syscalls`` says."""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from tracekit.syscalls import ABIS, Abi, constant_sets, packing, packings, struct_rows
from tracekit.tracer.decode.registry import Fetch, families, fetches, needs_no_task, printer_of
from tracekit.tracer.decode.scalars import U64
from tracekit.tracer.decode.text import number, quoted
from tracekit.tracer.decode.view import MOST, PAGE, Printer, View, pointer

#: Prints one element of an array from its bytes.
Element = Callable[[View, bytes], str]

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
    "uid": "I",
    "uid16": "H",
    "signal": "i",
    "date": "l",
    "page_status": "i",
}
#: The same of a constant whose kind says how wide it is (``prot64``).
_WIDTHS: Final[Mapping[str, str]] = {"64": "Q", "16": "H"}


def letter_of(kind: str) -> str | None:
    """The letter of a lone number of this kind (``abi.packing``); None when the kind is no number."""
    if kind in _LONE:
        return _LONE[kind]
    if kind in constant_sets():
        return "I"
    return _WIDTHS[kind[-2:]] if kind[:-2] in constant_sets() else None


@dataclass(frozen=True, slots=True)
class Layout:
    """A structure ready to be printed."""

    packing: struct.Struct
    fields: tuple[tuple[str, Printer, int, bool, bool], ...]
    """Per field: what stands before the value, its printer, which value it is, whether only -v shows it,
    whether 0 hides it."""
    abbreviated: bool

    def members(self, view: View, data: bytes) -> list[str]:
        """The members of these bytes that are shown: ``tv_sec=1``, ``tv_nsec=0``."""
        everything = view.options.verbose or not self.abbreviated
        values = self.packing.unpack(data)
        shown = [
            f"{label}{printer(view, values[at])}"
            for label, printer, at, hidden, optional in self.fields
            if (everything or not hidden) and (not optional or _is_set(values[at]))
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
            field.index,
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
    letter = letter_of(name)
    if letter is not None:
        return _pointer_to_number(name, letter)
    by_abi = layouts(name)

    def printer(view: View, address: int) -> str:
        one = by_abi[view.abi]
        data = view.fetch(address, one.packing.size)
        return pointer(address) if data is None else one.text(view, data)

    return printer


def _pointer_to_number(name: str, letter: str) -> Printer:
    by_abi = packings(letter)
    inner = printer_of(name)

    def printer(view: View, address: int) -> str:
        number = by_abi[view.abi]
        data = view.fetch(address, number.size)
        return pointer(address) if data is None else f"[{inner(view, number.unpack(data)[0])}]"

    return printer


def _fetch(name: str) -> Fetch | None:
    """What reads a structure; None when one of its members leads further into memory."""
    letter = letter_of(name)
    if letter is None and not _is_flat(name):
        return None
    by_abi = packings(letter or struct_rows()[name].letters)
    return lambda view, address: view.fetch(address, by_abi[view.abi].size) or b""


def _is_flat(name: str) -> bool:
    """Say whether a structure's own bytes are all that its text is made of."""
    rows = struct_rows()
    return all(
        _is_flat(field.kind) if field.kind in rows else needs_no_task(field.kind)
        for field in rows[name].fields
    )


def array_text(
    view: View,
    address: int,
    count: int,
    size: int,
    element: Element,
    *,
    most: int = MOST,
) -> str:
    """An array: ``[a, b]``, as far as it can be read; -s limits the elements unless -v is given.

    The first element that is not shown has to be there, too, for the dots to stand for it.
    """
    if not address:
        return "NULL"
    if not count:
        return "[]"
    if address + count * size > U64:
        return pointer(address)
    wanted = count if view.options.verbose else min(count, view.options.string_limit)
    wanted = min(wanted, MOST // size - 1, most)
    data = view.readable(address, size * min(wanted + 1, count))
    whole, rest = divmod(len(data), size)
    if rest:
        view.task.cut_short(address + whole * size, rest, size)
    if not whole:
        return pointer(address)
    shown = [element(view, data[at * size : (at + 1) * size]) for at in range(min(whole, wanted))]
    if whole > wanted:
        shown.append("...")
    elif whole < count:
        shown.append(f"... /* {pointer(address + whole * size)} */")
    return f"[{', '.join(shown)}]"


def _lone(packing: struct.Struct, inner: Printer) -> Element:
    """What prints the bytes of a number."""
    return lambda view, data: inner(view, packing.unpack(data)[0]) or ""


def array_of(name: str, count: str, most: str = "") -> Printer:
    """An array of structures or numbers; an address when there are more of them than the kernel takes."""
    length, limit = number(count), int(most or U64)
    letter = letter_of(name)
    texts: dict[Abi, tuple[int, Element]]
    if letter is None:
        texts = {abi: (one.packing.size, one.text) for abi, one in layouts(name).items()}
    else:
        inner = printer_of(name)
        texts = {abi: (one.size, _lone(one, inner)) for abi, one in packings(letter).items()}

    def printer(view: View, address: int) -> str:
        many = length(view) & view.abi.mask
        size, text = texts[view.abi]
        return array_text(view, address, many, size, text) if many <= limit else pointer(address)

    return printer


def beyond(view: View, address: int, known: int, size: int) -> str:
    """What the program says is behind a structure as it is known, if there is anything but zeros.

    ``, /* bytes 24..31 */ "\\x80..."``, or ``, ???`` when it cannot be read.
    """
    size = min(size, PAGE)
    if known >= size:
        return ""
    data = view.fetch(address + known, size - known)
    if data is None:
        return ", ???"
    if not any(data):
        return ""
    limit = view.options.string_limit
    dots = "..." if len(data) > limit else ""
    return f", /* bytes {known}..{size - 1} */ {quoted(data[:limit], 2)}{dots}"


def listed(view: View, elements: Sequence[str]) -> str:
    """An array whose elements are at hand: ``[a, b]``; -s limits them as those of any other."""
    limit = len(elements) if view.options.verbose else view.options.string_limit
    return f"[{', '.join([*elements[:limit], *(['...'] if limit < len(elements) else [])])}]"


families({"*": pointer_to, "{": _inside, "array": array_of})
fetches({"*": _fetch})
