"""What udev sends to its listeners on a kobject_uevent socket, behind a header of its own (libudev)."""

import struct
from typing import Final

from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.text import counted, quoted
from tracekit.tracer.decode.view import View

_HEADER: Final = struct.Struct("<8s4sIII4s4s4s4s")
_PREFIX: Final = b"libudev\0"
_NAMES: Final = ("filter_subsystem_hash", "filter_devtype_hash", "filter_tag_bloom_hi", "filter_tag_bloom_lo")


def uevent_text(view: View, address: int, length: int) -> str:
    """Udev's header and what follows it; the kernel's own events are text."""
    data = view.fetch(address, _HEADER.size) if length >= _HEADER.size else None
    if data is None or not data.startswith(_PREFIX):
        return counted(view, address, length)
    _, magic, size, offset, content, *filters = _HEADER.unpack(data)
    members = [
        f"prefix={quoted(_PREFIX[:-1], view.options.hex_strings)}",
        f"magic={_ordered(magic)}",
        f"header_size={size}",
        f"properties_off={offset}",
        f"properties_len={content}",
        *(f"{name}={_ordered(value)}" for name, value in zip(_NAMES, filters, strict=True)),
    ]
    head = "{" + ", ".join(members) + "}"
    if length == _HEADER.size:
        return head
    return f"[{head}, {counted(view, address + _HEADER.size, length - _HEADER.size)}]"


def _ordered(data: bytes) -> str:
    return f"htonl({hexadecimal(int.from_bytes(data, 'big'))})"
