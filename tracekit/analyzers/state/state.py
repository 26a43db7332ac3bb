"""What has been found out at one point of the pass over a trace."""

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tracekit.analyzers.state import arguments
from tracekit.analyzers.state.connections import Connection, Name, Request
from tracekit.analyzers.state.descriptors import Descriptors
from tracekit.analyzers.state.folders import Folders, Place
from tracekit.analyzers.state.openfiles import OpenFile
from tracekit.analyzers.state.service import Service
from tracekit.analyzers.state.work import Work
from tracekit.events import Descriptor, Row, Value
from tracekit.syscalls.families import names_of

if TYPE_CHECKING:
    from tracekit.analyzers.state.changes import Change

REPLACING = names_of("dup2", "dup3")
"""The calls that close a descriptor before they give its number to another file (dup(2))."""
RETURNED = re.compile(r"\d+<(.*)>(?:\(deleted\))?", re.DOTALL)


@dataclass(slots=True)
class Opening:
    """One call of the open family.

    Attributes:
        path: the name, absolute where its folder is known.
        row: the call.
        flags: as printed.
        file: what it opened; None when it failed.
        request: the request that it was made for; also by a process that was made for it (CGI).
        jail: the folder that is ``/`` to the process (chroot), when that is known to be another one.
    """

    path: str
    row: Row
    flags: frozenset[str]
    file: OpenFile | None
    request: Request | None
    jail: str | None = None


class Lent(NamedTuple):
    """A name that a thread gave the kernel for a request that another serves, as far as can be told."""

    tid: int | None
    request: Request
    name: Name
    opening: Opening | None


@dataclass(slots=True)
class State:
    """Descriptors, connections and requests as far as the pass has come.

    Attributes:
        checked: the folders that were asked about before there was any request, with the call.
        changes: what was done to files by their names.
        heirs: the processes that were made while a thread worked on a request, and that request.
        work: who works on which request.
        folders: the working directory and the root of each process, where they are known.
        polled: for each epoll descriptor, the connections registered with it, by their data word.
        threads: the living threads of each process, as far as they were seen.
        service: who takes connections and who serves them.
        rings: the calls that show io_uring in use: what is done through it, no trace of calls shows.
        lent: names that threads gave the kernel for requests of others.
        foreign: tasks of lines that are not strace's own, which are left out (see foreign).
        adrift: descriptors that were sent to an end of a unix socket that the trace does not show.
    """

    descriptors: Descriptors = field(default_factory=Descriptors)
    connections: list[Connection] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)
    checked: dict[str, Row] = field(default_factory=dict)
    changes: list["Change"] = field(default_factory=list)
    heirs: dict[int, Request] = field(default_factory=dict)
    work: Work = field(default_factory=Work)
    folders: Folders = field(default_factory=Folders)
    polled: dict[OpenFile, dict[int, OpenFile]] = field(default_factory=dict)
    threads: dict[int, set[int]] = field(default_factory=dict)
    service: Service = field(default_factory=Service)
    rings: list[Row] = field(default_factory=list)
    lent: list[Lent] = field(default_factory=list)
    foreign: frozenset[int] = frozenset()
    adrift: deque[list[OpenFile]] = field(default_factory=deque)

    def place(self, row: Row) -> Place:
        """Return where names begin for the thread that made a call."""
        return self.folders.of(self.descriptors.process(row), row.tid)

    def folder(self, row: Row, value: Value | None = None) -> str | None:
        """Return the folder that a relative name begins at: of a directory descriptor, or the working one."""
        place = self.place(row)
        if isinstance(value, Descriptor) and value.number is None:
            return place.annotated(value.annotation)
        number = arguments.number(value) if value is not None else None
        if number is None or number < 0:
            return place.folder
        file = self.descriptors.at(row, number, arguments.annotation(value) if value is not None else "")
        return place.inside(file.path) if file.opened is None else file.path

    def request_of(self, row: Row, path: str) -> Request | None:
        """Return the request that a path is named for; None when the trace does not tell."""
        return self.work.request_of(self.descriptors.process(row), row.tid, path)

    def heir_of(self, row: Row) -> Request | None:
        """Return the request that the process of a call was made for (CGI); None when it is none's."""
        return self.heirs.get(row.pid or 0)

    def took(self, row: Row, file: OpenFile) -> None:
        """Note that bytes of a file were taken, for a request that it was not opened for."""
        if file.kind != "file" or file.path is None:
            return
        request = self.work.focus.get(row.tid)
        if request is None and (file.request is None or self.work.is_over(file.request)):
            request = self.request_of(row, file.path)
        if request is None or request is file.request or any(n.file is file for n in request.names):
            return
        jail = self.place(row).jail
        self.name(row, request, Name(file.path, "file", opened=False, row=row, file=file, jail=jail))

    def name(self, row: Row, request: Request, name: Name, opening: Opening | None = None) -> None:
        """Enter a name that a call gave the kernel for a request."""
        request.names.append(name)
        if request.serve_tid != row.tid and self.work.focus.get(row.tid) is not request:
            self.lent.append(Lent(row.tid, request, name, opening))

    def settle(self) -> None:
        """Take back what threads were thought to have done for others with whom they have nothing to do."""
        helpers = self.work.helpers() if self.lent else set()
        for lent in self.lent:
            if lent.tid not in helpers:
                lent.request.names = [name for name in lent.request.names if name is not lent.name]
                if lent.opening is not None:
                    lent.opening.request = None
                if lent.name.file is not None and lent.name.file.request is lent.request:
                    lent.name.file.request = None
        self.lent.clear()

    def close(self, file: OpenFile | None, row: Row, *, known: bool = True) -> None:
        """Note that nobody has a file any more.

        Args:
            file: the file; None changes nothing.
            row: the call.
            known: False when it is not the call that closed the file, but shows that it was closed.
        """
        if file is None or file.connection is None:
            return
        if known:
            file.connection.closed = row
        for request in file.connection.requests:
            self.work.over(request)
        self.work.leave(row.tid, file.connection)

    def connect(self, row: Row, fd: int, file: OpenFile) -> Connection:
        """Return the connection that a file is, making one where it is first seen."""
        if file.connection is None:
            file.connection = Connection(
                id=len(self.connections) + 1,
                process=row.pid,
                fd=fd,
                client=file.peer,
                local=file.local,
                listen=file.local,
                is_socket=file.socket,
            )
            self.connections.append(file.connection)
        return file.connection

    def install(
        self, row: Row, fd: int, file: OpenFile, *, cloexec: bool = False, annotation: str = ""
    ) -> None:
        """Let a descriptor stand for a file; what it stood for before is closed."""
        ended = self.descriptors.install(row, fd, file, cloexec=cloexec, annotation=annotation)
        self.close(ended, row, known=row.name in REPLACING)

    @property
    def encrypted(self) -> str:
        """What is to be said of connections whose requests no trace shows; empty when there are none."""
        closed = sum(connection.reader.encrypted for connection in self.connections)
        binary = sum(connection.reader.binary for connection in self.connections)
        said = [f"{closed} connections are encrypted (TLS), which hides their requests"] if closed else []
        said += [f"{binary} connections speak HTTP/2, whose requests are not read here"] if binary else []
        return "; ".join(said)

    def prepare(self, facts: Mapping[int, Mapping[str, Any]]) -> None:
        """Take over what the trace's own notes say about processes: working directory, open files."""
        for pid, known in facts.items():
            self.folders.prepare(pid, known)
            descriptors = known.get("fds")
            if isinstance(descriptors, Mapping):
                for fd, target in descriptors.items():
                    if str(fd).isdecimal():
                        self.descriptors.note(pid, int(fd), str(target))


def returned_annotation(row: Row) -> str:
    """Return the annotation of the descriptor that a call returned; empty without -y."""
    found = RETURNED.fullmatch(row.ret_text or "")
    return found[1] if found else ""
