"""Network interfaces: addresses of the link layer, lists of interfaces (netdevice(7))."""

import struct
from typing import Final

from tracekit.tracer.decode.addresses import hardware, interface
from tracekit.tracer.decode.ioctls.exchange import ARROW, keep, kept, peek_struct, values
from tracekit.tracer.decode.registry import kinds
from tracekit.tracer.decode.socket_addresses import address_text
from tracekit.tracer.decode.structs import array_text
from tracekit.tracer.decode.text import quoted
from tracekit.tracer.decode.view import View, pointer

_SOCKADDR: Final = 16  # sizeof(struct sockaddr)
_NAME: Final = 16  # IFNAMSIZ, <linux/if.h>
_IFREQ: Final = {8: 40, 4: 32}  # sizeof(struct ifreq), by the size of a word


def _hardware_address(view: View, data: bytes) -> str:
    """``{sa_family=ARPHRD_ETHER, sa_data=52:54:00:12:34:56}``."""
    (family,) = struct.unpack_from("<H", data)
    shown = hardware(view, data[2:], family)
    return f"{{sa_family={view.spell('hardware_type', family)}, sa_data={shown}}}"


def _length(view: View, length: int) -> str:
    """The length of a list of interfaces; with their number, if it is one."""
    size = _IFREQ[view.abi.word]
    return (
        f"{length} /* {length // size} * sizeof(struct ifreq) */"
        if length > 0 == length % size
        else str(length)
    )


def _list_in(view: View, address: int) -> str:
    """SIOCGIFCONF at entry: how much room there is; none to ask how much is needed."""
    data = peek_struct(view, "ifconf", address)
    if data is None:
        return pointer(address)
    before = values(view, "ifconf", data)
    keep(view, before)
    return "{ifc_len=" + (_length(view, int(before[0])) if before[1] else "")


def _list_out(view: View, address: int) -> str | None:
    before = kept(view)
    if not isinstance(before, tuple):
        return None
    length, buffer = before
    data = peek_struct(view, "ifconf", address)
    if data is None:
        return f"{'' if buffer else _length(view, length)}, ifc_buf={pointer(buffer)}}}"
    new_length, new_buffer = (int(value) for value in values(view, "ifconf", data))
    changed = length != new_length
    shown = (ARROW if buffer and changed else "") + (
        _length(view, new_length) if changed or not buffer else ""
    )
    if buffer and not view.failed:
        count = (new_length & 0xFFFFFFFF) // _IFREQ[view.abi.word]
        text = array_text(view, new_buffer, count, _IFREQ[view.abi.word], _list_element)
    else:
        text = pointer(buffer) + (f"{ARROW}{pointer(new_buffer)}" if buffer != new_buffer else "")
    return f"{shown}, ifc_buf={text}}}"


def _list_element(view: View, data: bytes) -> str:
    name, end, _ = data[:_NAME].partition(b"\0")
    text = quoted(name if end else name[:-1], view.options.hex_strings) + ("" if end else "...")
    return f"{{ifr_name={text}, ifr_addr={_socket_address(view, data[_NAME : _NAME + _SOCKADDR])}}}"


def _socket_address(view: View, data: bytes) -> str:
    return address_text(view, data, len(data))


kinds(
    {
        "hardware_address": _hardware_address,
        "socket_address": _socket_address,
        "interface": interface,
        "ifconf_in": _list_in,
        "ifconf_out": _list_out,
    }
)
