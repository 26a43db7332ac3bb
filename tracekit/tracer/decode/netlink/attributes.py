"""Attributes of netlink, one after the other and within each other (struct nlattr, linux/netlink.h)."""

import struct
from dataclasses import replace
from typing import Final

from tracekit.syscalls import NetlinkTable, netlink_tables
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.netlink.payloads import Payload, Print, payloads, print_of, records
from tracekit.tracer.decode.netlink.values import c_string
from tracekit.tracer.decode.view import View

_HEADER: Final = struct.Struct("<HH")
_NESTED, _NET_ORDER = 0x8000, 0x4000  # NLA_F_...
_TYPE: Final = 0x3FFF
_MOST_TOLD: Final = 64


def attributes_text(view: View, payload: Payload, table: NetlinkTable | None) -> str:
    """All attributes there: ``[[{nla_len=8, nla_type=IFLA_MTU}, 1500], ...]``; without table, bytes."""
    first = Payload(payload.address, payload.length, payload.family, depth=payload.depth)
    return records(view, first, _HEADER.size, 2, lambda where, head: _attribute(view, where, head, table))


def _attribute(view: View, where: Payload, data: bytes, table: NetlinkTable | None) -> str:
    """One attribute, with what stands in it."""
    length, kind = _HEADER.unpack(data)
    head = f"{{nla_len={length}, nla_type={_kind(view, kind, table)}}}"
    length = min(length, where.length)
    if length <= _HEADER.size:
        return head
    inside = replace(where, address=where.address + _HEADER.size, length=length - _HEADER.size)
    content = table.content(kind & _TYPE) if table else None
    text = print_of(content)(view, inside) if content else None
    return f"[{head}, {inside.raw(view) if text is None else text}]"


def _kind(view: View, kind: int, table: NetlinkTable | None) -> str:
    flags = ((_NESTED, "NLA_F_NESTED"), (_NET_ORDER, "NLA_F_NET_BYTEORDER"))
    shown = [view.names.word(hex(bit), name) for bit, name in flags if kind & bit]
    kind &= _TYPE
    return "|".join([*shown, view.spell(table.keys, kind) if table else hexadecimal(kind)])


def nested(name: str) -> Print:
    """Attributes of this table."""
    table = netlink_tables()[name]
    return lambda view, payload: attributes_text(view, payload, table)


def by_family(name: str) -> Print:
    """What stands there for the message's address family."""
    table = netlink_tables()[name]

    def show(view: View, payload: Payload) -> str | None:
        content = table.content(payload.family)
        return print_of(content)(view, payload) if content else payload.raw(view)

    return show


def _tells(what: str) -> Print:
    """A word that says what stands in attributes beside this one."""

    def show(view: View, payload: Payload) -> str:
        payload.told[what] = ""
        if payload.length < _MOST_TOLD:
            data = view.readable(payload.address, payload.length)
            if len(data) == payload.length:
                payload.told[what] = data.partition(b"\0")[0].decode("latin-1")
        return c_string(view, payload)

    return show


def _told(what: str, name: str) -> Print:
    """What stands there as the attribute beside it has told."""
    table = netlink_tables()[name]

    def show(view: View, payload: Payload) -> str | None:
        content = table.content(payload.told.get(what, ""))
        return print_of(content)(view, payload) if content else None

    return show


payloads({"nested": nested, "family": by_family, "tells": _tells, "told": _told})
