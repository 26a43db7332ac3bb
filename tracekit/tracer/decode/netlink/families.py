"""What tells the families of netlink apart: types and flags of their messages, and what stands in them."""

from collections.abc import Callable, Mapping
from typing import Final

from tracekit.syscalls import constants, netlink_tables
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.netlink.diag import sock_diag_text
from tracekit.tracer.decode.netlink.generic import generic_families
from tracekit.tracer.decode.netlink.netfilter import netfilter_text
from tracekit.tracer.decode.netlink.payloads import Payload, print_of
from tracekit.tracer.decode.view import View, pointer

# linux/netlink.h
_ROUTE, _SOCK_DIAG, _XFRM, _SELINUX, _AUDIT, _NETFILTER = 0, 4, 6, 7, 9, 12
KOBJECT_UEVENT: Final = 15
_GENERIC, _CRYPTO = 16, 21
_FIRST_TYPE: Final = 0x10  # NLMSG_MIN_TYPE
_ERROR: Final = 2  # NLMSG_ERROR
_DELACTION: Final = 49  # RTM_DELACTION, linux/rtnetlink.h

_TYPES: Final[Mapping[int, str]] = {
    _ROUTE: "nlmsg_route",
    _SOCK_DIAG: "nlmsg_sock_diag",
    _XFRM: "nlmsg_xfrm",
    _SELINUX: "nlmsg_selinux",
    _AUDIT: "nlmsg_audit",
    _CRYPTO: "nlmsg_crypto",
}
"""The types of a family's messages; those below NLMSG_MIN_TYPE are all families'."""


def type_text(view: View, family: int, kind: int) -> str:
    """A message's type."""
    if kind < _FIRST_TYPE:
        return view.spell("nlmsg_type", kind)
    if family == _GENERIC:
        return _generic_type(view, kind)
    if family == _NETFILTER:
        return _netfilter_type(view, kind)
    return view.spell(_TYPES.get(family, "nlmsg_type"), kind)


def _generic_type(view: View, kind: int) -> str:
    """A family of generic netlink, as the running kernel has numbered them."""
    name = generic_families().get(kind)
    if name:
        return view.names.word(hex(kind), name)
    return hex(kind) if view.names.style == "raw" else f"{hex(kind)} /* GENERIC_FAMILY_??? */"


def _netfilter_type(view: View, kind: int) -> str:
    """A subsystem of netfilter and the type that it knows."""
    if kind in constants("nlmsg_netfilter").names:
        return view.spell("nlmsg_netfilter", kind)
    subsystem, kind = kind >> 8, kind & 0xFF
    own = f"nfnl_{subsystem}"
    text = view.spell(own, kind) if 1 <= subsystem <= 12 else hexadecimal(kind)
    return f"{view.spell('nfnl_subsystem', subsystem)}<<8|{text}"


def flags_text(view: View, family: int, kind: int, flags: int) -> str:
    """A message's flags; the same bits are others in requests of other kinds."""
    if kind < _FIRST_TYPE:
        group = "ack" if kind == _ERROR else ""
    else:
        group = _GROUPS[family](kind) if family in _GROUPS else ""
    return view.spell(f"nlmsg_flags_{group}" if group else "nlmsg_flags", flags)


def _route_group(kind: int) -> str:
    """Rtnetlink's types come in fours: new, delete, get, set."""
    return "get" if kind == _DELACTION else ("new", "delete", "get", "")[kind & 3]


def _group_by_name(table: str) -> Callable[[int], str]:
    """The group that a type's own name tells: ``XFRM_MSG_NEWSA``."""

    def group(kind: int) -> str:
        row = netlink_tables()[f"{table}_flags"].content(kind)
        return row.kind if row else ""

    return group


def _netfilter_group(kind: int) -> str:
    table = netlink_tables().get(f"nfnl_{kind >> 8}_flags")
    row = table.content(kind & 0xFF) if table else None
    return row.kind if row else ""


_GROUPS: Final[Mapping[int, Callable[[int], str]]] = {
    _ROUTE: _route_group,
    _SOCK_DIAG: lambda _kind: "get",
    _XFRM: _group_by_name("nlmsg_xfrm"),
    _CRYPTO: _group_by_name("nlmsg_crypto"),
    _NETFILTER: _netfilter_group,
}


def of_family(view: View, payload: Payload, family: int, kind: int, flags: int) -> str | None:
    """What stands in a message of a family; None when nobody knows."""
    if family == _SOCK_DIAG:
        return sock_diag_text(view, payload, kind, flags)
    if family == _NETFILTER:
        return netfilter_text(view, payload, kind)
    if family in {_CRYPTO, _SELINUX}:
        content = netlink_tables()[_TYPES[family]].content(kind)
        return print_of(content)(view, payload) if content else None
    return _route_text(view, payload, kind) if family == _ROUTE else None


def _route_text(view: View, payload: Payload, kind: int) -> str:
    """Rtnetlink's messages all begin with an address family."""
    data = view.fetch(payload.address, 1)
    if data is None:
        return pointer(payload.address)
    payload = Payload(payload.address, payload.length, data[0])
    content = netlink_tables()["nlmsg_route"].content(kind)
    text = print_of(content)(view, payload) if content else None
    return family_and_data(view, payload) if text is None else text


def family_and_data(view: View, payload: Payload) -> str:
    """A message of which nothing is known but its family."""
    name = view.spell("address_family", payload.family)
    data = f", data={payload.rest(1).raw(view)}" if payload.length > 1 else ""
    return f"{{family={name}{data}}}"
