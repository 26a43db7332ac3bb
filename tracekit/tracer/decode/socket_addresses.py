"""Socket addresses of every family: ``{sa_family=AF_INET, sin_port=htons(80), ...}``.

Most are rows of network_structs.tbl; code is for those whose members depend on each other.
"""

import struct
from collections.abc import Callable
from typing import Final, NamedTuple

from tracekit.syscalls import constants
from tracekit.tracer.decode.addresses import INET, INET6, hardware, interface, internet, port
from tracekit.tracer.decode.ax25 import full_address
from tracekit.tracer.decode.files import fd
from tracekit.tracer.decode.members import padded
from tracekit.tracer.decode.names import WORDS, hexadecimal
from tracekit.tracer.decode.registry import printer_of
from tracekit.tracer.decode.structs import layouts
from tracekit.tracer.decode.text import quoted
from tracekit.tracer.decode.view import View

STORAGE: Final = 128  # sizeof(struct sockaddr_storage), <linux/socket.h>
_FAMILY_SIZE: Final = 2
_UNIX_SIZE: Final = 110  # sizeof(struct sockaddr_un), <linux/un.h>

Body = Callable[[View, bytes, int], list[str]]
"""The members after the family, of an address of this many bytes with zeros behind them."""


class _Family(NamedTuple):
    """How addresses of a family are printed, and how long they are at least."""

    least: int
    body: Body


def address_text(view: View, data: bytes, length: int) -> str:
    """The bytes of a struct sockaddr: ``{sa_family=AF_INET, sin_port=htons(80), ...}``."""
    length = min(length, STORAGE)
    number = int.from_bytes(data[:2], "little")
    shown = [f"sa_family={view.spell('address_family', number)}"]
    if length > _FAMILY_SIZE:
        family = _FAMILIES.get(number)
        if family and length >= family.least:
            shown += family.body(view, data.ljust(STORAGE, b"\0"), length)
        else:
            shown += _unknown(view, data, length)
    return "{" + ", ".join(shown) + "}"


def _unknown(view: View, data: bytes, length: int) -> list[str]:
    return [f"sa_data={quoted(data[2:length], view.options.hex_strings)}"]


def _row(name: str, least: int) -> _Family:
    """A family whose addresses are a structure of the table."""

    def body(view: View, data: bytes, _length: int) -> list[str]:
        layout = layouts(name)[view.abi]
        return layout.members(view, data[: layout.packing.size])

    return _Family(least, body)


def _unix(view: View, data: bytes, length: int) -> list[str]:
    """A path ends at its NUL; an abstract name starts with one and is as long as its length says."""
    name = data[2 : min(length, _UNIX_SIZE)]
    if name[:1] == b"\0":
        return [f"sun_path=@{quoted(name[1:], view.options.hex_strings)}"]
    return [f"sun_path={quoted(name.partition(bytes(1))[0], view.options.hex_strings)}"]


def _inet6(view: View, data: bytes, length: int) -> list[str]:
    flow = data[4:8]
    flow_text = f"htonl({int.from_bytes(flow, 'big')})"
    host = data[8:24]
    shown = [
        f"sin6_port={port(view, data[2:4])}",
        f"sin6_flowinfo={view.names.word(quoted(flow, 2), flow_text)}",
        internet(view, INET6, host, "sin6_addr"),
    ]
    if length > 24:
        scope = int.from_bytes(data[24:28], "little")
        local = host[0] == 0xFE and host[1] & 0xC0 == 0x80
        near = host[0] == 0xFF and host[1] & 0xF == 2
        shown.append(f"sin6_scope_id={interface(view, scope) if local or near else scope}")
    return shown


def _packet(view: View, data: bytes, length: int) -> list[str]:
    """packet(7): the hardware address has as many bytes as it says, and as there are."""
    _, _, index, hardware_type, kind, count = struct.unpack_from("<HHiHBB", data)
    name = f"htons({WORDS.spell('ethernet_protocol', int.from_bytes(data[2:4], 'big'))})"
    shown = [
        f"sll_protocol={view.names.word(quoted(data[2:4], 2), name)}",
        f"sll_ifindex={interface(view, index & 0xFFFFFFFF)}",
        f"sll_hatype={view.spell('hardware_type', hardware_type)}",
        f"sll_pkttype={view.spell('packet_type', kind)}",
        f"sll_halen={count}",
    ]
    if count:
        there = length - 12
        elements = [padded(2, byte) for byte in data[12 : 12 + min(count, there)]]
        shown.append(f"sll_addr=[{', '.join([*elements, *(['...'] if count > there else [])])}]")
    return shown


def _bluetooth(view: View, data: bytes, length: int) -> list[str]:
    """The protocols of Bluetooth are told apart by the length alone."""
    if length in {4, 6}:
        shown = [f"hci_dev=htobs({int.from_bytes(data[2:4], 'little')})"]
        channel = int.from_bytes(data[4:6], "little")
        return shown if length == 4 else [*shown, f"hci_channel={view.spell('hci_channel', channel)}"]
    if length == 8:
        return [f"sco_bdaddr={hardware(view, data[2:8])}"]
    if length == 9 + 1:  # struct sockaddr_rc is aligned to 2 bytes
        return [f"rc_bdaddr={hardware(view, data[2:8])}", f"rc_channel={data[8]}"]
    if length in {12, 14}:
        psm, cid = (int.from_bytes(data[at : at + 2], "little") for at in (2, 10))
        starts = ("L2CAP_PSM_LE_DYN_START", "L2CAP_PSM_DYN_START")
        shown = [
            f"l2_psm={_channel(view, 'l2cap_psm', psm, starts)}",
            f"l2_bdaddr={hardware(view, data[4:10])}",
            f"l2_cid={_channel(view, 'l2cap_cid', cid, ('L2CAP_CID_DYN_START',))}",
        ]
        return shown if length == 12 else [*shown, f"l2_bdaddr_type={view.spell('bdaddr_type', data[12])}"]
    return _unknown(view, data, length)


def _channel(view: View, table: str, value: int, starts: tuple[str, ...]) -> str:
    """A channel by name, or by how far it is from where channels of a kind begin."""
    known = constants(table)
    if value not in known.names:
        for start in starts:
            first = known.values[start]
            end = known.values.get(start.replace("START", "END"), 0xFFFF)
            if first <= value <= end:
                text = f"{view.names.word(hex(first), start)}+{value - first}"
                return f"htobs({view.names.word(hexadecimal(value), text)})"
    return f"htobs({view.spell(table, value)})"


def _rxrpc(view: View, data: bytes, length: int) -> list[str]:
    service, kind, inner_length = struct.unpack_from("<HHH", data, 2)
    inner = data[8:]
    family = int.from_bytes(inner[:2], "little")
    room = min(inner_length, length - 8)
    label, least, body = {
        INET: ("sin", 16, _FAMILIES[INET].body),
        INET6: ("sin6", 24, _inet6),
    }.get(family, ("", 1 << 16, _unknown))
    shown = [f"{label or 'family'}{'_family' if label else ''}={view.spell('address_family', family)}"]
    if inner_length >= least:
        shown += body(view, inner.ljust(STORAGE, b"\0"), room)
    elif room > 2:
        shown.append(quoted(inner[2:room], view.options.hex_strings))
    inside = "{" + ", ".join(shown) + "}"
    return [
        f"srx_service={view.names.explained('rxrpc_service', service)}",
        f"transport_type={view.spell('socket_kind', kind)}",
        f"transport_len={inner_length}",
        f"transport={f'{{{label}={inside}}}' if label else inside}",
    ]


def _ieee802154(view: View, data: bytes, _length: int) -> list[str]:
    kind, pan = struct.unpack_from("<iH", data, 4)
    shown = [
        f"addr_type={view.names.explained('ieee802154_address_type', kind & 0xFFFFFFFF)}",
        f"pan_id={view.names.explained('ieee802154_pan', pan)}",
    ]
    if kind == 2:  # IEEE802154_ADDR_SHORT
        short = int.from_bytes(data[10:12], "little")
        shown.append(f"short_addr={view.names.explained('ieee802154_address', short)}")
    elif kind:
        shown.append(f"hwaddr={hardware(view, data[10:18], 804)}")
    return ["addr={" + ", ".join(shown) + "}"]


def _alg(view: View, data: bytes, length: int) -> list[str]:
    features, mask = struct.unpack_from("<II", data, 16)
    text = printer_of("member_text")
    kind, name = text(view, data[2:16]), text(view, data[24:length])
    return [
        f"salg_type={kind}",
        f"salg_feat={view.names.explained('alg_flags', features)}",
        f"salg_mask={view.names.explained('alg_flags', mask)}",
        f"salg_name={name}",
    ]


def _nfc(view: View, data: bytes, length: int) -> list[str]:
    """nfc_llcp addresses are longer than the others, and as wide as the program's words."""
    device, target, protocol, dsap, ssap = struct.unpack_from("<IIIBB", data, 4)
    shown = [
        f"dev_idx={interface(view, device)}",
        f"target_idx={hexadecimal(target)}",
        f"nfc_protocol={view.spell('nfc_protocol', protocol)}",
    ]
    at = 88 if view.abi.word == 8 else 84
    if length < at + view.abi.word:
        return [*shown, "..."] if length > 16 else shown
    size = int.from_bytes(data[at : at + view.abi.word], "little")
    name = data[18 : 18 + min(size, 63)]
    return [
        *shown,
        f"dsap={view.names.explained('nfc_sap', dsap)}",
        f"ssap={view.names.explained('nfc_sap', ssap)}",
        f"service_name={quoted(name, view.options.hex_strings)}",
        f"service_name_len={size}",
    ]


def _vsock(view: View, data: bytes, _length: int) -> list[str]:
    reserved, port_number, cid, flags = struct.unpack_from("<HIIB", data, 2)
    shown = [f"svm_reserved1={hex(reserved)}"] if reserved else []
    shown += [
        f"svm_cid={view.spell('vsock_cid', cid)}",
        f"svm_port={view.spell('vsock_port', port_number)}",
        f"svm_flags={view.spell('vsock_flags', flags)}",
    ]
    return [*shown, f"svm_zero={quoted(data[13:16], 2)}"] if any(data[13:16]) else shown


def _xdp(view: View, data: bytes, _length: int) -> list[str]:
    """The last member is a descriptor when memory is shared (XDP_SHARED_UMEM)."""
    flags, index, queue, shared = struct.unpack_from("<HIII", data, 2)
    shown = [
        f"sxdp_flags={view.spell('xdp_flags', flags)}",
        f"sxdp_ifindex={interface(view, index)}",
        f"sxdp_queue_id={queue}",
    ]
    if flags & 1:
        return [*shown, f"sxdp_shared_umem_fd={fd(view, shared)}"]
    return [*shown, f"sxdp_shared_umem_fd={hex(shared)}"] if shared else shown


_FAMILIES: Final[dict[int, _Family]] = {
    1: _Family(3, _unix),
    2: _row("sockaddr_in", 16),
    3: _Family(16, full_address),
    4: _row("sockaddr_ipx", 16),
    9: _row("sockaddr_x25", 18),
    10: _Family(24, _inet6),
    16: _row("sockaddr_nl", 12),
    17: _Family(20, _packet),
    31: _Family(3, _bluetooth),
    33: _Family(36, _rxrpc),
    36: _Family(20, _ieee802154),
    38: _Family(25, _alg),
    39: _Family(16, _nfc),
    40: _Family(16, _vsock),
    42: _row("sockaddr_qrtr", 12),
    44: _Family(16, _xdp),
    45: _row("sockaddr_mctp", 12),
}
"""By AF_... number."""
