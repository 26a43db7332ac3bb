"""Sockets: addresses, protocols, the length that goes with an address."""

import socket
from typing import Final

from tracekit.syscalls import constant_sets, constants
from tracekit.tracer.decode.names import Names
from tracekit.tracer.decode.registry import captures, families, kinds
from tracekit.tracer.decode.scalars import U32, signed32
from tracekit.tracer.decode.socket_addresses import STORAGE, address_text
from tracekit.tracer.decode.text import counted, number
from tracekit.tracer.decode.view import Printer, View, pointer

_AX25, _PACKET = 3, 17
_EXPLAINED: Final = Names("verbose")  # whatever -X says: no header has these names
_TYPE_MASK: Final = 0xF  # SOCK_TYPE_MASK, <linux/net.h>


def address_at(view: View, where: int, length: int) -> str:
    """The socket address behind a pointer."""
    if not length >= 2:
        return pointer(where)
    data = view.fetch(where, min(length, STORAGE))
    return pointer(where) if data is None else address_text(view, data, length)


def netlink_content(view: View, where: int, size: int) -> str:
    """What a netlink socket sends or receives."""
    from tracekit.tracer.decode.netlink import netlink_text  # noqa: PLC0415 - few programs speak netlink

    return netlink_text(view, where, size)


def _buffer(size: str, most: str = "") -> Printer:
    """What a socket sends or receives, so many bytes but no more than there is room for."""
    length, room = number(size), number(most or size)

    def printer(view: View, where: int) -> str:
        if view.failed:
            return pointer(where)
        count = min(length(view), room(view))
        if not view.options.opaque and view.task.netlink(view.args[0]) is not None:
            return netlink_content(view, where, count)
        return counted(view, where, count)

    return printer


def _sockaddr(length: str) -> Printer:
    size = number(length)
    return lambda view, where: address_at(view, where, signed32(size(view)))


def _length_before(view: View, where: int) -> int | None:
    """A socklen_t at entry: how much room the program offers."""
    data = view.fetch(where, 4)
    return None if data is None else int.from_bytes(data, "little", signed=True)


def _length_now(view: View, index: int, *, told: bool = False) -> int | None:
    """The same at exit: how long the address really is; with ``told`` it is noticed when it is cut short."""
    where = view.args[index]
    data = view.whole(where, 4) if told else view.task.read(where, 4)
    return int.from_bytes(data, "little", signed=True) if data and len(data) == 4 else None


def _sockaddr_out(length: str) -> Printer:
    """An address that the kernel filled in, as far as there was room for it."""
    index = int(length)

    def printer(view: View, where: int) -> str:
        after = None if view.failed else _length_now(view, index, told=True)
        return (
            pointer(where) if after is None else address_at(view, where, min(view.call.saved[index], after))
        )

    return printer


def _socklen(address: str) -> Printer:
    """``[16]``, or ``[128 => 16]`` when the kernel changed it."""
    index = int(address) + 1
    return lambda view, _where: _change(view, view.call.saved[index], index)


def _source(length: str) -> Printer:
    """Who sent what was received: here, the room is looked at when the call has returned."""
    index = int(length)

    def printer(view: View, where: int) -> str:
        after = None if view.options.opaque or not where else _length_now(view, index, told=True)
        if view.failed or after is None:
            return pointer(where)
        return address_at(view, where, min(view.call.saved.get(index) or 0, after))

    return printer


def _source_length(address: str) -> Printer:
    """The same of its length."""
    index = int(address)

    def printer(view: View, where: int) -> str:
        unknown = view.options.opaque or _length_now(view, index + 1) is None
        if unknown or not view.args[index]:
            return pointer(where)
        return _change(view, view.call.saved.get(index + 1) or 0, index + 1)

    return printer


def _change(view: View, before: int, index: int) -> str:
    """How much room there was, and how much of it the kernel needed."""
    after = None if view.failed else _length_now(view, index)
    return f"[{before}]" if after in (before, None) else f"[{before} => {after}]"


def _socket_type(view: View, value: int) -> str:
    """``SOCK_STREAM|SOCK_CLOEXEC``."""
    value &= U32
    kind = value & _TYPE_MASK
    if kind not in constants("socket_kind").names:
        return view.spell("sock_flags", value)
    rest = value & ~_TYPE_MASK
    shown = view.spell("socket_kind", kind)
    return f"{shown}|{view.spell('sock_flags', rest)}" if rest else shown


#: The protocols of each family (AF_... numbers).
_PROTOCOLS: Final = {
    2: "protocol_inet",
    10: "protocol_inet",
    16: "protocol_netlink",
    23: "protocol_irda",
    29: "protocol_can",
    31: "protocol_bluetooth",
    33: "address_family",
    34: "protocol_isdn",
    35: "protocol_phonet",
    37: "protocol_caif",
    39: "protocol_nfc",
    41: "protocol_kcm",
    43: "protocol_smc",
}


def _protocol(view: View, value: int) -> str:
    """A protocol's name in the family of argument 0."""
    family = view.args[0]
    if family in _PROTOCOLS:
        return view.spell(_PROTOCOLS[family], value & U32)
    if family == _AX25:
        return _EXPLAINED.spell("protocol_ax25", value & U32)
    if family == _PACKET:
        return f"htons({view.spell('ethernet_protocol', socket.ntohs(value & 0xFFFF))})"
    return str(value)


def _option_name(level: str, direction: str) -> Printer:
    """An option's name at its level; some are options to ``get`` or to ``set`` alone."""
    index = int(level)
    own = f"_{direction}"
    sets = {
        int(name.split("_")[1]): name
        for name in constant_sets()
        if name.startswith("sockopt_") and name.count("_") == 1
    }

    def printer(view: View, value: int) -> str:
        at, value = view.args[index] & U32, value & U32
        name = sets.get(at)
        if name is None:
            return str(value)
        known = constant_sets().get(name + own)
        return view.spell(name + own if known and value in known.names else name, value)

    return printer


def _socket_call(view: View, value: int) -> str:
    """socketcall(2)'s operation that is none, or whose arguments cannot be read."""
    value = signed32(value)
    return view.names.word(str(value), constants("socketcall").names.get(value))


kinds({"socket_call": _socket_call, "socket_type": _socket_type, "socket_protocol": _protocol})
families(
    {
        "sockbuf": _buffer,
        "sockaddr": _sockaddr,
        "sockaddr_out": _sockaddr_out,
        "socklen": _socklen,
        "source": _source,
        "source_length": _source_length,
        "sockopt_name": _option_name,
    }
)
captures(
    {
        "sockaddr_out": lambda _view, where: where or None,
        "socklen": _length_before,
        "source_length": _length_before,
    }
)
