"""Handles of files: name_to_handle_at(2) fills them in, open_by_handle_at(2) takes them."""

import errno
import struct
from typing import Final

from tracekit.tracer.decode.registry import captures, kinds
from tracekit.tracer.decode.text import quoted
from tracekit.tracer.decode.view import View, pointer

_HEAD: Final = struct.Struct("<Ii")  # struct file_handle up to the handle itself
_MOST: Final = 128  # MAX_HANDLE_SZ, <linux/exportfs.h>
_ARGUMENT: Final = 2  # where name_to_handle_at(2) has it


def _handle(view: View, address: int, size: int) -> str:
    """The bytes that only the file system understands."""
    many = min(size, _MOST)
    data = view.whole(address + _HEAD.size, many)
    return "???" if data is None else quoted(data, 2) + ("..." if size > _MOST else "")


def _given(view: View, address: int) -> str:
    data = view.fetch(address, _HEAD.size)
    if data is None:
        return pointer(address)
    size, kind = _HEAD.unpack(data)
    return f"{{handle_bytes={size}, handle_type={kind}, f_handle={_handle(view, address, size)}}}"


def _size(view: View, address: int) -> int | None:
    """How much room there is for the handle."""
    data = view.readable(address, _HEAD.size)
    return int.from_bytes(data[:4], "little") if len(data) == _HEAD.size else None


def _asked(view: View, address: int) -> str:
    data = view.fetch(address, _HEAD.size)
    return pointer(address) if data is None else f"{{handle_bytes={int.from_bytes(data[:4], 'little')}"


def _filled(view: View, address: int) -> str:
    """What the kernel filled in, or how much room it needs."""
    told = not view.failed or view.ret == -errno.EOVERFLOW
    data = view.whole(address, _HEAD.size) if told else None
    if data is None:
        return "}"
    size, kind = _HEAD.unpack(data)
    change = f" => {size}" if size != view.call.saved[_ARGUMENT] else ""
    if view.failed:
        return change + "}"
    return f"{change}, handle_type={kind}, f_handle={_handle(view, address, size)}}}"


kinds(
    {
        "file_handle": _given,
        "file_handle_asked": _asked,
        "file_handle_filled": _filled,
    }
)
captures({"file_handle_filled": _size})
