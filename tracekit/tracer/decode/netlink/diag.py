"""sock_diag(7): what is asked and told of sockets."""

from typing import Final

from tracekit.syscalls import netlink_tables
from tracekit.tracer.decode.addresses import interface, internet, internet_at
from tracekit.tracer.decode.filters import program_text, socket_operand
from tracekit.tracer.decode.netlink.payloads import Payload, payloads, print_of
from tracekit.tracer.decode.netlink.structures import structure
from tracekit.tracer.decode.scalars import device
from tracekit.tracer.decode.socket_addresses import STORAGE, address_text
from tracekit.tracer.decode.structs import array_text, beyond
from tracekit.tracer.decode.text import quoted
from tracekit.tracer.decode.view import View, pointer

_REQUEST: Final = 1  # NLM_F_REQUEST
_COMPAT: Final = frozenset({18, 19})  # TCPDIAG_GETSOCK, DCCPDIAG_GETSOCK, linux/inet_diag.h
_OP_SIZE: Final = 4  # struct inet_diag_bc_op
_HOST_CONDITION: Final = 8  # struct inet_diag_hostcond without its address
_SIGNATURE: Final = 100  # struct tcp_diag_md5sig, linux/tcp.h
_KEY: Final = 80
_MULTICAST: Final = 44  # struct packet_diag_mclist, linux/packet_diag.h

#: Bits of struct inet_diag_sockopt, linux/inet_diag.h.
_OPTION_BITS: Final = (
    "recverr",
    "is_icsk",
    "freebind",
    "hdrincl",
    "mc_loop",
    "transparent",
    "mc_all",
    "nodefrag",
    "bind_address_no_port",
    "recverr_rfc4884",
    "defer_connect",
)


def sock_diag_text(view: View, payload: Payload, kind: int, flags: int) -> str:
    """A request or an answer, as its family has it."""
    data = view.fetch(payload.address, 1)
    if data is None:
        return pointer(payload.address)
    payload = Payload(payload.address, payload.length, data[0])
    name = "diag_answer"
    if flags & _REQUEST:
        name = "diag_old_request" if kind in _COMPAT else "diag_request"
    content = netlink_tables()[name].content(payload.family) if payload.length > 1 else None
    text = print_of(content)(view, payload) if content else None
    if text is not None:
        return text
    family = view.spell("address_family", payload.family)
    rest = f", data={payload.rest(1).raw(view)}" if payload.length > 1 else ""
    return f"{{family={family}{rest}}}"


def _vfs(view: View, payload: Payload) -> str | None:
    """Where a socket's file is (struct unix_diag_vfs)."""
    if payload.length < 8:
        return None
    data = view.fetch(payload.address, 8)
    if data is None:
        return pointer(payload.address)
    inode, number = (int.from_bytes(data[at : at + 4], "little") for at in (0, 4))
    return f"{{udiag_vfs_dev={device(view, number)}, udiag_vfs_ino={inode}}}"


def _bytecode(view: View, payload: Payload) -> str | None:
    """A step of the program that chooses sockets, and what it compares with."""
    text = structure("inet_diag_bc_op")(view, payload)
    if text is None or text == pointer(payload.address) or payload.length == _OP_SIZE:
        return text
    code = (view.fetch(payload.address, 1) or b"\0")[0]
    rest = payload.rest(_OP_SIZE)
    content = netlink_tables()["bytecode_data"].content(code)
    inside = print_of(content)(view, rest) if content else None
    return f"{text}, {rest.raw(view) if inside is None else inside}"


def _host_condition(view: View, payload: Payload) -> str | None:
    """An address that sockets are compared with; its family says how long it is."""
    if payload.length < _HOST_CONDITION:
        return None
    data = view.fetch(payload.address, _HOST_CONDITION)
    if data is None:
        return pointer(payload.address)
    shown = [
        f"family={view.spell('address_family', data[0])}",
        f"prefix_len={data[1]}",
        f"port={int.from_bytes(data[4:8], 'little', signed=True) & 0xFFFFFFFF}",
    ]
    if payload.length > _HOST_CONDITION:
        rest = payload.rest(_HOST_CONDITION)
        shown.append(internet_at(view, data[0], rest.address, rest.length, "addr"))
    return "{" + ", ".join(shown) + "}"


def _socket_addresses(view: View, payload: Payload) -> str | None:
    count = payload.length // STORAGE
    if not count:
        return None
    return array_text(
        view, payload.address, count, STORAGE, lambda view, data: address_text(view, data, STORAGE)
    )


def _signatures(view: View, payload: Payload) -> str | None:
    """Keys of TCP's MD5 signatures, each as long as it says."""

    def one(view: View, data: bytes) -> str:
        family, prefix, length = data[0], data[1], int.from_bytes(data[2:4], "little")
        return (
            f"{{tcpm_family={view.spell('address_family', family)}, tcpm_prefixlen={prefix}"
            f", tcpm_keylen={length}, {internet(view, family, data[4:20], 'tcpm_addr')}"
            f", tcpm_key={quoted(data[20 : 20 + min(length, _KEY)], 2)}}}"
        )

    count = payload.length // _SIGNATURE
    return array_text(view, payload.address, count, _SIGNATURE, one) if count else None


def _option_bits(view: View, payload: Payload) -> str | None:
    """Options of a socket, those that are set, or with -v all."""
    if payload.length < 2:
        return None
    data = view.fetch(payload.address, 2)
    if data is None:
        return pointer(payload.address)
    bits = int.from_bytes(data, "little")
    every = view.options.verbose
    shown = [f"{name}={bits >> at & 1}" for at, name in enumerate(_OPTION_BITS) if every or bits >> at & 1]
    unused = bits >> len(_OPTION_BITS)
    if every or unused:
        shown.append(f"unused={hex(unused) if unused else 0} /* bits 3..8 */")
    return "{" + ", ".join(shown) + "}" + beyond(view, payload.address, 2, payload.length)


def _multicast(view: View, payload: Payload) -> str | None:
    """Groups of a packet socket, each address as long as it says."""

    def one(view: View, data: bytes) -> str:
        index, count = (int.from_bytes(data[at : at + 4], "little") for at in (0, 4))
        kind, length = (int.from_bytes(data[at : at + 2], "little") for at in (8, 10))
        address = quoted(data[12 : 12 + min(length, 32)], 2)
        return (
            f"{{pdmc_index={interface(view, index)}, pdmc_count={count}, pdmc_type={kind}"
            f", pdmc_alen={length}, pdmc_addr={address}}}"
        )

    count = payload.length // _MULTICAST
    return array_text(view, payload.address, count, _MULTICAST, one) if count else None


def _filter(view: View, payload: Payload) -> str | None:
    """The program that chooses packets."""
    count = payload.length // 8
    if not 0 < count <= 0xFFFF:
        return None
    return program_text(view, payload.address, count, socket_operand)


payloads(
    {
        "vfs": lambda: _vfs,
        "bytecode": lambda: _bytecode,
        "host_condition": lambda: _host_condition,
        "socket_addresses": lambda: _socket_addresses,
        "md5_signatures": lambda: _signatures,
        "option_bits": lambda: _option_bits,
        "multicast": lambda: _multicast,
        "socket_filter": lambda: _filter,
    }
)
