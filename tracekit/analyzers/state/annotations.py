"""What the annotation of a descriptor (-y, -yy) says about the file that the descriptor stands for."""

import re
from typing import TYPE_CHECKING

from tracekit.analyzers.state import arguments
from tracekit.events import read_annotation

if TYPE_CHECKING:
    from tracekit.analyzers.state.openfiles import OpenFile, Slot

SOCKET_KINDS = ("TCP", "UDP", "UNIX", "socket:", "NETLINK", "RAW", "PING", "SCTP", "MPTCP")
DATAGRAMS = ("UDP", "NETLINK", "RAW", "PING")
IN_MEMORY = ("/memfd:", "/anon_hugepage", "/dev/zero (deleted)", "/SYSV")
"""Beginnings of names that are in no folder (memfd_create(2), proc(5))."""
DELETED = " (deleted)"
"""What stands behind the name of an open file that has none any more (proc(5)); strace 5.14 and later put it
behind the annotation."""
INODE = re.compile(r"(socket|pipe|TCP|UNIX)[\w-]*:\[(\d+)(?:->\d+)?[],]")
"""What strace and /proc/PID/fd call a socket or pipe whose addresses they do not tell."""


def kind_of(annotation: str) -> str:
    """Return the kind of what an annotation names: ``/srv/a``, ``TCP:[...]``, ``pipe:[1]``."""
    if not annotation:
        return "unknown"
    if annotation.startswith("/"):
        return "other" if annotation.startswith(IN_MEMORY) else "file"
    return "socket" if annotation.startswith(SOCKET_KINDS) else "other"


def inode_of(annotation: str) -> str | None:
    """Return the inode of a socket, where an annotation tells it; both ends of a pipe have the same."""
    found = INODE.match(annotation)
    return found[2] if found and found[1] != "pipe" else None


def tcp_addresses(annotation: str) -> tuple[str | None, str | None]:
    """Return the near and the far address of ``TCP:[127.0.0.1:80->127.0.0.1:4]``.

    The far one is None for a listener; both are for a socket that strace shows by its inode.
    """
    found = read_annotation(annotation)
    if not found.kind.startswith("TCP") or ":" not in (found.local or ""):
        return None, None
    return _endpoint(found.local), _endpoint(found.peer)


def agrees(slot: "Slot", annotation: str) -> bool:
    """Tell whether an annotation can name the file that the table has.

    One end of a socketpair is no client's but a socket still.
    """
    file = slot.file
    kind = kind_of(annotation)
    if file.kind not in ("unknown", kind) and not (file.end and kind == "socket"):
        return False
    if kind == "file" and file.real_path:
        return path_of(annotation).removesuffix(DELETED) == file.real_path.removesuffix(DELETED)
    inode = inode_of(annotation)
    if inode is not None and file.inode is not None:
        return inode == file.inode
    local, peer = tcp_addresses(annotation)
    return peer is None or file.peer is None or (local, peer) == (file.local or local, file.peer)


def learn(slot: "Slot", annotation: str) -> None:
    """Keep what an annotation tells about a file."""
    slot.annotation = f"<{annotation}>"
    file = slot.file
    if file.kind == "unknown":
        file.kind = kind_of(annotation)
    if file.kind == "file":
        file.real_path = file.real_path or path_of(annotation)
        file.path = file.path or file.real_path
    else:
        _learn_of_socket(file, annotation)


def _learn_of_socket(file: "OpenFile", annotation: str) -> None:
    file.inode = file.inode or inode_of(annotation)
    if file.kind == "socket":
        local, peer = tcp_addresses(annotation)
        file.socket = True
        file.local = file.local or local
        file.peer = file.peer or peer
        file.outgoing |= annotation.startswith(DATAGRAMS) or (not file.accepted and _is_nameless(annotation))


def _is_nameless(annotation: str) -> bool:
    """Tell whether a unix socket has a peer and no name: what accept makes has the listener's (unix(7))."""
    return annotation.startswith("UNIX") and "->" in annotation and '"' not in annotation


def path_of(annotation: str) -> str:
    """Return the path in an annotation, without the device that -yy adds: ``/dev/null<char 1:3>``."""
    return read_annotation(annotation).path or ""


def _endpoint(text: str | None) -> str | None:
    if text is None:
        return None
    host, _, port = text.rpartition(":")
    return arguments.endpoint(host.strip("[]"), port)
