"""Families of generic netlink: the running kernel gives them their numbers (linux/genetlink.h)."""

import socket
import struct
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

_NETLINK_GENERIC: Final = 16
_CONTROLLER: Final = 0x10  # GENL_ID_CTRL
_NEW_FAMILY, _GET_FAMILY = 1, 3  # CTRL_CMD_...
_FAMILY_ID, _FAMILY_NAME = 1, 2  # CTRL_ATTR_...
_DUMP_REQUEST: Final = 0x301  # NLM_F_DUMP | NLM_F_REQUEST
_HEADER: Final = struct.Struct("=LHHLL")
_GENERIC_HEADER: Final = struct.Struct("=BBH")
_ATTRIBUTE: Final = struct.Struct("=HH")
_ANSWER_SIZE: Final = 1 << 16


@cache
def generic_families() -> Mapping[int, str]:
    """The kernel's families by number; none when it does not tell."""
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_GENERIC) as controller:
            request = _GENERIC_HEADER.pack(_GET_FAMILY, 0, 0)
            controller.settimeout(1)
            controller.send(
                _HEADER.pack(_HEADER.size + len(request), _CONTROLLER, _DUMP_REQUEST, 0, 0) + request
            )
            return dict(_families(controller))
    except OSError:
        return {}


def _families(controller: socket.socket) -> Iterator[tuple[int, str]]:
    """Read the answers to their end."""
    while True:
        answer = controller.recv(_ANSWER_SIZE)
        offset = 0
        while offset + _HEADER.size <= len(answer):
            length, kind, *_ = _HEADER.unpack_from(answer, offset)
            if kind != _CONTROLLER or length < _HEADER.size:
                return
            found = _attributes(answer[offset + _HEADER.size + _GENERIC_HEADER.size : offset + length])
            if _FAMILY_ID in found and _FAMILY_NAME in found:
                name = found[_FAMILY_NAME].rstrip(b"\0").decode("ascii", "replace")
                yield int.from_bytes(found[_FAMILY_ID], "little"), name
            offset += length + -length % 4


def _attributes(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    offset = 0
    while offset + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, offset)
        if length < _ATTRIBUTE.size:
            break
        found.setdefault(kind, data[offset + _ATTRIBUTE.size : offset + length])
        offset += length + -length % 4
    return found
