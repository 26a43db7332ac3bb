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

from tracekit.analyzers.state import arguments, paths
from tracekit.analyzers.state.annotations import agrees, inode_of, kind_of, learn, tcp_addresses
from tracekit.analyzers.state.openfiles import OpenFile, Slot, Span
from tracekit.events import Row

FIRST_NUMBER = re.compile(r"-?\d+")


@dataclass(slots=True)
class Descriptors:
    """The tables of all processes at one point of the trace, and the spans that ended before it.

    Attributes:
        tables: what each number of each process stands for; with CLONE_FILES two processes have the same.
        spans: what descriptors were whose time is over.
        shared: processes that may have the same table as others.
        apart: threads that have a table of their own (unshare(2), clone(2) without CLONE_FILES).
        joined: open sockets by their two addresses, or by inode: one that is not in a table may be in
            another's.
        by_task: True when only the calls of one task are in order: then each has a table of its own.
    """

    tables: dict[int, dict[int, Slot]] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    shared: set[int] = field(default_factory=set)
    apart: set[int | None] = field(default_factory=set)
    joined: dict[tuple[str | None, str | None], OpenFile] = field(default_factory=dict)
    by_task: bool = False

    def process(self, row: Row) -> int:
        """Return the key of the table that a call works on."""
        pid = row.pid
        if pid is None or self.by_task or (self.apart and row.tid in self.apart):
            return row.tid if row.tid is not None else pid or 0
        return pid

    def table(self, process: int) -> dict[int, Slot]:
        """Return the table of a process."""
        table = self.tables.get(process)
        if table is None:
            table = self.tables[process] = {}
        return table

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
        table = self.tables.get(self.process(row))
        slot = table.get(fd) if table else None
        if slot is not None and slot.annotation and text.startswith(slot.annotation, found.end()):
            return slot.file  # as nearly always
        known = self.shown(row, fd, found.end())
        return known or self.at(row, fd, arguments.annotation(arguments.argument(row, 0)))

    def shown(self, row: Row, fd: int, end: int) -> OpenFile | None:
        """Return what a number in a call's text stands for, if the table has what is printed behind it."""
        table = self.tables.get(self.process(row))
        slot = table.get(fd) if table else None
        if slot is None:
            return None
        text = row.args or ""
        same = slot.annotation and text.startswith(slot.annotation, end)
        return slot.file if same or not text.startswith("<", end) else None

    def at(self, row: Row, fd: int, annotation: str = "") -> OpenFile:
        """Return what a descriptor stands for, as the table and the annotation have it."""
        process = self.process(row)
        table = self.table(process)
        slot = table.get(fd)
        if slot is not None and slot.annotation == f"<{annotation}>":
            return slot.file
        if slot is not None and (not annotation or agrees(slot, annotation)):
            if annotation:
                self._learn(slot, annotation)
            return slot.file
        if slot is not None:
            self._end(process, fd, slot, None)
        table[fd] = slot = Slot(self.unknown(annotation))
        slot.file.references += 1
        if annotation:
            self._learn(slot, annotation)
        return slot.file

    def install(
        self, row: Row, fd: int, file: OpenFile, *, cloexec: bool = False, annotation: str = ""
    ) -> OpenFile | None:
        """Let a descriptor stand for a file from this call on; return what nobody has any more by that."""
        process = self.process(row)
        table = self.table(process)
        before = table.get(fd)
        file.references += 1
        ended = self._end(process, fd, before, row) if before is not None else None
        table[fd] = slot = Slot(file, cloexec=cloexec, since=row)
        if annotation:
            self._learn(slot, annotation)
        elif file.ends[1]:
            self.joined[file.ends] = file
        return ended

    def note(self, process: int, fd: int, target: str) -> None:
        """Take over what the trace's notes say of a descriptor: the text of its link in /proc/PID/fd."""
        file = self.unknown(target)
        if file.kind == "file":
            file.path = paths.normal(target.removesuffix(" (deleted)"))
        elif inode := inode_of(target):
            file.inode, self.joined[None, inode] = inode, file
        file.references += 1
        self.table(process)[fd] = Slot(file)

    def close(self, row: Row, fd: int, *, known: bool = True) -> OpenFile | None:
        """End a descriptor; return its file when that was the last one for it.

        Args:
            row: the call.
            fd: the number.
            known: False when it is not this call that ended it.
        """
        process = self.process(row)
        slot = self.table(process).pop(fd, None)
        return None if slot is None else self._end(process, fd, slot, row if known else None)

    def fork(self, row: Row, child: int, *, shared: bool) -> None:
        """Give a new task its maker's table: a copy, or the same one (CLONE_FILES)."""
        parent = self.process(row)
        table = self.table(parent)
        self._leave(child, None)
        if shared:
            self.tables[child] = table
            self.shared |= {parent, child}
        else:
            self.tables[child] = _copy(table, row)

    def part(self, row: Row, task: int, *, thread: bool) -> None:
        """Give a task a table of its own: unshare(CLONE_FILES), or a thread made without CLONE_FILES."""
        process = self.process(row)
        table = self.table(process)
        if thread:
            self.apart.add(task)
            self.tables[task] = _copy(table, row)
        elif process in self.shared:
            self.shared.discard(process)
            self.tables[process] = _copy(table, row)

    def exec(self, row: Row) -> list[OpenFile]:
        """Close what close-on-exec closes; return the files that nobody has any more."""
        process = self.process(row)
        self.part(row, process, thread=False)  # execve(2): a shared table is shared no longer
        closing = [fd for fd, slot in self.table(process).items() if slot.cloexec]
        return [file for fd in closing if (file := self.close(row, fd))]

    def exit(self, row: Row) -> list[OpenFile]:
        """Close everything that a process has; return the files that nobody has any more."""
        return self._leave(self.process(row), row)

    def finish(self) -> None:
        """Turn what is open at the end of the trace into spans."""
        done = set[int]()
        for process, table in self.tables.items():
            if id(table) not in done:
                self.spans += [Span(process, fd, slot.file, slot.since, None) for fd, slot in table.items()]
            done.add(id(table))

    def _leave(self, process: int, row: Row | None) -> list[OpenFile]:
        """Take a table away from a process; nobody needs it any more unless it is shared."""
        table = self.tables.pop(process, {})
        if process in self.shared:
            self.shared.discard(process)
            if any(other is table for other in self.tables.values()):
                return []
        return [file for fd, slot in table.items() if (file := self._end(process, fd, slot, row))]

    def _end(self, process: int, fd: int, slot: Slot, row: Row | None) -> OpenFile | None:
        self.spans.append(Span(process, fd, slot.file, slot.since, row))
        return self.release(slot.file)

    def release(self, file: OpenFile) -> OpenFile | None:
        """Take one reference off a file; return it when that was the last."""
        file.references -= 1
        if file.references > 0:
            return None
        for key in ((file.local, file.peer), (None, file.inode)):
            if key in self.joined and self.joined[key] is file:
                del self.joined[key]
        return file

    def _learn(self, slot: Slot, annotation: str) -> None:
        learn(slot, annotation)
        if slot.file.ends[1]:
            self.joined.setdefault(slot.file.ends, slot.file)

    def unknown(self, annotation: str) -> OpenFile:
        """Return the file of a descriptor whose making was not traced."""
        local, peer = tcp_addresses(annotation)
        key = (local, peer) if local and peer else (None, inode_of(annotation))
        known = self.joined.get(key) if key[1] else None
        return known or OpenFile(kind_of(annotation))

    def by_inode(self, inode: str) -> OpenFile:
        """Return the unix socket that has an inode; one that no table has yet is made."""
        return self.joined.setdefault((None, inode), OpenFile("socket", inode=inode, socket=True))


def _copy(table: dict[int, Slot], row: Row) -> dict[int, Slot]:
    """Return a table with descriptors of its own for the same files."""
    for slot in table.values():
        slot.file.references += 1
    return {fd: Slot(slot.file, slot.annotation, slot.cloexec, row) for fd, slot in table.items()}
