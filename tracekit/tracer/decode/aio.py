"""Asynchronous I/O: the control blocks of io_submit(2) and io_cancel(2), <linux/aio_abi.h>."""

import struct
from typing import Final

from tracekit.tracer.decode.files import fd
from tracekit.tracer.decode.messages import pieces
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import families, kinds
from tracekit.tracer.decode.scheduling import io_priority
from tracekit.tracer.decode.structs import array_text
from tracekit.tracer.decode.text import counted, number
from tracekit.tracer.decode.view import Printer, View, pointer

#: data, key, rw_flags, lio_opcode, reqprio, fildes, buf, nbytes, offset, reserved, flags, resfd
_IOCB: Final = struct.Struct("<QIIHhIQQqQII")
_PREAD, _PWRITE, _POLL, _PREADV, _PWRITEV = 0, 1, 5, 7, 8
_HAS_RESULT_FD: Final = 1
_HAS_PRIORITY: Final = 2


def _head(view: View, block: tuple[int, ...]) -> list[str]:
    """What every operation has."""
    data, key, rw_flags, operation, request_priority, descriptor, *_, flags, _resfd = block
    shown = [f"aio_data={hexadecimal(data)}"]
    if key:
        shown.append(f"aio_key={key}")
    if rw_flags:
        shown.append(f"aio_rw_flags={view.spell('rwf', rw_flags)}")
    shown.append(f"aio_lio_opcode={view.spell('aio_operation', operation)}")
    if flags & _HAS_PRIORITY:
        level = request_priority & 0xFFFF
        shown.append(f"aio_reqprio={view.names.word(hexadecimal(level), io_priority(view, level))}")
    elif request_priority:
        shown.append(f"aio_reqprio={request_priority}")
    return [*shown, f"aio_fildes={fd(view, descriptor)}"]


def _tail(view: View, flags: int, result_fd: int) -> list[str]:
    """Flags, and the descriptor that is told of the end."""
    shown = [f"aio_flags={view.spell('aio_flags', flags)}"] if flags else []
    if flags & _HAS_RESULT_FD:
        return [*shown, f"aio_resfd={fd(view, result_fd)}"]
    return [*shown, f"aio_resfd={result_fd:#x}"] if result_fd else shown


def _buffer(view: View, operation: int, address: int, size: int, offset: int) -> list[str]:
    """Where an operation reads from or writes to."""
    fits = address <= view.abi.mask and size <= view.abi.mask >> 1
    place = f"aio_offset={offset}"
    if operation in {_PREAD, _PWRITE}:
        shown = counted(view, address, size) if operation == _PWRITE and fits else hexadecimal(address)
        return [f"aio_buf={shown}", f"aio_nbytes={size}", place]
    if not fits:
        return [f"aio_buf={hexadecimal(address)}", f"aio_nbytes={size}", place]
    return [f"aio_buf={pieces(view, address, size, contents=operation == _PWRITEV)}", place]


def _block(view: View, address: int) -> str:
    """One control block."""
    data = view.fetch(address, _IOCB.size)
    if data is None:
        return pointer(address)
    block = _IOCB.unpack(data)
    operation, (where, size, offset, _, flags, result_fd) = block[3], block[6:]
    shown = _head(view, block)
    if operation in {_PREAD, _PWRITE, _PREADV, _PWRITEV}:
        shown += [*_buffer(view, operation, where, size, offset), *_tail(view, flags, result_fd)]
    elif operation == _POLL:
        shown += [f"aio_buf={view.spell('poll_mask', where)}", *_tail(view, flags, result_fd)]
    return f"{{{', '.join(shown)}}}"


def _block_head(view: View, address: int) -> str:
    """What io_cancel(2) looks at of a block."""
    data = view.fetch(address, _IOCB.size)
    return pointer(address) if data is None else f"{{{', '.join(_head(view, _IOCB.unpack(data)))}}}"


def _blocks(count: str) -> Printer:
    """An array of pointers to blocks."""
    length = number(count)

    def one(view: View, data: bytes) -> str:
        return _block(view, int.from_bytes(data, "little"))

    def printer(view: View, address: int) -> str:
        many = length(view) & view.abi.mask
        if many > view.abi.mask >> 1:
            return pointer(address)
        return array_text(view, address, many, view.abi.word, one)

    return printer


kinds({"aio_block": _block_head})
families({"aio_blocks": _blocks})
