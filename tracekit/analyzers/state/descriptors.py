"""What each descriptor of each process is, from when to when.

Descriptors belong to a process (its thread group), or to a thread that has parted
from it (unshare(2)), and their numbers are used again at once; what they stand for
is an open file description, which dup, fork and SCM_RIGHTS share (open(2), dup(2),
fork(2)). A table maps the one to the other at the point that the pass has reached.
Where the log annotates descriptors (-y, -yy), an annotation that contradicts the
table wins: then the call that changed the descriptor was not traced.
"""

import re
from dataclasses import dataclass, field

from tracekit.analyzers.state import arguments, paths
from tracekit.analyzers.state.annotations import DELETED, agrees, inode_of, learn, path_of
from tracekit.analyzers.state.openfiles import OpenFile, Slot, Span, Table
from tracekit.analyzers.state.sockets import Sockets
from tracekit.events import Row

FIRST_NUMBER = re.compile(r"-?\d+")


@dataclass(slots=True)
class Descriptors:
    """The tables of all processes at one point of the trace, and the spans that ended before it.

    Attributes:
        tables: of each process by its id, and of each thread that has one of its own by minus its id; with
            CLONE_FILES several have the same.
        spans: what descriptors were whose time is over.
        apart: the threads that do not use the table of their process.
        sockets: the open sockets, wherever they are.
        renamed: the names that files have been given, by those that they had.
        by_task: True when only the calls of one task are in order: then each has a table of its own.
    """

    tables: dict[int, Table] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    apart: set[int] = field(default_factory=set)
    sockets: Sockets = field(default_factory=Sockets)
    renamed: dict[str, str] = field(default_factory=dict)
    by_task: bool = False
    _asked: Row | None = None
    _answer: OpenFile | None = None

    def process(self, row: Row) -> int:
        """Return the process that made a call; where only those of one task are in order, the task."""
        pid = row.pid
        if pid is None or self.by_task:
            return row.tid if row.tid is not None else pid or 0
        return pid

    def of(self, row: Row) -> Table:
        """Return the table that a call works on."""
        table = self.tables.get(self._key(row))
        return self._give(self._key(row), self.process(row), Table()) if table is None else table

    def _key(self, row: Row) -> int:
        """Return the key of the table that a call works on."""
        if self.apart and row.tid in self.apart:
            return -row.tid
        pid = row.pid
        return self.process(row) if pid is None or self.by_task else pid

    def number(self, row: Row) -> int | None:
        """Return the number that the first argument of a call is; None when it is none, or negative."""
        found = FIRST_NUMBER.match(row.args or "")
        return int(found[0]) if found and found[0][0] != "-" else None

    def first(self, row: Row) -> OpenFile | None:
        """Return what the first argument of a call stands for; None when it is no descriptor.

        Several functions ask that of one call; what it was at the call's beginning is the answer to all.
        """
        if row is not self._asked:
            self._asked, self._answer = row, self._first(row)
        return self._answer

    def _first(self, row: Row) -> OpenFile | None:
        text = row.args or ""
        found = FIRST_NUMBER.match(text)
        if not found or (fd := int(found[0])) < 0:
            return None
        table = self.tables.get(self._key(row))
        slot = table.get(fd) if table else None
        if slot is not None and slot.annotation and text.startswith(slot.annotation, found.end()):
            return slot.file  # as nearly always
        known = self.shown(row, fd, found.end())
        return known or self.at(row, fd, arguments.annotation(arguments.argument(row, 0)))

    def shown(self, row: Row, fd: int, end: int) -> OpenFile | None:
        """Return what a number in a call's text stands for, if the table has what is printed behind it."""
        table = self.tables.get(self._key(row))
        slot = table.get(fd) if table else None
        if slot is None:
            return None
        text = row.args or ""
        same = slot.annotation and text.startswith(slot.annotation, end)
        return slot.file if same or not text.startswith("<", end) else None

    def at(self, row: Row, fd: int, annotation: str = "") -> OpenFile:
        """Return what a descriptor stands for, as the table and the annotation have it."""
        table = self.of(row)
        slot = table.get(fd)
        if slot is not None and slot.annotation == f"<{annotation}>":
            return slot.file
        if slot is not None and (
            not annotation or agrees(slot, annotation) or self._is_renamed(slot.file, annotation)
        ):
            if annotation:
                self._learn(slot, annotation)
            return slot.file
        if slot is not None:
            self._end(table, fd, slot, None)
        table[fd] = slot = Slot(self.sockets.named(annotation))
        slot.file.references += 1
        if annotation:
            self._learn(slot, annotation)
        return slot.file

    def install(
        self, row: Row, fd: int, file: OpenFile, *, cloexec: bool = False, annotation: str = ""
    ) -> OpenFile | None:
        """Let a descriptor stand for a file from this call on; return what nobody has any more by that."""
        table = self.of(row)
        before = table.get(fd)
        file.references += 1
        ended = self._end(table, fd, before, row) if before is not None else None
        table[fd] = slot = Slot(file, cloexec=cloexec, since=row)
        if annotation:
            learn(slot, annotation)
        if file.kind != "file":
            self.sockets.enter(file, made=True)
        return ended

    def note(self, process: int, fd: int, target: str) -> None:
        """Take over what the trace's notes say of a descriptor: the text of its link in /proc/PID/fd."""
        file = self.sockets.named(target)
        if file.kind == "file":
            file.path = paths.normal(target.removesuffix(DELETED))
        elif inode := inode_of(target):
            file.inode = inode
            self.sockets.enter(file, made=True)
        file.references += 1
        table = self.tables.get(process)
        if table is None:
            table = self._give(process, process, Table())
        table[fd] = Slot(file)

    def close(self, row: Row, fd: int, *, known: bool = True) -> OpenFile | None:
        """End a descriptor; return its file when that was the last one for it.

        Args:
            row: the call.
            fd: the number.
            known: False when it is not this call that ended it.
        """
        table = self.of(row)
        slot = table.pop(fd, None)
        return None if slot is None else self._end(table, fd, slot, row if known else None)

    def fork(self, row: Row, child: int, *, shared: bool) -> list[OpenFile]:
        """Give a new process its maker's table: a copy, or the same one (CLONE_FILES).

        Returns:
            The files that nobody has any more: those of a process whose end the trace does not show.
        """
        table = self.of(row)
        ended = self._leave(child, None)
        self._give(child, child, table if shared else table.copy_at(row))
        return ended

    def thread(self, row: Row, child: int, *, shared: bool) -> None:
        """Give a new thread its maker's table; only one that is not its process's need be noted."""
        self._join(child, None)
        if not shared or (self.apart and row.tid in self.apart):
            table = self.of(row)
            self._part(row, child, table if shared else table.copy_at(row))

    def part(self, row: Row, *, alone: bool) -> None:
        """Give a task a table of its own where it shares one: unshare(CLONE_FILES).

        Args:
            row: the call.
            alone: True when its process has no other thread.
        """
        table, key = self.of(row), self._key(row)
        if len(table.users) > 1:
            del table.users[key]
            self._give(key, self.process(row), table.copy_at(row))
        elif not alone and row.tid is not None and row.tid not in self.apart:
            self._part(row, row.tid, table.copy_at(row))

    def exec(self, row: Row) -> list[OpenFile]:
        """Close what close-on-exec closes; return the files that nobody has any more.

        Only the calling thread goes on, as the first of its process, and it shares its table no longer
        (execve(2)).
        """
        self.part(row, alone=True)
        process, ended = self.process(row), list[OpenFile]()
        if row.tid in self.apart:
            ended = self._leave(process, row)
            self._give(process, process, self.of(row))
        ended += self._end_threads(process, row)
        closing = [fd for fd, slot in self.of(row).items() if slot.cloexec]
        return ended + [file for fd in closing if (file := self.close(row, fd))]

    def exit_thread(self, row: Row) -> list[OpenFile]:
        """Close what a thread has that its process has not; return the files that nobody has any more."""
        return self._join(row.tid, row)

    def exit(self, row: Row) -> list[OpenFile]:
        """Close everything that a process has; return the files that nobody has any more."""
        process = self.process(row)
        return self._end_threads(process, row) + self._leave(process, row)

    def finish(self) -> None:
        """Turn what is open at the end of the trace into spans."""
        for table in {id(table): table for table in self.tables.values()}.values():
            self.spans += [Span(table.process, fd, slot.file, slot.since, None) for fd, slot in table.items()]

    def _give(self, key: int, process: int, table: Table) -> Table:
        self.tables[key] = table
        table.users[key] = process
        return table

    def _part(self, row: Row, tid: int, table: Table) -> None:
        """Let a thread have another table than its process."""
        self.apart.add(tid)
        self._give(-tid, self.process(row), table)

    def _join(self, tid: int | None, row: Row | None) -> list[OpenFile]:
        """Let a number stand for a thread that has parted no longer; return as ``_leave``."""
        if tid is None or tid not in self.apart:
            return []
        self.apart.discard(tid)
        return self._leave(-tid, row)

    def _end_threads(self, process: int, row: Row) -> list[OpenFile]:
        """Take their tables away from all threads of a process that have parted; return as ``_leave``."""
        own = [tid for tid in self.apart if self.tables[-tid].users[-tid] == process]
        return [file for tid in own for file in self._join(tid, row)]

    def _leave(self, key: int, row: Row | None) -> list[OpenFile]:
        """Take a table away from one who has it; return the files that nobody has any more by that."""
        table = self.tables.pop(key, None)
        if table is None:
            return []
        if len(table.users) > 1:
            del table.users[key]
            return []
        return [file for fd, slot in table.items() if (file := self._end(table, fd, slot, row))]

    def _end(self, table: Table, fd: int, slot: Slot, row: Row | None) -> OpenFile | None:
        self.spans.append(Span(table.process, fd, slot.file, slot.since, row))
        return self.release(slot.file)

    def release(self, file: OpenFile) -> OpenFile | None:
        """Take one reference off a file; return it when that was the last."""
        file.references -= 1
        if file.references > 0:
            return None
        if file.kind != "file":
            self.sockets.forget(file)
        return file

    def _is_renamed(self, file: OpenFile, annotation: str) -> bool:
        """Tell whether an annotation has the name that an open file was given since (rename(2))."""
        name, wanted = file.real_path, path_of(annotation).removesuffix(DELETED)
        for _ in self.renamed:
            name = self.renamed.get(name or "")
            if name is None or name == wanted:
                return name is not None
        return False

    def _learn(self, slot: Slot, annotation: str) -> None:
        learn(slot, annotation)
        self.sockets.enter(slot.file, made=False)
