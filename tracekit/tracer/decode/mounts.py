"""Mounts: what mount(2) looks at depends on its flags, and mount_setattr(2)'s structure on its size."""

import struct
from typing import Final

from tracekit.tracer.decode.files import fd
from tracekit.tracer.decode.registry import families, kinds
from tracekit.tracer.decode.structs import beyond
from tracekit.tracer.decode.text import string
from tracekit.tracer.decode.view import Printer, View, pointer

_MAGIC: Final = 0xC0ED0000  # MS_MGC_VAL, what programs of old put before the flags (<linux/mount.h>)
_MAGIC_MASK: Final = 0xFFFF0000
_REMOUNT: Final = 0x20
_NO_NEW_MOUNT: Final = 0x1E3000  # MS_BIND, MS_MOVE, MS_UNBINDABLE, MS_PRIVATE, MS_SLAVE, MS_SHARED
_MOUNT_ATTR: Final = struct.Struct("<QQQQ")
_IDMAP: Final = 0x100000  # MOUNT_ATTR_IDMAP: there is a descriptor of a user namespace
_INT_MAX: Final = 0x7FFFFFFF


def _flags_of(value: int) -> int:
    """The flags without the magic number."""
    return value & ~_MAGIC_MASK if value & _MAGIC_MASK == _MAGIC else value


def _mount_flags(view: View, value: int) -> str:
    flags = _flags_of(value)
    if flags == value:
        return view.spell("mount_flags", value)
    magic = view.names.word(hex(_MAGIC), "MS_MGC_VAL")
    return f"{magic}|{view.spell('mount_flags', flags)}" if flags else magic


def _mount_type(flags: str) -> Printer:
    """A file system's type; an address that nobody reads when there is nothing new to mount."""
    index = int(flags)

    def printer(view: View, address: int) -> str:
        unread = _flags_of(view.args[index]) & (_REMOUNT | _NO_NEW_MOUNT)
        return pointer(address) if unread else string(view, address)

    return printer


def _mount_data(flags: str) -> Printer:
    """A file system's options; they can change when it is mounted again."""
    index = int(flags)

    def printer(view: View, address: int) -> str:
        given = _flags_of(view.args[index])
        unread = given & _NO_NEW_MOUNT and not given & _REMOUNT
        return pointer(address) if unread else string(view, address)

    return printer


def _mount_attributes(size: str) -> Printer:
    """Struct mount_attr of <linux/mount.h>."""
    index = int(size)

    def printer(view: View, address: int) -> str:
        size = view.args[index]
        data = view.fetch(address, _MOUNT_ATTR.size) if size >= _MOUNT_ATTR.size else None
        if data is None:
            return pointer(address)
        on, off, propagation, namespace = _MOUNT_ATTR.unpack(data)
        is_fd = (on | off) & _IDMAP and namespace <= _INT_MAX
        return (
            f"{{attr_set={view.spell('mount_attr_all', on)}, attr_clr={view.spell('mount_attr_all', off)}"
            f", propagation={view.spell('mount_propagation', propagation)}"
            f", userns_fd={fd(view, namespace) if is_fd else namespace}"
            f"{beyond(view, address, _MOUNT_ATTR.size, size)}}}"
        )

    return printer


kinds({"mount_call_flags": _mount_flags})
families({"mount_type": _mount_type, "mount_data": _mount_data, "mount_attributes": _mount_attributes})
