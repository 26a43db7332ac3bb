"""Volumes of unsorted block images (<mtd/ubi-user.h>), whose names have a length of their own."""

import struct
from typing import Final

from tracekit.tracer.decode.ioctls.exchange import braced, keep, local_array, members
from tracekit.tracer.decode.registry import kinds
from tracekit.tracer.decode.text import quoted
from tracekit.tracer.decode.view import View, pointer

_NAME: Final = 128  # UBI_MAX_VOLUME_NAME and its NUL
_REQUEST: Final = 24  # struct ubi_mkvol_req without the name
_RENAMED: Final = struct.Struct(f"<ih2x{_NAME}s")  # one of struct ubi_rnvol_req's entries
_MOST_RENAMED: Final = 32  # UBI_MAX_RNVOL
_HEAD: Final = 16


def _name(view: View, data: bytes, length: int) -> str:
    """A name, of which not more than its length says is looked at."""
    part = data[: 1 + max(0, min(length, _NAME - 1))]
    text, end, _ = part.partition(b"\0")
    return quoted(text if end else text[:-1], view.options.hex_strings) + ("" if end else "...")


def _make_volume(view: View, address: int) -> str:
    data = view.fetch(address, _REQUEST + _NAME)
    if data is None:
        return pointer(address)
    keep(view, data)
    (length,) = struct.unpack_from("<h", data, 18)
    shown = members(view, "ubi_mkvol_req", data[:_REQUEST])
    return braced([*shown, f"name_len={length}", f"name={_name(view, data[_REQUEST:], length)}"])


def _rename_volumes(view: View, address: int) -> str:
    size = _HEAD + _MOST_RENAMED * _RENAMED.size
    data = view.fetch(address, size)
    if data is None:
        return pointer(address)
    (count,) = struct.unpack_from("<i", data)
    entries = local_array(view, data[_HEAD:], _RENAMED.size, _renamed, max(count, 0))
    return f"{{count={count}, ents={entries}}}"


def _renamed(view: View, data: bytes) -> str:
    volume, length, name = _RENAMED.unpack(data)
    return braced([f"vol_id={volume}", f"name_len={length}", f"name={_name(view, name, length)}"])


kinds({"ubi_mkvol": _make_volume, "ubi_rnvol": _rename_volumes})
