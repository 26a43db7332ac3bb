"""What each descriptor of each process is, from when to when.

Descriptors belong to a process (its thread group) and their numbers are used
again at once; what they stand for is an open file description, which dup, fork
and SCM_RIGHTS share (open(2), dup(2), fork(2)). A table maps the one to the
other at the point that the pass has reached. Where the log annotates descriptors
(-y, -yy), an annotation that contradicts the table wins: then the call that
changed the descriptor was not traced.
"""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tracekit.analyzers.state import arguments, paths
from tracekit.events import Row, read_annotation

if TYPE_CHECKING:
    from tracekit.analyzers.state.connections import Connection

FIRST_NUMBER = re.compile(r"-?\d+")
SOCKET_KINDS = ("TCP", "UDP", "UNIX", "socket:", "NETLINK", "RAW", "PING", "SCTP", "MPTCP")


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
        accepted: True when accept made it.
        socket: True when a call was seen on it that works on sockets alone.
        references: descriptors that stand for it.
        connection: the connection it is, when a client is at its other end.
    """

    kind: str
    path: str | None = None
    real_path: str | None = None
    opened: Row | None = None
    local: str | None = None
    peer: str | None = None
    accepted: bool = False
    socket: bool = False
    references: int = 0
    bytes_read: int = 0
    bytes_written: int = 0
    bytes_mapped: int = 0
    connection: "Connection | None" = None


@dataclass(slots=True, eq=False)
class Slot:
    """One entry of a table: the file, how the log annotates it, and whether exec closes it."""

    file: OpenFile
    annotation: str = ""
    cloexec: bool = False
    since: Row | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """What one descriptor of one process was, from the call that made it to the call that closed it.

    None at an end stands for "before the trace" and "after it".
    """

    process: int
    fd: int
    file: OpenFile
    since: Row | None
    until: Row | None


@dataclass(slots=True)
class Descriptors:
    """The tables of all processes at one point of the trace, and the spans that ended before it."""

    tables: dict[int, dict[int, Slot]] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    sharing: dict[int, int] = field(default_factory=dict)
    """Processes that use another's table (CLONE_FILES without CLONE_THREAD)."""
    joined: dict[tuple[str, str], OpenFile] = field(default_factory=dict)
    """Open connections by their two addresses: one that is not in a table may be in another's."""

    by_task: bool = False
    """True when only the calls of one task are in order: then each task has a table of its own."""

    def process(self, row: Row) -> int:
        """Return the key of the table that a call works on."""
        if self.by_task:
            return row.tid if row.tid is not None else 0
        pid = row.pid if row.pid is not None else row.tid if row.tid is not None else 0
        return self.sharing.get(pid, pid)

    def table(self, process: int) -> dict[int, Slot]:
        """Return the table of a process."""
        return self.tables.setdefault(process, {})

    def number(self, row: Row) -> int | None:
        """Return the number that the first argument of a call is; None when it is none, or negative."""
        found = FIRST_NUMBER.match(row.args or "")
        return int(found[0]) if found and found[0][0] != "-" else None

    def first(self, row: Row) -> OpenFile | None:
        """Return what the first argument of a call stands for; None when it is no descriptor."""
        text = row.args or ""
        found = FIRST_NUMBER.match(text)
        if not found or (fd := int(found[0])) < 0:
            return None
        slot = self.table(self.process(row)).get(fd)
        end = found.end()
        same = slot is not None and slot.annotation and text.startswith(slot.annotation, end)
        if slot is not None and (same or text[end : end + 1] != "<"):
            return slot.file
        return self.at(row, fd, arguments.annotation(arguments.argument(row, 0)))

    def at(self, row: Row, fd: int, annotation: str = "") -> OpenFile:
        """Return what a descriptor stands for, as the table and the annotation have it."""
        table = self.table(self.process(row))
        slot = table.get(fd)
        if slot is not None and (not annotation or _agrees(slot, annotation)):
            if annotation:
                _learn(slot, annotation)
            return slot.file
        if slot is not None:
            self._end(self.process(row), fd, slot, None)
        table[fd] = slot = Slot(self._from_annotation(annotation))
        slot.file.references += 1
        if annotation:
            _learn(slot, annotation)
        return slot.file

    def install(
        self, row: Row, fd: int, file: OpenFile, *, cloexec: bool = False, annotation: str = ""
    ) -> None:
        """Let a descriptor stand for a file from this call on."""
        process = self.process(row)
        table = self.table(process)
        if fd in table:
            self._end(process, fd, table[fd], row)
        file.references += 1
        table[fd] = slot = Slot(file, cloexec=cloexec, since=row)
        if annotation:
            _learn(slot, annotation)
        if file.local and file.peer:
            self.joined[file.local, file.peer] = file

    def note(self, process: int, fd: int, target: str) -> None:
        """Take over what the trace's notes say of a descriptor: the text of its link in /proc/PID/fd."""
        file = OpenFile(kind_of(target))
        if file.kind == "file":
            file.path = paths.normal(target.removesuffix(" (deleted)"))
        file.references = 1
        self.table(process)[fd] = Slot(file)

    def close(self, row: Row, fd: int) -> OpenFile | None:
        """End a descriptor; return its file when that was the last one for it."""
        process = self.process(row)
        slot = self.table(process).pop(fd, None)
        return self._end(process, fd, slot, row) if slot else None

    def fork(self, row: Row, child: int, *, shared: bool) -> None:
        """Give a new process its parent's table: a copy, or the same one (CLONE_FILES)."""
        parent = self.process(row)
        if shared:
            self.sharing[child] = parent
            return
        self.sharing.pop(child, None)
        self.tables[child] = {
            fd: Slot(slot.file, slot.annotation, slot.cloexec, row) for fd, slot in self.table(parent).items()
        }
        for slot in self.tables[child].values():
            slot.file.references += 1

    def exec(self, row: Row) -> list[OpenFile]:
        """Close what close-on-exec closes; return the files that nobody has any more."""
        table = self.table(self.process(row))
        closing = [fd for fd, slot in table.items() if slot.cloexec]
        return [file for fd in closing if (file := self.close(row, fd))]

    def exit(self, row: Row) -> list[OpenFile]:
        """Close everything that a process has; return the files that nobody has any more."""
        process = self.process(row)
        if self.sharing.pop(row.pid if row.pid is not None else -1, None) is not None:
            return []
        ended = [file for fd in list(self.table(process)) if (file := self.close(row, fd))]
        self.tables.pop(process, None)
        return ended

    def finish(self) -> None:
        """Turn what is open at the end of the trace into spans."""
        for process, table in self.tables.items():
            for fd, slot in table.items():
                self.spans.append(Span(process, fd, slot.file, slot.since, None))

    def _end(self, process: int, fd: int, slot: Slot, row: Row | None) -> OpenFile | None:
        self.spans.append(Span(process, fd, slot.file, slot.since, row))
        slot.file.references -= 1
        if slot.file.references > 0:
            return None
        if (
            slot.file.local
            and slot.file.peer
            and self.joined.get((slot.file.local, slot.file.peer)) is slot.file
        ):
            del self.joined[slot.file.local, slot.file.peer]
        return slot.file

    def _from_annotation(self, annotation: str) -> OpenFile:
        """Return the file of a descriptor whose making was not traced."""
        local, peer = tcp_addresses(annotation)
        if local and peer and (known := self.joined.get((local, peer))):
            return known
        file = OpenFile(kind_of(annotation))
        if local and peer:
            self.joined[local, peer] = file
        return file


def kind_of(annotation: str) -> str:
    """Return the kind of what an annotation names: ``/srv/a``, ``TCP:[...]``, ``pipe:[1]``."""
    if not annotation:
        return "unknown"
    if annotation.startswith("/"):
        return "file"
    return "socket" if annotation.startswith(SOCKET_KINDS) else "other"


def tcp_addresses(annotation: str) -> tuple[str | None, str | None]:
    """Return the near and the far address of ``TCP:[127.0.0.1:80->127.0.0.1:4]``.

    The far one is None for a listener; both are for a socket that strace shows by its inode.
    """
    found = read_annotation(annotation)
    if not found.kind.startswith("TCP") or ":" not in (found.local or ""):
        return None, None
    return _endpoint(found.local), _endpoint(found.peer)


def _endpoint(text: str | None) -> str | None:
    if text is None:
        return None
    host, _, port = text.rpartition(":")
    return arguments.endpoint(host.strip("[]"), port)


def _agrees(slot: Slot, annotation: str) -> bool:
    """Tell whether an annotation can name the file that the table has."""
    file = slot.file
    kind = kind_of(annotation)
    if file.kind not in ("unknown", kind):
        return False
    if kind == "file" and file.real_path:
        return _path_of(annotation) == file.real_path
    local, peer = tcp_addresses(annotation)
    return peer is None or file.peer is None or (local, peer) == (file.local or local, file.peer)


def _learn(slot: Slot, annotation: str) -> None:
    """Keep what an annotation tells about a file."""
    slot.annotation = f"<{annotation}>"
    file = slot.file
    if file.kind == "unknown":
        file.kind = kind_of(annotation)
    if file.kind == "file":
        file.real_path = _path_of(annotation)
        file.path = file.path or file.real_path
    elif file.kind == "socket":
        local, peer = tcp_addresses(annotation)
        file.socket = True
        file.local = file.local or local
        file.peer = file.peer or peer


def _path_of(annotation: str) -> str:
    """Return the path in an annotation, without the device that -yy adds: ``/dev/null<char 1:3>``."""
    return read_annotation(annotation).path or ""
