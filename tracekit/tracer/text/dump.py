"""Dumps of what was read and written: strace's ``-e read=`` and ``-e write=`` (syscall.c: dumpio)."""

import struct
from collections.abc import Iterator, Mapping
from typing import Final

from tracekit.syscalls import ABIS
from tracekit.tracer.decode import Call, Task
from tracekit.tracer.options.filters import Filters

_WIDTH: Final = 16
_OFFSET_AT: Final = 3
"""Where the offset stands in a line."""
_OFFSET: Final = 16
"""The digits of the longest offset."""
_TEXT_AT: Final = 50
"""Where the characters stand behind the bytes."""
_PIECE: Final = 1 << 16
"""Bytes that are fetched at once."""
_MOST: Final = 1 << 24
"""Bytes of one call that are shown at most: a size may be anything."""
_MOST_BUFFERS: Final = 1024
"""UIO_MAXIOV, linux/uio.h: no call takes more."""
_ENDLESS: Final = 1 << 64
_SHOWN: Final = bytes(byte if 0x20 <= byte < 0x7F else ord(".") for byte in range(0x100))
"""Each byte as it stands among the characters."""

_WRITES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("write", "pwrite64", "send", "sendto", "mq_timedsend", "mq_timedsend_time64"), "bytes"),
    **dict.fromkeys(("writev", "pwritev", "pwritev2", "vmsplice"), "vector"),
    "sendmsg": "message",
    "sendmmsg": "messages",
}
_READS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("read", "pread64", "recv", "recvfrom"), "bytes"),
    **dict.fromkeys(("mq_timedreceive", "mq_timedreceive_time64"), "bytes"),
    **dict.fromkeys(("readv", "preadv", "preadv2"), "vector"),
    "recvmsg": "message",
    **dict.fromkeys(("recvmmsg", "recvmmsg_time64"), "messages"),
}
"""What a call's second argument points to."""

_VECTOR: Final = {8: struct.Struct("<QQ"), 4: struct.Struct("<II")}
_MESSAGE: Final = {8: struct.Struct("<8x4x4xQQ24x"), 4: struct.Struct("<4x4xII12x")}
"""struct msghdr: where its vector is, and how long."""
_COUNTED: Final = {8: struct.Struct("<56xI4x"), 4: struct.Struct("<28xI")}
"""struct mmsghdr: what was sent or received."""


def dump(call: Call, task: Task, filters: Filters) -> str:
    """Whole lines that show what a call that returns has read or written; empty when nobody asked."""
    fd = call.args[0] & 0xFFFFFFFF
    if fd >= 1 << 31:
        return ""
    lines: list[str] = []
    if fd in filters.write and (kind := _WRITES.get(call.name)):
        lines.extend(_lines(kind, call, task, call.args[2] if kind == "bytes" else _ENDLESS))
    if not call.is_error and fd in filters.read and (kind := _READS.get(call.name)):
        lines.extend(_lines(kind, call, task, call.ret))
    return "".join(lines)


def _lines(kind: str, call: Call, task: Task, size: int) -> Iterator[str]:
    word = ABIS[call.arch].word
    address = call.args[1]
    match kind:
        case "bytes":
            yield from _bytes(task, address, size)
        case "vector":
            yield from _buffers(task, word, (address, call.args[2] & 0xFFFFFFFF), size)
        case "message":
            if head := _fetch(task, address, _MESSAGE[word]):
                yield from _buffers(task, word, (head[0], head[1]), size)
        case "messages":
            yield from _messages(task, word, address, min(call.ret, _MOST_BUFFERS))


def _messages(task: Task, word: int, address: int, count: int) -> Iterator[str]:
    for at in range(count):
        head = _fetch(task, address, _MESSAGE[word])
        counted = _fetch(task, address, _COUNTED[word])
        if head is None or counted is None:
            return
        yield f" = {head[1]} buffers in vector {at}\n"
        yield from _buffers(task, word, (head[0], head[1]), counted[0])
        address += _COUNTED[word].size


def _buffers(task: Task, word: int, vector: tuple[int, int], size: int) -> Iterator[str]:
    """The buffers of a vector (its address and length), as far as ``size`` bytes fill them."""
    address, count = vector
    if count > _MOST_BUFFERS:
        return
    layout = _VECTOR[word]
    data = task.read(address, count * layout.size)
    if len(data) < count * layout.size:
        return
    for at, (base, length) in enumerate(layout.iter_unpack(data)):
        filled = min(length, size)
        if not filled:
            return
        size -= filled
        yield f" * {filled} bytes in buffer {at}\n"
        yield from _bytes(task, base, filled)


def _bytes(task: Task, address: int, size: int) -> Iterator[str]:
    """Sixteen bytes a line; nothing when the first piece cannot be read."""
    digits = max(5, -(-(size - 1).bit_length() // 4)) if size else 5
    for start in range(0, min(size, _MOST), _PIECE):
        wanted = min(size - start, _PIECE)
        data = task.read(address + start, wanted)
        if len(data) < wanted:
            if start:
                plural = "" if wanted == 1 else "s"
                yield f" | <Cannot fetch {wanted} byte{plural} from pid {task.tid} @{address + start:#x}>\n"
            return
        yield _rows(data, start, digits)


def _rows(data: bytes, start: int, digits: int) -> str:
    """The offset, two groups of eight bytes in hexadecimal, and the characters among them.

    All lines are filled at once, column by column: a dump may have hundreds of thousands.
    """
    count = -(-len(data) // _WIDTH)
    frame = f" | {' ' * digits}  {' ' * _TEXT_AT}{' ' * _WIDTH} |\n".encode()
    lines = bytearray(frame * count)
    offsets = struct.pack(f">{count}Q", *range(start, start + len(data), _WIDTH)).hex().encode()
    pairs = data.hex().encode().ljust(2 * _WIDTH * count)
    text = data.translate(_SHOWN).ljust(_WIDTH * count)
    columns = [(_OFFSET_AT + at, offsets[_OFFSET - digits + at :: _OFFSET]) for at in range(digits)]
    behind = _OFFSET_AT + digits + 2
    for at in range(_WIDTH):
        pair = behind + 3 * at + at // 8  # one space more between the groups
        columns += [(pair + half, pairs[2 * at + half :: 2 * _WIDTH]) for half in (0, 1)]
        columns.append((behind + _TEXT_AT + at, text[at::_WIDTH]))
    for column, filling in columns:
        lines[column :: len(frame)] = filling
    return lines.decode("ascii")


def _fetch(task: Task, address: int, layout: struct.Struct) -> tuple[int, ...] | None:
    data = task.read(address, layout.size)
    return layout.unpack(data) if len(data) == layout.size else None
