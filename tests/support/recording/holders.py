"""Who holds a connection, from proc(5): the truth about servers that do not write down who served whom."""

import contextlib
from pathlib import Path

from tests.support.processes import tree, wait_until


def holder(first: int, server_port: int, client_port: int) -> int:
    """Return the one process of a server, apart from its first, that holds a client's connection.

    It is asked before the client sends anything, so the process waits for the request.
    """

    def holders() -> list[int]:
        inode = _inode(server_port, client_port)
        return [pid for pid in tree(first) if pid != first and _holds(pid, inode)] if inode else []

    (pid,) = wait_until(holders, f"a process that holds the connection from port {client_port}")
    return pid


def _inode(local: int, remote: int) -> str | None:
    """Return the inode of an accepted socket; it has none (0) before the accept."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if (int(words[1].split(":")[1], 16), int(words[2].split(":")[1], 16)) == (local, remote):
            return words[9] if words[9] != "0" else None
    return None


def _holds(pid: int, inode: str) -> bool:
    with contextlib.suppress(OSError):  # it may end meanwhile
        return any(
            str(entry.readlink()) == f"socket:[{inode}]" for entry in Path(f"/proc/{pid}/fd").iterdir()
        )
    return False
