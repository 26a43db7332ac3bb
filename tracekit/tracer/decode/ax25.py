"""Amateur radio's AX.25: call signs, and the socket addresses that are made of them (linux/ax25.h)."""

import struct
from typing import Final

from tracekit.tracer.decode.members import shortened
from tracekit.tracer.decode.text import quoted
from tracekit.tracer.decode.view import View

_CALL: Final = 7  # AX25_ADDR_LEN
_SHORT: Final = 16  # sizeof(struct sockaddr_ax25)
_MOST_DIGIPEATERS: Final = 8  # AX25_MAX_DIGIS


def full_address(view: View, data: bytes, length: int) -> list[str]:
    """A struct sockaddr_ax25, or with digipeaters behind it a struct full_sockaddr_ax25."""
    (count,) = struct.unpack_from("<i", data, 12)
    shown = [f"sax25_call={call_sign(view, data[2 : 2 + _CALL])}", f"sax25_ndigis={count}"]
    if not count and length <= _SHORT:
        return shown
    shown = ["fsa_ax25={" + ", ".join(shown) + "}"]
    there = min((length - _SHORT) // _CALL, _MOST_DIGIPEATERS)
    wanted = min(max(count, 0), _MOST_DIGIPEATERS)
    if wanted:
        starts = range(_SHORT, _SHORT + min(there, wanted) * _CALL, _CALL)
        signs = [call_sign(view, data[at : at + _CALL]) for at in starts]
        shown.append(f"fsa_digipeater={shortened(view, signs, more=wanted > there)}")
    return [*shown, "..."] if length > _SHORT + there * _CALL else shown


def call_sign(view: View, data: bytes) -> str:
    """``VALID1-13``; beside its bytes, or as bytes alone, when it is not what a call sign should be."""
    style = _doubt(data) or ("abbrev", "verbose", "raw").index(view.names.style)
    raw = f"{{ax25_call={quoted(data, 2)}}}"
    if style == 2:
        return raw
    text = _text(data)
    return f"{raw} /* {text} */" if style else text


def _doubt(data: bytes) -> int:
    """0 for a proper call sign, 1 for one that should not be taken as read, 2 for one that cannot be read."""
    letters = [byte >> 1 for byte in data[:-1]]
    if any(not 0x20 <= one <= 0x7E or one in b"*/" for one in letters):
        return 2
    text = bytes(letters)
    proper = text.rstrip(b" ")
    doubtful = (
        any(byte & 1 for byte in data[:-1])
        or b" " in proper
        or any(not (0x30 <= one <= 0x39 or 0x41 <= one <= 0x5A) for one in proper)
        or data[-1] & ~0x1E
        or (not proper and data[-1])
    )
    return int(bool(doubtful))


def _text(data: bytes) -> str:
    sign = bytes(byte >> 1 for byte in data[:-1]).rstrip(b" ").decode("latin-1")
    text = f"{sign}-{data[-1] >> 1 & 0xF}"
    return "*" if text.startswith("-0") else text
