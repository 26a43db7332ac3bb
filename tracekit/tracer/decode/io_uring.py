"""Rings of requests: io_uring_setup(2), and arrays that io_uring_register(2) takes, <linux/io_uring.h>."""

import struct
from typing import Final

from tracekit.tracer.decode.files import fd
from tracekit.tracer.decode.messages import pieces
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import captures, families, kinds
from tracekit.tracer.decode.scalars import U32, signed32, user_id
from tracekit.tracer.decode.structs import Element, array_text, layouts, listed
from tracekit.tracer.decode.view import Printer, View, pointer

_PARAMETERS: Final = struct.Struct("<10I80x")  # struct io_uring_params without the offsets of its rings
_ATTACH: Final = 0x20  # IORING_SETUP_ATTACH_WQ
_RESTRICTION: Final = struct.Struct("<HBB3I")
_SKIP: Final = -2  # IORING_REGISTER_FILES_SKIP
#: What a restriction is about: the member's name and its constants.
_RESTRICTED: Final = {
    0: ("register_op", "io_uring_register_op"),
    1: ("sqe_op", "io_uring_restricted_op"),
    2: ("sqe_flags", "io_uring_sqe_flags"),
    3: ("sqe_flags", "io_uring_sqe_flags"),
}


def count_of(view: View) -> int:
    """The last argument of io_uring_register(2): how many there are."""
    return view.args[3] & U32


def words(view: View, numbers: list[int]) -> str:
    """Numbers that should be 0: ``[0x1, 0]``."""
    return listed(view, [hexadecimal(one) for one in numbers])


def _asked(view: View, address: int) -> str:
    """What a new ring shall be; the kernel fills in the rest."""
    data = view.fetch(address, _PARAMETERS.size)
    if data is None:
        return pointer(address)
    _, _, flags, processor, idle, _, queue, *reserved = _PARAMETERS.unpack(data)
    shown = [f"flags={view.spell('io_uring_setup_flags', flags)}", f"sq_thread_cpu={hexadecimal(processor)}"]
    shown.append(f"sq_thread_idle={idle}")
    if flags & _ATTACH:
        shown.append(f"wq_fd={fd(view, queue)}")
    if any(reserved):
        shown.append(f"resv={words(view, reserved)}")
    return "{" + ", ".join(shown)


def _had(view: View, address: int) -> bool | None:
    """Whether there were parameters at entry."""
    return True if len(view.readable(address, _PARAMETERS.size)) == _PARAMETERS.size else None


def _made(view: View, address: int) -> str:
    """What the new ring is."""
    one = layouts("io_uring_params")[view.abi]
    data = view.fetch(address, one.packing.size)
    return "}" if data is None else f", {one.text(view, data)[1:]}"


def descriptor(view: View, data: bytes) -> str:
    """One of the files of a ring."""
    return fd(view, int.from_bytes(data, "little"))


def new_descriptor(view: View, data: bytes) -> str:
    """The same when they are changed: a file may stay as it is."""
    value = signed32(int.from_bytes(data, "little"))
    if value == _SKIP:
        return view.names.word(str(value), "IORING_REGISTER_FILES_SKIP")
    return str(value) if value < -1 else fd(view, value)


def _restriction(view: View, data: bytes) -> str:
    kind, value, reserved, *more = _RESTRICTION.unpack(data)
    shown = [f"opcode={view.spell('io_uring_restriction', kind)}"]
    if kind in _RESTRICTED:
        label, constants = _RESTRICTED[kind]
        shown.append(f"{label}={view.spell(constants, value)}")
    else:
        shown[0] += f" /* op: {hexadecimal(value)} */"
    if reserved:
        shown.append(f"resv={reserved:#x}")
    if any(more):
        shown.append(f"resv2={words(view, more)}")
    return f"{{{', '.join(shown)}}}"


def _zeros(view: View, data: bytes) -> str:
    """Members of 64 bits that should be 0."""
    return words(view, [one for (one,) in struct.iter_unpack("<Q", data)])


def _array(size: int, element: Element) -> Printer:
    return lambda view, address: array_text(view, address, count_of(view), size, element)


def _structures(name: str) -> Printer:
    by_abi = layouts(name)

    def printer(view: View, address: int) -> str:
        one = by_abi[view.abi]
        return array_text(view, address, count_of(view), one.packing.size, one.text)

    return printer


kinds(
    {
        "io_uring_asked": _asked,
        "io_uring_made": _made,
        "io_uring_buffers": lambda view, where: pieces(view, where, count_of(view), contents=False),
        "io_uring_files": _array(4, descriptor),
        "io_uring_restrictions": _array(_RESTRICTION.size, _restriction),
        "io_uring_place": lambda _view, value: user_id(value),
        "io_uring_zeros": _zeros,
    }
)
families({"io_uring_array": _structures})
captures({"io_uring_made": _had})
