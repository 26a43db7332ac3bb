"""Files and buffers of a ring with tags, as io_uring_register(2) takes and changes them."""

import struct
from typing import Final

from tracekit.tracer.decode.io_uring import count_of, descriptor, new_descriptor
from tracekit.tracer.decode.messages import pieces
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import families, kinds
from tracekit.tracer.decode.structs import array_text, beyond
from tracekit.tracer.decode.view import Printer, View, pointer

_FILES_UPDATE: Final = struct.Struct("<IIQ")  # struct io_uring_files_update
_RESOURCES: Final = struct.Struct("<IIQQQ")  # struct io_uring_rsrc_register
_UPDATE: Final = struct.Struct("<IIQQII")  # struct io_uring_rsrc_update2


def _files_update(view: View, address: int) -> str:
    """Which files change from which on."""
    data = view.fetch(address, _FILES_UPDATE.size)
    if data is None:
        return pointer(address)
    offset, reserved, files = _FILES_UPDATE.unpack(data)
    shown = [f"offset={offset}", *_unless_zero("resv", reserved)]
    shown.append(f"fds={array_text(view, files, count_of(view), 4, new_descriptor)}")
    return f"{{{', '.join(shown)}}}"


def _unless_zero(label: str, value: int) -> list[str]:
    """A member that should be 0."""
    return [f"{label}={value:#x}"] if value else []


def _data(view: View, what: str, address: int, count: int) -> str:
    if what == "buffers":
        return pieces(view, address, count, contents=False)
    return array_text(view, address, count, 4, descriptor if what == "files" else new_descriptor)


def _tags(view: View, address: int, count: int) -> str:
    """A number for each, by which the kernel tells when it is no longer used."""
    return array_text(view, address, count, 8, _tag)


def _tag(_view: View, data: bytes) -> str:
    return hexadecimal(int.from_bytes(data, "little"))


def _resources(what: str) -> Printer:
    """What a ring is to have; the last argument is the structure's size."""

    def printer(view: View, address: int) -> str:
        size = count_of(view)
        data = view.fetch(address, _RESOURCES.size) if size >= _RESOURCES.size else None
        if data is None:
            return pointer(address)
        count, flags, reserved, where, tags = _RESOURCES.unpack(data)
        shown = [f"nr={count}", f"flags={view.spell('io_uring_rsrc_flags', flags)}"]
        shown += _unless_zero("resv2", reserved)
        shown += [f"data={_data(view, what, where, count)}", f"tags={_tags(view, tags, count)}"]
        return f"{{{', '.join(shown)}{beyond(view, address, _RESOURCES.size, size)}}}"

    return printer


def _update(what: str) -> Printer:
    """What a ring is to have instead."""

    def printer(view: View, address: int) -> str:
        size = count_of(view)
        data = view.fetch(address, _UPDATE.size) if size >= _UPDATE.size else None
        if data is None:
            return pointer(address)
        offset, reserved, where, tags, count, more = _UPDATE.unpack(data)
        shown = [f"offset={offset}", *_unless_zero("resv", reserved)]
        shown += [f"data={_data(view, what, where, count)}", f"tags={_tags(view, tags, count)}"]
        shown += [f"nr={count}", *_unless_zero("resv2", more)]
        return f"{{{', '.join(shown)}{beyond(view, address, _UPDATE.size, size)}}}"

    return printer


kinds({"io_uring_files_update": _files_update})
families({"io_uring_resources": _resources, "io_uring_update": _update})
