"""SCSI commands through SG_IO, in the form of <scsi/sg.h> and in that of <linux/bsg.h>."""

from typing import Final

from tracekit.tracer.decode.ioctls.exchange import (
    ARROW,
    fetch_struct,
    keep,
    kept,
    members,
    peek_struct,
    values,
)
from tracekit.tracer.decode.messages import given, pieces
from tracekit.tracer.decode.registry import kinds
from tracekit.tracer.decode.text import counted
from tracekit.tracer.decode.view import View, pointer

_TO_DEVICE, _FROM_DEVICE, _BOTH = -2, -3, -4  # SG_DXFER_TO_DEV, ...
_NO_ESCALATE: Final = 0x100  # SG_SCSI_RESET_NO_ESCALATE
_INT: Final = 4


def _request(view: View, address: int) -> str:
    """What the program sends, by the letter that it begins with."""
    data = view.fetch(address, _INT)
    if data is None:
        return pointer(address)
    letter = int.from_bytes(data, "little")
    if letter == ord("S"):
        return "{interface_id='S', " + _first_request(view, address)
    if letter == ord("Q"):
        return "{guard='Q', " + _second_request(view, address)
    return f"[{letter}]"


def _response(view: View, address: int) -> str | None:
    """What came back, also of a command that failed."""
    before = kept(view)
    if not isinstance(before, tuple):
        return None
    with given(view):
        name, request = before
        answer = _first_response if name == "sg_io_hdr" else _second_response
        return answer(view, address, request) + "}"


def _buffer(view: View, address: int, size: int, count: int = 0) -> str:
    """Bytes in hexadecimal, or the pieces that they are in."""
    return pieces(view, address, count, size) if count else counted(view, address, size, 2)


def _first_request(view: View, address: int) -> str:
    data = fetch_struct(view, "sg_io_hdr", address)
    if data is None:
        return f"{pointer(address + _INT)}}}"
    keep(view, ("sg_io_hdr", data))
    direction, length, room, count, size, transfer, command, _, timeout, flags = (
        int(value) for value in values(view, "sg_io_hdr", data)[1:11]
    )
    shown = [
        f"dxfer_direction={view.spell('sg_io_dxfer_direction', direction & 0xFFFFFFFF)}",
        f"cmd_len={length}",
        f"cmdp={_buffer(view, command, length)}",
        f"mx_sb_len={room}",
        f"iovec_count={count}",
        f"dxfer_len={size}",
        f"timeout={timeout}",
        f"flags={view.spell('sg_io_flags', flags)}",
    ]
    if direction in {_TO_DEVICE, _BOTH}:
        shown.append(f"dxferp={_buffer(view, transfer, size, count)}")
    return ", ".join(shown)


def _first_response(view: View, address: int, request: bytes) -> str:
    data = peek_struct(view, "sg_io_hdr", address)
    if data is None:
        old = [int(value) for value in values(view, "sg_io_hdr", request)[:11]]
        lost = f", dxferp={pointer(old[6])}" if old[1] == _FROM_DEVICE else ""
        return f"{lost}, sbp={pointer(old[8])}"
    *found, status = values(view, "sg_io_hdr", data)
    letter, direction, _, _, count, size, transfer, _, sense, *_ = (int(value) for value in found[:11])
    if data[:_INT] != request[:_INT]:
        return f"{ARROW}interface_id={letter & 0xFFFFFFFF}"
    assert isinstance(status, bytes)
    numbers = values(view, "sg_io_status", status)
    left, sense_size = int(numbers[6]), int(numbers[3])
    filled = size - left if 0 < left <= size else size
    transferred = ""
    if direction == _FROM_DEVICE or (direction == _BOTH and filled):
        before = ", " if direction == _FROM_DEVICE else ARROW
        transferred = f"{before}dxferp={_buffer(view, transfer, filled, count)}"
    rest = members(view, "sg_io_status", status)
    rest.insert(4, f"sbp={_buffer(view, sense, sense_size)}")
    return f"{transferred}, {', '.join(rest)}"


def _second_request(view: View, address: int) -> str:
    data = fetch_struct(view, "sg_io_v4", address)
    if data is None:
        return f"{pointer(address + _INT)}}}"
    keep(view, ("sg_io_v4", data))
    fields = [int(value) for value in values(view, "sg_io_v4", data)]
    shown = members(view, "sg_io_v4_request", data)
    shown.insert(3, f"request={_buffer(view, fields[2], fields[1])}")
    shown.insert(13, f"dout_xferp={_buffer(view, fields[7], fields[4], fields[3])}")
    return ", ".join(shown)


def _second_response(view: View, address: int, request: bytes) -> str:
    data = peek_struct(view, "sg_io_v4", address)
    if data is None:
        return "".join(f", {one}" for one in members(view, "sg_io_v4_pointers", request))
    if data[:_INT] != request[:_INT]:
        return f"{ARROW}guard={int.from_bytes(data[:_INT], 'little')}"
    fields = [int(value) for value in values(view, "sg_io_v4", data)]
    count, size, where, length, left = fields[5], fields[6], fields[8], fields[9], fields[10]
    response = int(values(view, "sg_io_v4_pointers", data)[0])
    filled = size - left if 0 < left <= size else size
    shown = [
        f"response_len={length}",
        f"response={_buffer(view, response, length)}",
        f"din_xferp={_buffer(view, where, filled, count)}",
    ]
    return "".join(f", {one}" for one in [*shown, *members(view, "sg_io_v4_status", data)])


def _reset(view: View, address: int) -> str:
    data = view.fetch(address, _INT)
    if data is None:
        return pointer(address)
    value = int.from_bytes(data, "little")
    first = f"{view.spell('sg_scsi_reset', _NO_ESCALATE)}|" if value & _NO_ESCALATE else ""
    return f"[{first}{view.spell('sg_scsi_reset', value & ~_NO_ESCALATE)}]"


kinds({"sg_io_in": _request, "sg_io_out": _response, "sg_reset": _reset})
