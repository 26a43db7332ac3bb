"""Sockets: addresses, protocols, the length that goes with an address."""

import socket
import struct
from collections.abc import Callable
from typing import Final

from tracekit.syscalls import constant_sets, constants
from tracekit.tracer.decode.registry import captures, families, kinds
from tracekit.tracer.decode.scalars import U32, named, signed32
from tracekit.tracer.decode.text import number, quoted
from tracekit.tracer.decode.view import Printer, View, pointer

_STORAGE: Final = 128  # sizeof(struct sockaddr_storage), <linux/socket.h>
_UNIX, _INET, _INET6, _NETLINK, _PACKET = 1, 2, 10, 16, 17
_FAMILY_SIZE: Final = 2
_TYPE_MASK: Final = 0xF  # SOCK_TYPE_MASK, <linux/net.h>


def address_text(view: View, data: bytes, length: int) -> str:
    """The bytes of a struct sockaddr: ``{sa_family=AF_INET, sin_port=htons(80), ...}``."""
    family = int.from_bytes(data[:2], "little")
    body = _BODIES.get(family)
    inside = body(view, data, length) if body else None
    if inside is None:
        inside = f"sa_data={quoted(data[2:], view.options.hex_strings)}"
    name = view.spell("address_family", family)
    return f"{{sa_family={name}, {inside}}}" if length > _FAMILY_SIZE else f"{{sa_family={name}}}"


def _unix(view: View, data: bytes, length: int) -> str | None:
    """A path ends at its NUL; an abstract name starts with one and is as long as its length says."""
    name = data[2:]
    if length <= 2:
        return None
    if name[:1] == b"\0":
        return f"sun_path=@{quoted(name[1:], view.options.hex_strings)}"
    end = name.find(0)
    text = quoted(name if end < 0 else name[:end], view.options.hex_strings)
    return f"sun_path={text}"


def _inet(_view: View, data: bytes, _length: int) -> str | None:
    if len(data) < 8:
        return None
    port = int.from_bytes(data[2:4], "big")
    return f'sin_port=htons({port}), sin_addr=inet_addr("{socket.inet_ntoa(data[4:8])}")'


def _inet6(_view: View, data: bytes, _length: int) -> str | None:
    if len(data) < 24:
        return None
    port, flow = struct.unpack_from(">HI", data, 2)
    host = socket.inet_ntop(socket.AF_INET6, data[8:24])
    scope = f", sin6_scope_id={int.from_bytes(data[24:28], 'little')}" if len(data) >= 28 else ""
    return (
        f"sin6_port=htons({port}), sin6_flowinfo=htonl({flow})"
        f', inet_pton(AF_INET6, "{host}", &sin6_addr){scope}'
    )


def _netlink(view: View, data: bytes, _length: int) -> str | None:
    if len(data) < 12:
        return None
    pid, groups = struct.unpack_from("<iI", data, 4)
    return f"nl_pid={view.names.task(pid)}, nl_groups={f'{groups:#08x}' if groups else '00000000'}"


_BODIES: Final[dict[int, Callable[[View, bytes, int], str | None]]] = {
    _UNIX: _unix,
    _INET: _inet,
    _INET6: _inet6,
    _NETLINK: _netlink,
}


def address_at(view: View, where: int, length: int) -> str:
    """The socket address behind a pointer."""
    if not length >= 2:
        return pointer(where)
    data = view.fetch(where, min(length, _STORAGE))
    return pointer(where) if data is None else address_text(view, data, length)


def _sockaddr(length: str) -> Printer:
    size = number(length)
    return lambda view, where: address_at(view, where, signed32(size(view)))


def _length_before(view: View, where: int) -> int | None:
    """A socklen_t at entry: how much room the program offers."""
    data = view.fetch(where, 4)
    return None if data is None else int.from_bytes(data, "little", signed=True)


def _length_now(view: View, index: int) -> int | None:
    """The same at exit: how long the address really is."""
    data = view.task.read(view.args[index], 4) if view.args[index] else b""
    return int.from_bytes(data, "little", signed=True) if len(data) == 4 else None


def _sockaddr_out(length: str) -> Printer:
    """An address that the kernel filled in, as far as there was room for it."""
    index = int(length)

    def printer(view: View, where: int) -> str:
        before = view.call.saved.get(index)
        after = _length_now(view, index)
        if view.failed or before is None or after is None:
            return pointer(where)
        return address_at(view, where, min(before, after))

    return printer


def _socklen(_address: str = "") -> Printer:
    """``[16]``, or ``[128 => 16]`` when the kernel changed it."""

    def printer(view: View, where: int) -> str:
        index = view.args.index(where)
        before = view.call.saved.get(index)
        if before is None:
            return pointer(where)
        after = _length_now(view, index) if not view.failed else before
        if after is None:
            return pointer(where)
        return f"[{before}]" if before == after else f"[{before} => {after}]"

    return printer


def _socket_type(view: View, value: int) -> str:
    """``SOCK_STREAM|SOCK_CLOEXEC``."""
    value &= U32
    kind = constants("socket_kind").names.get(value & _TYPE_MASK)
    if kind is None:
        return view.spell("sock_flags", value)
    rest = value & ~_TYPE_MASK
    return f"{kind}|{view.spell('sock_flags', rest)}" if rest else kind


_PROTOCOLS: Final = {_INET: "protocol_inet", _INET6: "protocol_inet", _NETLINK: "protocol_netlink"}


def _protocol(view: View, value: int) -> str:
    """A protocol's name in the family of argument 0."""
    names = _PROTOCOLS.get(view.args[0] & U32)
    if names:
        return view.spell(names, value & U32)
    if view.args[0] & U32 == _PACKET:
        name = view.spell("ethernet_protocol", socket.ntohs(value & 0xFFFF))
        return f"htons({name.split(' /* ')[0]})" if value else "0"
    return str(value)


def _option_name(level: str) -> Printer:
    """An option's name at its level."""
    index = int(level)
    printers = {
        int(name.removeprefix("sockopt_")): named(name)
        for name in constant_sets()
        if name.startswith("sockopt_")
    }

    def printer(view: View, value: int) -> str | None:
        names = printers.get(view.args[index] & U32)
        return names(view, value) if names else str(value & U32)

    return printer


def _socket_call(_view: View, value: int) -> str:
    """socketcall(2)'s operation that is none, or whose arguments cannot be read."""
    value = signed32(value)
    return constants("socketcall").names.get(value, str(value))


kinds({"socket_call": _socket_call, "socket_type": _socket_type, "socket_protocol": _protocol})
families(
    {"sockaddr": _sockaddr, "sockaddr_out": _sockaddr_out, "socklen": _socklen, "sockopt_name": _option_name}
)
captures({"socklen": _length_before})
