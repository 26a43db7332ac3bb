"""Connections: from the accept that made one to the close that ended it, and who did what on it."""

import re
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from tracekit.analyzers.http import streams
from tracekit.analyzers.http.messages import Head
from tracekit.analyzers.http.targets import Target, read_target
from tracekit.analyzers.state.openfiles import OpenFile
from tracekit.events import Row


@dataclass(slots=True, eq=False)
class Request:
    """One request message, who worked on it, and what was done for it.

    Attributes:
        nth: its place on the connection, from 1.
        head: the message's head, as far as the trace shows it.
        began: the read that returned the first bytes of it.
        row: the read that completed its head.
        serve_tid: the thread that read the head to its end and so does the work.
        ready_ns: when the server could have read it: accept's return, or what epoll or poll reported.
        status: of the final response; None when none was seen, or its line is cut.
        handed: the wake of the thread that read it by the one that accepted the connection, and the wait that
            it ended: the last before this request came to that thread.
        sent: bytes of the response, head included.
        last: the last write of the response.
        writers: threads that wrote the response.
        process: the key (Descriptors.process) of the process that read it.
        names: the file names that threads asked the kernel for while they worked on it, and the files
            opened before of which they took bytes, in order.
    """

    connection: "Connection"
    nth: int
    head: Head
    began: Row
    row: Row
    serve_tid: int | None = None
    ready_ns: int | None = None
    status: int | None = None
    answered: Row | None = None
    handed: tuple[Row, Row] | None = None
    sent: int = 0
    last: Row | None = None
    writers: set[int] = field(default_factory=set)
    names: list["Name"] = field(default_factory=list)
    id: int = 0
    process: int = 0
    _target: Target | None = None

    @property
    def target(self) -> Target:
        """What it asks for, as far as it is shown."""
        if self._target is None:
            self._target = read_target(self.head)
        return self._target

    @property
    def is_dropped(self) -> bool:
        """True when it was read in one with another, and the connection closed without a sign of it."""
        if self.nth == 1 or self.sent or self.names or self.connection.closed is None:
            return False
        before = self.connection.requests[self.nth - 2]
        return before.row is self.row and (before.answered is not None or before.is_dropped)


class Name(NamedTuple):
    """A file name that a thread handed to the kernel.

    Attributes:
        path: absolute where the folder is known; links are not followed.
        kind: file, directory or unknown when the call succeeded; missing when it failed.
        opened: True for the open family, False for stat and its like, and for calls that took bytes of a
            file that had been opened before the request came.
        row: the call.
        file: what it opened, or took bytes of.
        jail: the folder that is ``/`` to the process (chroot), when that is known to be another one.
    """

    path: str
    kind: str
    opened: bool
    row: Row
    file: OpenFile | None = None
    jail: str | None = None


@dataclass(slots=True, eq=False)
class Connection:
    """One connection of a client.

    Attributes:
        process: the process that accepted it, or was first seen with it.
        client: the far address; None when the trace does not show it.
        local: the near address.
        listen: the address of the socket that it was accepted from.
        listener: that socket's number, which processes that were forked have in common.
        accepted: the accept that made it; None when that was not traced.
        closed: the call that closed it for good, or the exit that did.
        is_socket: False while it is not sure that this is a connection at all: an unknown descriptor.
        reader: where the requests that it carries are found.
        writer: where their responses are.
    """

    id: int
    process: int | None
    fd: int
    client: str | None = None
    local: str | None = None
    listen: str | None = None
    listener: int | None = None
    accepted: Row | None = None
    closed: Row | None = None
    is_socket: bool = False
    ready_ns: int | None = None
    requests: list[Request] = field(default_factory=list)
    unanswered: deque[Request] = field(default_factory=deque)
    current: Request | None = None
    began: Row | None = None
    reader: streams.Requests = field(default_factory=streams.Requests)
    writer: streams.Responses = field(default_factory=streams.Responses)


def ended_ns(row: Row) -> int | None:
    """Return when a call returned; None when the log does not tell (without -T)."""
    if row.time_ns is None or row.duration_ns is None:
        return None
    return row.time_ns + row.duration_ns


HTTP_FORM = {
    True: re.compile(rb"[A-Z]+(?: (?:(?:/|\*|https?:)\S*)?(?: H?T?T?P?/?\d?\.?\d?)?)?"),
    False: streams.REQUEST_LINE,
}
"""What a request looks like that nothing answers, where its line was cut (-s), and where it was not."""


def is_request(request: Request) -> bool:
    """Tell whether what was read was a request.

    It was when a response followed; otherwise it has to look like one and to come over a connection. What
    looks like a request of HTTP/0.9, which is answered without a status, has to be answered by something.
    What stood behind another request that was the last on its connection was never looked at.
    """
    if request.answered is not None:
        return True
    if request.is_dropped or not request.connection.is_socket:
        return False
    line = request.head.line
    form = HTTP_FORM[request.head.line_cut]
    return form.fullmatch(line) is not None or (request.sent > 0 and streams.is_simple(line + b"\n"))
