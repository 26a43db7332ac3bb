"""netfilter's messages (linux/netfilter/nfnetlink.h)."""

import struct
from typing import Final

from tracekit.tracer.decode.netlink.attributes import attributes_text
from tracekit.tracer.decode.netlink.payloads import Payload
from tracekit.tracer.decode.view import View, pointer

_HEADER: Final = struct.Struct("<BBH")  # struct nfgenmsg
_NFTABLES: Final = 10  # NFNL_SUBSYS_NFTABLES
_BATCH: Final = range(0x10, 0x12)  # NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END


def netfilter_text(view: View, payload: Payload, kind: int) -> str:
    """A header, and attributes of which no more is told than how long they are."""
    if payload.length < _HEADER.size:
        return payload.raw(view)
    data = view.fetch(payload.address, _HEADER.size)
    if data is None:
        return pointer(payload.address)
    family, version, _ = _HEADER.unpack(data)
    resource = _resource(view, data[2:], kind >> 8)
    head = (
        f"{{nfgen_family={view.spell('address_family', family)}"
        f", version={view.spell('nfnetlink_version', version)}, res_id={resource}}}"
    )
    if payload.length == _HEADER.size:
        return head
    rest = payload.rest(_HEADER.size)
    return f"{head}, {rest.raw(view) if kind in _BATCH else attributes_text(view, rest, None)}"


def _resource(view: View, data: bytes, subsystem: int) -> str:
    """Network order is right, but some programs give nf_tables its number in the machine's own."""
    number = int.from_bytes(data, "little")
    ordered = int.from_bytes(data, "big")
    if subsystem == _NFTABLES == ordered:
        return view.names.word(hex(number), "htons(NFNL_SUBSYS_NFTABLES)")
    if subsystem == _NFTABLES == number:
        return view.names.word(hex(number), "NFNL_SUBSYS_NFTABLES")
    return f"htons({ordered})"
