"""What has been found out at one point of the pass over a trace."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracekit.analyzers.state import arguments
from tracekit.analyzers.state.connections import Connection, Request
from tracekit.analyzers.state.descriptors import Descriptors, OpenFile
from tracekit.analyzers.state.service import Service
from tracekit.events import Descriptor, Row, Value, decode_path

RETURNED = re.compile(r"\d+<(.*)>(?:\(deleted\))?", re.DOTALL)


@dataclass(slots=True)
class Opening:
    """One call of the open family.

    Attributes:
        path: the name, absolute where its folder is known.
        row: the call.
        flags: as printed.
        file: what it opened; None when it failed.
        request: the request that its thread was working on.
    """

    path: str
    row: Row
    flags: frozenset[str]
    file: OpenFile | None
    request: Request | None


@dataclass(slots=True)
class State:
    """Descriptors, connections and requests as far as the pass has come.

    Attributes:
        focus: the request that each thread works on: of the connection that it last used.
        folders: the working directory of each process, where it is known.
        polled: for each epoll descriptor, the connections registered with it, by their data word.
        threads: the living threads of each process, as far as they were seen.
        service: who takes connections and who serves them.
    """

    descriptors: Descriptors = field(default_factory=Descriptors)
    connections: list[Connection] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)
    focus: dict[int | None, Request] = field(default_factory=dict)
    folders: dict[int, str] = field(default_factory=dict)
    polled: dict[OpenFile, dict[int, OpenFile]] = field(default_factory=dict)
    threads: dict[int, set[int]] = field(default_factory=dict)
    service: Service = field(default_factory=Service)

    def folder(self, row: Row, value: Value | None = None) -> str | None:
        """Return the folder that a relative name begins at: of a directory descriptor, or the working one."""
        process = self.descriptors.process(row)
        if isinstance(value, Descriptor) and value.number is not None:
            return self.descriptors.at(row, value.number, value.annotation).path
        number = arguments.number(value) if value is not None else None
        if number is not None and number >= 0:
            return self.descriptors.at(row, number).path
        if isinstance(value, Descriptor):
            self.folders[process] = decode_path(value.annotation)
        return self.folders.get(process)

    def close(self, file: OpenFile | None, row: Row) -> None:
        """Note that nobody has a file any more."""
        if file is None or file.connection is None:
            return
        file.connection.closed = row
        request = self.focus.get(row.tid)
        if request is not None and request.connection is file.connection:
            del self.focus[row.tid]

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

    @property
    def encrypted(self) -> str:
        """What is to be said of connections whose requests no trace shows; empty when there are none."""
        count = sum(connection.reader.encrypted for connection in self.connections)
        return f"{count} connections are encrypted (TLS), which hides their requests" if count else ""

    def prepare(self, facts: Mapping[int, Mapping[str, Any]]) -> None:
        """Take over what the trace's own notes say about processes: working directory, open files."""
        for pid, known in facts.items():
            folder, descriptors = known.get("cwd"), known.get("fds")
            if isinstance(folder, str):
                self.folders[pid] = folder
            if isinstance(descriptors, Mapping):
                for fd, target in descriptors.items():
                    if str(fd).isdecimal():
                        self.descriptors.note(pid, int(fd), str(target))


def returned_annotation(row: Row) -> str:
    """Return the annotation of the descriptor that a call returned; empty without -y."""
    found = RETURNED.fullmatch(row.ret_text or "")
    return found[1] if found else ""
