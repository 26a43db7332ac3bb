"""Open file descriptions (open(2)), the numbers that stand for them, and from when to when they did."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tracekit.events import Row

if TYPE_CHECKING:
    from tracekit.analyzers.state.connections import Connection, Request

UNIX = "unix:"
"""How the addresses of sockets begin that programs of one machine reach each other by (unix(7))."""


@dataclass(slots=True, eq=False)
class OpenFile:
    """One open file description.

    Attributes:
        kind: file, socket (of any sort), other (pipes, epoll and their like), or unknown.
        path: the name it was opened by, absolute where that is known.
        real_path: the kernel's name for it, from an annotation; differs where links were followed.
        opened: the call that made it; None when that was not traced.
        local: of a socket: the near address.
        peer: of a socket: the far address.
        inode: of a socket whose addresses are not shown: its number in the kernel.
        accepted: True when accept made it.
        outgoing: True when connect was called on it, so that the process is the client, or when it is a
            socket of datagrams: no client's connection.
        socket: True when a call was seen on it that works on sockets alone.
        references: descriptors that stand for it.
        connection: the connection it is, when a client is at its other end.
        request: the request that it was opened for.
        end: the other end of a socketpair or pipe.
        passed: files on their way to whoever receives from it (SCM_RIGHTS, unix(7)).
        pid: of a pidfd: the process that it stands for.
    """

    kind: str
    path: str | None = None
    real_path: str | None = None
    opened: Row | None = None
    local: str | None = None
    peer: str | None = None
    inode: str | None = None
    accepted: bool = False
    outgoing: bool = False
    socket: bool = False
    references: int = 0
    bytes_read: int = 0
    bytes_written: int = 0
    bytes_mapped: int = 0
    connection: "Connection | None" = None
    request: "Request | None" = None
    end: "OpenFile | None" = None
    passed: "deque[list[OpenFile]] | None" = None
    pid: int | None = None

    def work_as_socket(self) -> None:
        """Take in a call that works on sockets alone."""
        self.socket = True
        if self.kind == "unknown":
            self.kind = "socket"
        if self.connection is not None:
            self.connection.is_socket = True

    @property
    def ends(self) -> tuple[str | None, str | None]:
        """Both addresses of a connection of TCP; of another socket None and its inode, if known."""
        told = self.local and self.peer and not self.local.startswith(UNIX)
        return (self.local, self.peer) if told else (None, self.inode)


@dataclass(slots=True, eq=False)
class Slot:
    """One entry of a table: the file, how the log annotates it, and whether exec closes it."""

    file: OpenFile
    annotation: str = ""
    cloexec: bool = False
    since: Row | None = None


class Table(dict[int, Slot]):
    """What each number stands for, for all who share it (clone(2), CLONE_FILES).

    Attributes:
        users: the keys of those (Descriptors.tables), each with its process.
    """

    __slots__ = ("users",)

    def __init__(self, slots: Mapping[int, Slot] | None = None) -> None:
        """Begin with nobody's."""
        super().__init__(slots or {})
        self.users: dict[int, int] = {}

    @property
    def process(self) -> int:
        """The process that has had it longest."""
        return next(iter(self.users.values()))

    def copy_at(self, row: Row) -> "Table":
        """Return another one for the same files, as fork makes it."""
        for slot in self.values():
            slot.file.references += 1
        return Table({fd: Slot(slot.file, slot.annotation, slot.cloexec, row) for fd, slot in self.items()})


class Span(NamedTuple):
    """What one descriptor of one process was, from the call that made it to the call that closed it.

    Of a table that several share, the process is the one that has had it longest. None at an end stands for
    "before the trace" and "after it".
    """

    process: int
    fd: int
    file: OpenFile
    since: Row | None
    until: Row | None
