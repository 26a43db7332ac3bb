"""Which processes to trace, and why one cannot be."""

import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tracekit.errors import UsageError
from tracekit.tracer.kernel import procfs


@dataclass(frozen=True, slots=True)
class Selection:
    """The processes that somebody means."""

    given: tuple[int, ...] = ()
    """Processes (or threads) by number."""
    name: str | None = None
    """The command name (``comm``), exactly."""
    port: int | None = None
    """The TCP port that processes listen on; their descendants, who may serve it, come with them."""
    tree: bool = False
    """All descendants of what was chosen."""

    def pids(self) -> list[int]:
        """Return the processes that are meant, ascending.

        Raises:
            UsageError: nothing was selected, nothing matches, or every pid is gone.
        """
        if not self.given and self.name is None and self.port is None:
            raise UsageError("no process was chosen", "say which: -p PID, --name COMM or --port N")
        gone = self.gone()
        if gone and len(gone) == len(self.given):
            raise UsageError(f"there is no process {gone[0]}", "it may have ended; `ps -e` lists all")
        if self.name is not None and not _named(self.name):
            raise UsageError(f"no process is named {self.name!r}", "`ps -e -o pid,comm` lists the names")
        if self.port is not None and not _listeners(self.port):
            raise UsageError(
                f"no process that you may look into listens on TCP port {self.port}",
                "`ss -ltnp` lists the listeners; those of other users are shown to root only",
            )
        return self.rescan()

    def gone(self) -> list[int]:
        """Return the given processes that have ended: between a look at ps(1) and this one, some do."""
        return [pid for pid in self.given if not Path(f"/proc/{pid}").exists()]

    def rescan(self) -> list[int]:
        """Return the processes that are meant by now; a server may have forked since."""
        chosen = set(self.given)
        if self.name is not None:
            chosen |= _named(self.name)
        if self.port is not None:
            listeners = _listeners(self.port)
            chosen |= listeners | descendants(listeners)
        if self.tree:
            chosen |= descendants(chosen)
        return sorted(chosen - {os.getpid()})


def descendants(pids: Iterable[int]) -> set[int]:
    """Return the processes below these ones, without ourselves; one look at all processes serves all."""
    children: dict[int, list[int]] = defaultdict(list)
    for pid, parent in procfs.parents().items():
        children[parent].append(pid)
    found: set[int] = set()
    above = list(pids)
    while above:
        below = set(children.pop(above.pop(), ())) - found
        found |= below
        above += below
    return found - {os.getpid()}


def _named(name: str) -> set[int]:
    return {pid for pid in procfs.parents() if procfs.comm(pid) == name}


def _listeners(port: int) -> set[int]:
    """Return every process that holds a listening socket of that port; forked servers share theirs."""
    sockets = {f"socket:[{inode}]" for inode in procfs.listening_sockets(port)}
    return {pid for pid in procfs.parents() if sockets and sockets & procfs.open_files(pid)}
