"""Payloads of netlink that are structures of the tables, alone, in rows or before attributes."""

from typing import Final

from tracekit.syscalls import struct_rows
from tracekit.tracer.decode.netlink.attributes import by_family, nested
from tracekit.tracer.decode.netlink.payloads import Payload, Print, payloads
from tracekit.tracer.decode.structs import array_text, layouts
from tracekit.tracer.decode.view import View, pointer

_ALIGNMENT: Final = 4  # NLMSG_ALIGNTO, linux/netlink.h


def structure(name: str) -> Print:
    """A structure, whatever follows it."""

    def show(view: View, payload: Payload) -> str | None:
        layout = layouts(name)[view.abi]
        if payload.length < layout.packing.size:
            return None
        data = view.fetch(payload.address, layout.packing.size)
        return pointer(payload.address) if data is None else layout.text(view, data)

    return show


def _and_rest(name: str) -> Print:
    """A structure, and the bytes that follow it."""
    first = structure(name)

    def show(view: View, payload: Payload) -> str | None:
        text = first(view, payload)
        size = layouts(name)[view.abi].packing.size
        if text is None or text == pointer(payload.address) or payload.length == size:
            return text
        return f"{text}, {payload.rest(size).raw(view)}"

    return show


def _grown(*names: str) -> Print:
    """A structure that has grown: its latest form, or exactly one of the older ones."""

    def show(view: View, payload: Payload) -> str | None:
        sizes = {layouts(name)[view.abi].packing.size: name for name in names}
        largest = max(sizes)
        name = sizes.get(min(payload.length, largest))
        return structure(name)(view, payload) if name else None

    return show


def _row(name: str) -> Print:
    """Structures one after the other, at least one."""

    def show(view: View, payload: Payload) -> str | None:
        layout = layouts(name)[view.abi]
        count = payload.length // layout.packing.size
        return array_text(view, payload.address, count, layout.packing.size, layout.text) if count else None

    return show


def header(name: str, attributes: str = "") -> Print:
    """A message's header, whose first byte is the family, and the attributes that follow it."""
    return _header(name, nested(attributes) if attributes else None)


def _header_and_family(name: str, table: str) -> Print:
    """The same; what follows is as the family has it."""
    return _header(name, by_family(table))


def _header(name: str, following: Print | None) -> Print:
    """A header and what follows it.

    A header of nothing but the family is there in every message that has one.
    """
    fields = struct_rows()[name].fields

    def show(view: View, payload: Payload) -> str:
        layout = layouts(name)[view.abi]
        size = layout.packing.size
        family = f"{fields[0].label}={view.spell(fields[0].kind, payload.family)}"
        if len(fields) > 1 and payload.length < size:
            return f"{{{family}, ...}}"
        if len(fields) == 1:
            text = f"{{{family}}}"
        else:
            rest = view.fetch(payload.address + 1, size - 1)
            if rest is None:
                return f"{{{family}, {pointer(payload.address + 1)}}}"
            text = layout.text(view, bytes([payload.family]) + rest)
        size += -size % _ALIGNMENT
        if following is None or payload.length <= size:
            return text
        return f"{text}, {following(view, payload.rest(size))}"

    return show


payloads(
    {
        "struct": structure,
        "struct_and_rest": _and_rest,
        "grown": _grown,
        "structs": _row,
        "header": header,
        "header_and_family": _header_and_family,
    }
)
