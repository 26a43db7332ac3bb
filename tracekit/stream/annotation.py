"""What an annotation of a descriptor says: ``</srv>``, ``<TCP:[10.0.0.1:80->10.0.0.2:4]>``, ``<pipe:[3]>``.

Source: ``printfd`` and ``print_sockaddr_by_inode`` in strace's src/util.c and src/socketutils.c.
"""

import os
import re
from functools import lru_cache
from typing import NamedTuple

from tracekit.stream.strings import unescape

DEVICE = re.compile(r"(.*?)<(?:char|block) [^<>]*>")
SOCKET = re.compile(r"([\w-]+):\[(.*)\]")
INTERNET = {"TCP", "TCPv6", "UDP", "UDPv6", "UDPLITE", "UDPLITEv6", "RAW", "RAWv6", "SCTP", "SCTPv6"}


class Annotation(NamedTuple):
    """An annotation, read: ``kind`` is ``file``, the protocol, or what stands before the colon."""

    kind: str
    path: str | None = None
    local: str | None = None
    peer: str | None = None


@lru_cache(maxsize=65_536)
def read_annotation(text: str) -> Annotation:
    """Return what an annotation says.

    Args:
        text: what stands between ``<`` and ``>``, as in ``Descriptor.annotation``.
    """
    if text.startswith("/"):
        device = DEVICE.fullmatch(text) if text.endswith(">") else None
        return Annotation("file", path=decode_path(device[1] if device else text))
    found = SOCKET.fullmatch(text)
    if found is None:
        return Annotation(text.partition(":")[0])
    kind, inner = found.groups()
    if kind not in INTERNET:
        return Annotation(kind)
    local, arrow, peer = inner.partition("->")
    return Annotation(kind, local=local, peer=peer if arrow else None)


def decode_path(text: str) -> str:
    """Return a path that strace escaped, as Python has file names (surrogates for what is no UTF-8)."""
    return text if text.isascii() and "\\" not in text else os.fsdecode(unescape(text))
