"""Socket options: the value of setsockopt(2) and getsockopt(2)."""

from collections.abc import Callable
from typing import Final

from tracekit.syscalls import constants, errno_name, struct_rows
from tracekit.tracer.decode.addresses import hardware, interface
from tracekit.tracer.decode.filters import program_text, socket_operand
from tracekit.tracer.decode.registry import captures, kinds, printer_of
from tracekit.tracer.decode.scalars import U32, signed32
from tracekit.tracer.decode.structs import array_text, layouts
from tracekit.tracer.decode.text import counted, quoted
from tracekit.tracer.decode.view import View, pointer

_IP, _SOCKET, _IPV6, _RAW, _PACKET, _NETLINK = 0, 1, 41, 255, 263, 270  # SOL_...
_INT: Final = 4
_MOST_INSTRUCTIONS: Final = 0xFFFF  # what struct sock_fprog can count
_SO_PEERCRED, _SO_ERROR = 17, 4

#: Options of SOL_SOCKET whose value may be anything; all others there are numbers.
_NO_NUMBERS: Final = frozenset(
    [
        "SO_TYPE",
        "SO_RCVTIMEO_OLD",
        "SO_SNDTIMEO_OLD",
        "SO_SECURITY_AUTHENTICATION",
        "SO_SECURITY_ENCRYPTION_TRANSPORT",
        "SO_SECURITY_ENCRYPTION_NETWORK",
        "SO_BINDTODEVICE",
        "SO_PEERNAME",
        "SO_PEERSEC",
        "SO_PROTOCOL",
        "SO_DOMAIN",
        "SO_MAX_PACING_RATE",
        "SO_BPF_EXTENSIONS",
        "SO_ATTACH_BPF",
        "SO_ATTACH_REUSEPORT_EBPF",
        "SO_MEMINFO",
        "SO_COOKIE",
        "SO_PEERGROUPS",
        "SO_TXTIME",
        "SO_BINDTOIFINDEX",
        "SO_RCVTIMEO_NEW",
        "SO_SNDTIMEO_NEW",
        "SO_NETNS_COOKIE",
        "SO_BUF_LOCK",
        "SO_ATTACH_REUSEPORT_CBPF",
    ]
)

Value = Callable[[View, int, int], str]
"""What stands at an address, an option of so many bytes."""


def _set(view: View, where: int) -> str:
    """Setsockopt's value."""
    if view.options.opaque:
        return pointer(where)
    level, option, size = view.args[1] & U32, view.args[2] & U32, signed32(view.args[4])
    if size < 0:
        known = (level, option) in _SET or level == _NETLINK or _is_number(level, option)
        return pointer(where) if known else counted(view, where, size & (1 << 64) - 1)
    value = _SET.get((level, option))
    if value and where:
        return value(view, where, size)
    if level == _NETLINK or (_is_number(level, option) and option not in {_SO_ERROR, _SO_PEERCRED}):
        return _number(view, where) if size >= _INT else pointer(where)
    return _number(view, where) if size == _INT else counted(view, where, size)


def _get(view: View, where: int) -> str:
    """Getsockopt's value, as far as the kernel filled it in."""
    level, option = view.args[1] & U32, view.args[2] & U32
    before, size = view.call.saved.get(4), _length(view)
    if view.failed or before is None or size is None or before <= 0 or size <= 0:
        return pointer(where)
    value = _GET.get((level, option))
    if value and where:
        return value(view, where, size)
    if level == _NETLINK:
        return _number(view, where)
    if _is_number(level, option):
        return _number(view, where) if size >= _INT else counted(view, where, size, 2)
    return _number(view, where) if size == _INT else counted(view, where, size)


def _is_number(level: int, option: int) -> bool:
    """Whether the kernel's man pages know this option as an int, whatever length is given."""
    name = constants("sockopt_1").names.get(option) if level == _SOCKET else None
    return name is not None and name not in _NO_NUMBERS


def _number(view: View, where: int) -> str:
    """``[1]``."""
    data = view.fetch(where, _INT)
    return pointer(where) if data is None else f"[{int.from_bytes(data, 'little', signed=True)}]"


def _error(view: View, where: int, size: int) -> str:
    """SO_ERROR's value by its name: ``[ECONNREFUSED]``."""
    if size < _INT:
        return counted(view, where, size, 2)
    text = _number(view, where)
    name = errno_name(int(text.strip("[]"))) if text.startswith("[") else None
    return f"[{name}]" if name else text


def _rehash(view: View, where: int, size: int) -> str:
    if size < _INT:
        return counted(view, where, size, 2) if view.exiting else pointer(where)
    data = view.fetch(where, _INT)
    if data is None:
        return pointer(where)
    return f"[{view.spell('txrehash', int.from_bytes(data, 'little'))}]"


def _structure(name: str, *, exact: bool = False) -> Value:
    """A structure that has to be there as a whole; the kernel takes a longer one unless it is exact."""

    def value(view: View, where: int, size: int) -> str:
        layout = layouts(name)[view.abi]
        wanted = layout.packing.size
        data = view.fetch(where, wanted) if size == wanted or (size > wanted and not exact) else None
        return pointer(where) if data is None else layout.text(view, data)

    return value


def _members(name: str) -> Value:
    """A structure of numbers of 32 bits, as many of them as there are bytes for."""

    def value(view: View, where: int, size: int) -> str:
        layout = layouts(name)[view.abi]
        data = view.fetch(where, min(size, layout.packing.size))
        if data is None:
            return pointer(where)
        whole, rest = divmod(len(data), _INT)
        shown = layout.members(view, data.ljust(layout.packing.size, b"\0"))[:whole]
        if rest:
            label = struct_rows()[name].fields[whole].label
            shown.append(f"{label}={quoted(data[-rest:], 2)}")
        return "{" + ", ".join(shown) + "}"

    return value


def _packet_mreq(view: View, where: int, size: int) -> str:
    """Struct packet_mreq (linux/if_packet.h): as much of the address as it says."""
    data = view.fetch(where, size) if size == 16 else None
    if data is None:
        return pointer(where)
    index, kind, length = (int.from_bytes(data[at:end], "little") for at, end in ((0, 4), (4, 6), (6, 8)))
    return (
        f"{{mr_ifindex={interface(view, index)}, mr_type={view.spell('packet_mreq_type', kind)}"
        f", mr_alen={length}, mr_address={hardware(view, data[8 : 8 + length])}}}"
    )


def _icmp_filter(view: View, where: int, size: int) -> str:
    """The types that are not let through: ``[ICMP_ECHO]``, or ``~[...]`` when that is shorter."""
    data = view.fetch(where, min(size, _INT)) if size > 0 else None
    if data is None:
        return pointer(where)
    bits = int.from_bytes(data.ljust(_INT, b"\xff"), "little")
    sign = ""
    if bits.bit_count() > 16:
        bits, sign = ~bits, "~"
    return f"{sign}[{' '.join(view.spell('icmp_type', bit) for bit in range(32) if bits >> bit & 1)}]"


def _filter(view: View, where: int, size: int) -> str:
    """A filter to attach (struct sock_fprog), which is two words long."""
    return printer_of("*sock_fprog")(view, where) or "" if size == 2 * view.abi.word else pointer(where)


def _program(view: View, where: int, size: int) -> str:
    """The filter that is attached; its length counts instructions."""
    return program_text(view, where, size, socket_operand) if size <= _MOST_INSTRUCTIONS else pointer(where)


def _memberships(view: View, where: int, size: int) -> str:
    """The groups that a netlink socket is in."""
    count = min(view.call.saved.get(4) or 0, size) // _INT
    return array_text(view, where, count, _INT, lambda _view, data: str(int.from_bytes(data, "little")))


_SET: Final[dict[tuple[int, int], Value]] = {
    (_SOCKET, 13): _structure("linger"),
    (_SOCKET, 26): _filter,
    (_SOCKET, 51): _filter,
    (_SOCKET, 74): _rehash,
    (_IP, 35): _structure("ip_mreq"),
    (_IP, 36): _structure("ip_mreq"),
    (_IP, 42): _structure("group_req"),
    (_IP, 45): _structure("group_req"),
    (_IPV6, 20): _structure("ipv6_mreq"),
    (_IPV6, 21): _structure("ipv6_mreq"),
    (_IPV6, 27): _structure("ipv6_mreq"),
    (_IPV6, 28): _structure("ipv6_mreq"),
    (_IPV6, 42): _structure("group_req"),
    (_IPV6, 45): _structure("group_req"),
    (_PACKET, 1): _packet_mreq,
    (_PACKET, 2): _packet_mreq,
    (_PACKET, 5): _structure("tpacket_req", exact=True),
    (_PACKET, 13): _structure("tpacket_req", exact=True),
    (_RAW, 1): _icmp_filter,
}
"""Setsockopt's values that are neither numbers nor strings, by level and option."""

_GET: Final[dict[tuple[int, int], Value]] = {
    (_SOCKET, _SO_ERROR): _error,
    (_SOCKET, 13): _members("linger"),
    (_SOCKET, _SO_PEERCRED): _members("ucred"),
    (_SOCKET, 26): _program,
    (_SOCKET, 74): _rehash,
    (_PACKET, 6): _members("tpacket_stats"),
    (_RAW, 1): _icmp_filter,
    (_NETLINK, 9): _memberships,
}
"""The same of getsockopt."""


def _length(view: View) -> int | None:
    """The option's length as it is now."""
    data = view.whole(view.args[4], _INT)
    return None if data is None else int.from_bytes(data, "little", signed=True)


def _length_text(view: View, _where: int) -> str:
    before, after = view.call.saved[4], _length(view)
    return f"[{before}]" if view.failed or after in (before, None) else f"[{before} => {after}]"


kinds({"sockopt_in": _set, "sockopt_out": _get, "sockopt_length": _length_text})
captures({"sockopt_length": lambda view, _where: None if view.options.opaque else _length(view)})
