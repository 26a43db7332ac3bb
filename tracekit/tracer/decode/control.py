"""Control messages of sockets: descriptors, credentials, times, what the network says (cmsg(3), ip(7))."""

import struct
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from tracekit.syscalls import packings
from tracekit.tracer.decode.files import fd
from tracekit.tracer.decode.members import shortened
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.socket_addresses import address_text
from tracekit.tracer.decode.structs import layouts
from tracekit.tracer.decode.text import quoted
from tracekit.tracer.decode.view import View, pointer

_HEADER: Final = packings("NII")  # struct cmsghdr, <linux/socket.h>
_SOL_IP, _SOL_SOCKET = 0, 1
_MOST: Final = 20480  # net.core.optmem_max where it cannot be read
_LIMIT: Final = Path("/proc/sys/net/core/optmem_max")

Body = Callable[[View, bytes], str]


def control_text(view: View, where: int, size: int) -> str:
    """The control messages of a struct msghdr."""
    length = min(size, _most())
    head = _HEADER[view.abi]
    data = view.fetch(where, length) if length >= head.size else None
    if data is None:
        return pointer(where)
    shown: list[str] = []
    at = 0
    left = length
    while left >= head.size:
        announced, level, kind = head.unpack_from(data, at)
        end = at + min(announced, left)
        shown.append(_message(view, announced, level, kind, data[at + head.size : end]))
        if announced < head.size:
            left -= head.size
            break
        step = announced + -announced % view.abi.word
        left = max(left - step, 0)
        at += step
    if left:
        shown.append(f"... /* {pointer(where + length - left)} */")
    elif length < size:
        shown.append("...")
    return f"[{', '.join(shown)}]"


@cache
def _most() -> int:
    """How much the kernel takes of control messages, in whole words."""
    try:
        most = int(_LIMIT.read_text())
    except (OSError, ValueError):
        most = _MOST
    return most + -most % 8


def _message(view: View, length: int, level: int, kind: int, body: bytes) -> str:
    shown = [f"cmsg_len={length}", f"cmsg_level={view.spell('cmsg_level', level)}"]
    names, bodies = _LEVELS.get(level, ("", {}))
    shown.append(f"cmsg_type={view.spell(names, kind) if names else hexadecimal(kind)}")
    least, text = bodies.get(kind, (0, None))
    if text and len(body) >= least:
        shown.append(f"cmsg_data={text(view, body)}")
    return "{" + ", ".join(shown) + "}"


def _rights(view: View, body: bytes) -> str:
    limit = len(body) if view.options.verbose else view.options.string_limit + 1
    numbers = struct.unpack_from(f"<{min(len(body) // 4, limit)}i", body)
    return shortened(view, [fd(view, number) for number in numbers])


def _structure(name: str) -> Body:
    """A structure of the tables; ``???`` when there is not enough of it."""

    def text(view: View, body: bytes) -> str:
        layout = layouts(name)[view.abi]
        return layout.text(view, body[: layout.packing.size]) if len(body) >= layout.packing.size else "???"

    return text


def _three(name: str) -> Body:
    """SCM_TIMESTAMPING's times: by software, unused, by hardware."""

    def text(view: View, body: bytes) -> str:
        layout = layouts(name)[view.abi]
        size = layout.packing.size
        if len(body) < 3 * size:
            return "???"
        times = (layout.text(view, body[at : at + size]) for at in range(0, 3 * size, size))
        return f"[{', '.join(times)}]"

    return text


def _words(view: View, body: bytes) -> str:
    return shortened(view, [str(one) for one in struct.unpack_from(f"<{len(body) // 4}I", body)])


def _bytes(view: View, body: bytes) -> str:
    return shortened(view, [hexadecimal(byte) for byte in body])


def _label(view: View, body: bytes) -> str:
    return quoted(body, view.options.hex_strings)


def _address(view: View, body: bytes) -> str:
    return address_text(view, body, len(body))


_SOCKET_BODIES: Final[dict[int, tuple[int, Body]]] = {
    1: (4, _rights),
    2: (12, _structure("ucred")),
    3: (1, _label),
    29: (1, _structure("timeval")),
    35: (1, _structure("timespec")),
    37: (1, _three("timespec")),
    63: (1, _structure("timeval64")),
    64: (1, _structure("timespec64")),
    65: (1, _three("timespec64")),
}
_IP_BODIES: Final[dict[int, tuple[int, Body]]] = {
    1: (1, _bytes),
    2: (4, _words),
    3: (1, _label),
    6: (1, _bytes),
    7: (1, _bytes),
    8: (12, _structure("in_pktinfo")),
    11: (32, _structure("sock_extended_err")),
    20: (16, _address),
    23: (4, _words),
}
_LEVELS: Final[dict[int, tuple[str, dict[int, tuple[int, Body]]]]] = {
    _SOL_IP: ("ip_message", _IP_BODIES),
    _SOL_SOCKET: ("scm_type", _SOCKET_BODIES),
}
"""A level's types of messages: of each, how long it is at least and what stands in it."""
