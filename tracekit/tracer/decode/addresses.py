"""Addresses inside structures: interfaces, ports, internet and hardware addresses, as -X has them."""

import socket
from collections.abc import Mapping
from typing import Final

from tracekit.tracer.decode.registry import families, kinds, of_registers
from tracekit.tracer.decode.scalars import U32
from tracekit.tracer.decode.text import counted, quoted
from tracekit.tracer.decode.view import Printer, View, pointer

INET: Final = 2
INET6: Final = 10
_SIZES: Final = {INET: 4, INET6: 16}

#: Bytes of an address by the hardware's type (ARPHRD_..., linux/if_arp.h), where they are fewer than given.
_HARDWARE_SIZES: Final[Mapping[int, int]] = {
    0: 7, 1: 6, 3: 7, 6: 6, 7: 1, 15: 2, 24: 16, 27: 8, 32: 20, 256: 0, 270: 5, 271: 0, 280: 0, 290: 1,
    512: 0, 518: 0, 519: 0, 768: 4, 769: 16, 772: 6, 773: 1, 774: 6, 776: 4, 777: 0, 778: 4, 779: 0,
    780: 6, 783: 4, 801: 6, 802: 6, 803: 6, 804: 8, 805: 8, 820: 1, 821: 1, 822: 0, 823: 16, 824: 0,
    825: 8, 826: 0,
}  # fmt: skip


def interface(view: View, index: int) -> str:
    """An interface by its name, if it has one here: ``if_nametoindex("lo")``."""
    index &= U32
    try:
        name = socket.if_indextoname(index)
    except (OSError, OverflowError):
        return str(index)
    text = quoted(name.encode(errors="surrogateescape"), view.options.hex_strings)
    return view.names.word(str(index), f"if_nametoindex({text})")


def hardware(view: View, data: bytes, kind: int = -1) -> str:
    """A hardware address: ``52:54:00:12:34:56``, as many bytes of it as its kind has."""
    shown = ":".join(f"{byte:02x}" for byte in data[: _HARDWARE_SIZES.get(kind, len(data))])
    return view.names.word(quoted(data, 2), shown)


def port(view: View, data: bytes) -> str:
    """A port in network order: ``htons(80)``."""
    return view.names.word(quoted(data, 2), f"htons({int.from_bytes(data, 'big')})")


def internet(view: View, family: int, data: bytes, label: str = "") -> str:
    """An internet address with its label, ``sin_addr=inet_addr("127.0.0.1")``; of another family, bytes."""
    before = f"{label}=" if label else ""
    raw = quoted(data, 2)
    if family == INET:
        host = quoted(socket.inet_ntoa(data[:4]).encode(), view.options.hex_strings)
        return before + view.names.word(raw, f"inet_addr({host})")
    if family != INET6:
        return before + raw
    host = quoted(socket.inet_ntop(socket.AF_INET6, data[:16]).encode(), view.options.hex_strings)
    if view.names.style == "abbrev":
        return f"inet_pton(AF_INET6, {host}{f', &{label}' if label else ''})"
    return before + view.names.word(raw, f"inet_pton(AF_INET6, {host})")


def internet_at(view: View, family: int, address: int, length: int, label: str = "") -> str:
    """The same of an address in memory, which may be too short."""
    size = _SIZES.get(family, 0)
    before = f"{label}=" if label else ""
    if not size or length < size:
        return before + counted(view, address, length, 2)
    data = view.fetch(address, size)
    return before + pointer(address) if data is None else internet(view, family, data, label)


def _wide_internet(family: str, label: str = "") -> Printer:
    """A member of this family; the label of one of the sixth stands within it."""
    return lambda view, data: internet(view, int(family), data, label)


def _ethernet(view: View, value: int) -> str:
    """An Ethernet protocol in network order: ``htons(ETH_P_IP)``."""
    return f"htons({view.spell('ethernet_protocol', socket.ntohs(value & 0xFFFF))})"


_PRINTERS: Final[Mapping[str, Printer]] = {
    "ifindex": interface,
    "hardware": hardware,
    "port": port,
    "ethernet": _ethernet,
}
kinds(_PRINTERS)
families({"inet": _wide_internet})
of_registers("inet", *_PRINTERS)
