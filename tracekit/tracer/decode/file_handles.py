"""Handles of files: name_to_handle_at(2) fills them in, open_by_handle_at(2) takes them."""

import errno
import struct
from typing import Final

from tracekit.tracer.decode.registry import captures, kinds, printer_of
from tracekit.tracer.decode.text import quoted
from tracekit.tracer.decode.view import View, pointer

_HEAD: Final = struct.Struct("<Ii")  # struct file_handle up to the handle itself
_MOST: Final = 128  # MAX_HANDLE_SZ, <linux/exportfs.h>
_ARGUMENT: Final = 2  # where name_to_handle_at(2) has it


def _handle(view: View, address: int, size: int) -> str:
    """The bytes that only the file system understands."""
    many = min(size, _MOST)
    data = view.task.read(address + _HEAD.size, many)
    return quoted(data, 2) + ("..." if size > _MOST else "") if len(data) == many else "???"


def _given(view: View, address: int) -> str:
    data = view.fetch(address, _HEAD.size)
    if data is None:
        return pointer(address)
    size, kind = _HEAD.unpack(data)
    return f"{{handle_bytes={size}, handle_type={kind}, f_handle={_handle(view, address, size)}}}"


def _size(view: View, address: int) -> int | None:
    """How much room there is for the handle."""
    data = view.fetch(address, _HEAD.size)
    return None if data is None else int.from_bytes(data[:4], "little")


def _asked(view: View, address: int) -> str:
    size = _size(view, address)
    return pointer(address) if size is None else f"{{handle_bytes={size}"


def _filled(view: View, address: int) -> str | None:
    """What the kernel filled in, or how much room it needs."""
    before = view.call.saved.get(_ARGUMENT)
    if before is None:
        return None
    data = view.task.read(address, _HEAD.size)
    if len(data) < _HEAD.size or (view.failed and view.ret != -errno.EOVERFLOW):
        return "}"
    size, kind = _HEAD.unpack(data)
    change = f" => {size}" if size != before else ""
    if view.failed:
        return change + "}"
    return f"{change}, handle_type={kind}, f_handle={_handle(view, address, size)}}}"


def _mount_id(view: View, address: int) -> str:
    """The mount that the file is on; not looked at when the handle could not be."""
    if view.call.saved.get(_ARGUMENT) is None:
        return pointer(address)
    return printer_of("*int")(view, address) or ""


kinds(
    {
        "file_handle": _given,
        "file_handle_asked": _asked,
        "file_handle_filled": _filled,
        "mount_id": _mount_id,
    }
)
captures({"file_handle_filled": _size})
