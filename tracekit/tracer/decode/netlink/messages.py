"""Messages of netlink: ``{nlmsg_len=20, nlmsg_type=RTM_GETLINK, ...}`` and what follows (netlink(7))."""

import struct
from typing import Final

from tracekit.syscalls import errno_name, netlink_tables
from tracekit.tracer.decode.netlink.attributes import attributes_text
from tracekit.tracer.decode.netlink.families import KOBJECT_UEVENT, flags_text, of_family, type_text
from tracekit.tracer.decode.netlink.payloads import DEEPEST, Payload, records
from tracekit.tracer.decode.netlink.uevent import uevent_text
from tracekit.tracer.decode.scalars import signed32
from tracekit.tracer.decode.view import View, pointer

_HEADER: Final = struct.Struct("<IHHII")  # struct nlmsghdr, linux/netlink.h
_ERROR, _DONE, _FIRST_TYPE = 2, 3, 0x10  # NLMSG_...
_UNKNOWN: Final = -1
_CAPPED: Final = 0x100  # NLM_F_CAPPED
_ERROR_SIZE: Final = 4
_MOST: Final = 1 << 20


def netlink_text(view: View, address: int, length: int) -> str:
    """What a netlink socket sends or receives: one message, or several in brackets."""
    protocol = view.task.netlink(view.args[0])
    family = _UNKNOWN if protocol is None else protocol
    if family == KOBJECT_UEVENT:
        return uevent_text(view, address, length)
    first = Payload(address, length)
    return records(view, first, _HEADER.size, 4, lambda where, head: _message(view, where, head, family))


def _message(view: View, where: Payload, data: bytes, family: int) -> str:
    """A header, all of it whatever its length says, and what it is the header of."""
    size, kind, flags, sequence, port = _HEADER.unpack(data)
    head = (
        f"{{nlmsg_len={size}, nlmsg_type={type_text(view, family, kind)}"
        f", nlmsg_flags={flags_text(view, family, kind, flags)}, nlmsg_seq={sequence}"
        f", nlmsg_pid={view.names.task(signed32(port))}}}"
    )
    size = min(size, where.length)
    if size <= _HEADER.size:
        return head
    inside = Payload(where.address + _HEADER.size, size - _HEADER.size, depth=where.depth)
    return f"[{head}, {_content(view, inside, family, kind, flags)}]"


def _content(view: View, payload: Payload, family: int, kind: int, flags: int) -> str:
    if kind == _ERROR:
        return _error(view, payload, family, flags)
    text = of_family(view, payload, family, kind, flags) if kind >= _FIRST_TYPE else None
    if text is not None:
        return text
    if kind == _DONE and payload.length == _ERROR_SIZE:
        data = view.fetch(payload.address, _ERROR_SIZE)
        return pointer(payload.address) if data is None else str(int.from_bytes(data, "little", signed=True))
    return payload.raw(view)


def _error(view: View, payload: Payload, family: int, flags: int) -> str:
    """An error, and the message that it is about; attributes may follow (struct nlmsgerr)."""
    whole = _ERROR_SIZE + _HEADER.size
    if payload.length < whole or payload.depth == DEEPEST:
        return payload.raw(view)
    data = view.fetch(payload.address, whole)
    if data is None:
        return pointer(payload.address)
    code = int.from_bytes(data[:_ERROR_SIZE], "little", signed=True)
    about = payload.rest(_ERROR_SIZE)
    size = max(_HEADER.size, int.from_bytes(data[_ERROR_SIZE : 2 * _ERROR_SIZE], "little"))
    size = min(about.length, _HEADER.size if flags & _CAPPED else size)
    inside = Payload(about.address, size, depth=payload.depth + 1)
    message = _message(view, inside, data[_ERROR_SIZE:], family)
    text = f"{{error={_code(view, code)}, msg={message}}}"
    if about.length <= size:
        return text
    return f"[{text}, {attributes_text(view, about.rest(size), netlink_tables()['nlmsgerr'])}]"


def _code(view: View, code: int) -> str:
    name = errno_name(-code) if code < 0 else None
    return view.names.word(str(code), f"-{name}") if name else str(code)
