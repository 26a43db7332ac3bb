"""Payloads of links and routes that no row says (linux/if_link.h, linux/if_bridge.h, linux/rtnetlink.h)."""

import struct
from typing import Final

from tracekit.syscalls import netlink_tables
from tracekit.tracer.decode.addresses import interface, internet, internet_at
from tracekit.tracer.decode.netlink.attributes import attributes_text
from tracekit.tracer.decode.netlink.payloads import DEEPEST, Payload, payloads
from tracekit.tracer.decode.netlink.structures import structure
from tracekit.tracer.decode.view import View, pointer

_NEXT_HOP: Final = struct.Struct("<HBBI")  # struct rtnexthop, linux/rtnetlink.h
_GROUP_ENTRY: Final = 28  # struct br_mdb_entry, linux/if_bridge.h


def _guid(view: View, payload: Payload) -> str | None:
    """Struct ifla_vf_guid, which is not aligned alike everywhere."""
    name = {12: "ifla_vf_guid_packed", 16: "ifla_vf_guid"}.get(payload.length)
    return structure(name)(view, payload) if name else None


def _via(view: View, payload: Payload) -> str | None:
    """A next hop of another family than the route's (struct rtvia)."""
    if payload.length < 2:
        return None
    data = view.fetch(payload.address, 2)
    if data is None:
        return pointer(payload.address)
    family = int.from_bytes(data, "little")
    shown = f"rtvia_family={view.spell('address_family', family)}"
    if payload.length > 2:
        rest = payload.rest(2)
        shown += f", {internet_at(view, family, rest.address, rest.length, 'rtvia_addr')}"
    return f"{{{shown}}}"


def _multipath(view: View, payload: Payload) -> str | None:
    """Next hops, each with attributes of its own (RTA_MULTIPATH)."""
    size = _NEXT_HOP.size
    if payload.length < size or payload.depth == DEEPEST:
        return None
    shown: list[str] = []
    left = payload
    several = False
    while True:
        data = view.fetch(left.address, size)
        if data is None:
            shown.append(pointer(left.address))
            break
        length = int.from_bytes(data[:2], "little")
        several = several or length < payload.length
        shown.append(_next_hop(view, left, data, min(left.length, length)))
        step = min(left.length, length)
        step += -step % 4
        if step >= left.length or not step:
            break
        left = left.rest(step)
    text = ", ".join(shown)
    return f"[{text}]" if several else text


def _next_hop(view: View, where: Payload, data: bytes, length: int) -> str:
    announced, flags, hops, index = _NEXT_HOP.unpack(data)
    head = (
        f"{{rtnh_len={announced}, rtnh_flags={view.spell('nexthop_flags', flags)}, rtnh_hops={hops}"
        f", rtnh_ifindex={interface(view, index)}}}"
    )
    if length <= _NEXT_HOP.size:
        return head
    rest = Payload(
        where.address + _NEXT_HOP.size, length - _NEXT_HOP.size, where.family, depth=where.depth + 1
    )
    return f"[{head}, {attributes_text(view, rest, netlink_tables()['rta'])}]"


def _group_entry(view: View, payload: Payload) -> str | None:
    """A group of the bridge's multicast database, and its attributes."""
    if payload.length < _GROUP_ENTRY:
        return None
    data = view.fetch(payload.address, _GROUP_ENTRY)
    text = pointer(payload.address) if data is None else _group(view, data)
    if payload.length == _GROUP_ENTRY:
        return text
    rest = payload.rest(_GROUP_ENTRY)
    return f"{text}, {attributes_text(view, rest, netlink_tables()['mdba_mdb_eattr'])}"


def _group(view: View, data: bytes) -> str:
    index, state, flags, vid = struct.unpack_from("<IBBH", data)
    family = int.from_bytes(data[24:26], "big")
    return (
        f"{{ifindex={interface(view, index)}, state={view.spell('mdb_state', state)}"
        f", flags={view.spell('mdb_flags', flags)}, vid={vid}"
        f", addr={{{internet(view, family, data[8:24], 'u')}"
        f", proto=htons({view.spell('address_family', family)})}}}}"
    )


def _router_port(view: View, payload: Payload) -> str | None:
    """A port behind which a multicast router is, and its attributes."""
    if payload.length < 4:
        return None
    data = view.fetch(payload.address, 4)
    text = pointer(payload.address) if data is None else interface(view, int.from_bytes(data, "little"))
    if payload.length == 4:
        return text
    return f"{text}, {attributes_text(view, payload.rest(4), netlink_tables()['mdba_router_pattr'])}"


payloads(
    {
        "guid": lambda: _guid,
        "via": lambda: _via,
        "multipath": lambda: _multipath,
        "mdb_entry": lambda: _group_entry,
        "router_port": lambda: _router_port,
    }
)
