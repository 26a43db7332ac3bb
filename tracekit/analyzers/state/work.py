"""Who works on which request: the thread that serves it, and others that open its files for it.

A thread works on the request of the connection that it last used. A thread that has none (of libuv's pool,
nginx's, an executor's) works for one that its process has open: the one whose target is the end of the path,
or the only one that there is. Between several nothing is guessed; and the trace has to show, sooner or later,
that the thread and those that serve have to do with each other: one wakes the other, or writes what it reads.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tracekit.analyzers.state.connections import Connection, Request
from tracekit.analyzers.state.openfiles import OpenFile

MOST = 256
"""Open requests of a process that are looked at: in a log without writes or closes they are never over."""


@dataclass(slots=True)
class Work:
    """The requests that are open, and who works on them.

    Attributes:
        focus: the request that each thread works on: of the connection that it last used.
        open: the requests of each process that are not over, in the order in which they were read.
        own: those that a thread has read which have no answer yet, by thread.
        serving: threads that use connections themselves.
        woken: which thread woke which (futex).
        writers: the threads that wrote to a pipe, an eventfd or their like.
        readers: the threads that read from it.
    """

    focus: dict[int | None, Request] = field(default_factory=dict)
    open: dict[int, dict[Request, None]] = field(default_factory=dict)
    own: dict[int | None, dict[Request, None]] = field(default_factory=dict)
    serving: set[int | None] = field(default_factory=set)
    woken: set[tuple[int | None, int | None]] = field(default_factory=set)
    writers: dict[OpenFile, set[int | None]] = field(default_factory=dict)
    readers: dict[OpenFile, set[int | None]] = field(default_factory=dict)

    def begin(self, request: Request, process: int) -> None:
        """Take in a request that was read."""
        request.process = process
        for place in (self.open.setdefault(process, {}), self.own.setdefault(request.serve_tid, {})):
            place[request] = None
            if len(place) > MOST:
                del place[next(iter(place))]

    def answered(self, request: Request) -> None:
        """Take in that the answer to a request has begun."""
        self.own.get(request.serve_tid, {}).pop(request, None)

    def over(self, request: Request) -> None:
        """Take in that a request is answered to its end, or will never be."""
        self.answered(request)
        self.open.get(request.process, {}).pop(request, None)

    def is_over(self, request: Request) -> bool:
        """Tell whether a request is."""
        return request not in self.open.get(request.process, {})

    def use(self, tid: int | None, request: Request) -> None:
        """Take in that a thread uses a request's connection."""
        self.focus[tid] = request
        self.serving.add(tid)

    def leave(self, tid: int | None, connection: Connection | None = None) -> None:
        """Take in that a thread turns to something else: from one connection, or from whatever it was."""
        request = self.focus.get(tid)
        if request is not None and (connection is None or request.connection is connection):
            del self.focus[tid]

    def request_of(self, process: int, tid: int | None, path: str) -> Request | None:
        """Return the request that a thread names a path for; None when the trace does not tell."""
        request = self.focus.get(tid)
        if request is None or (request.serve_tid != tid and self.is_over(request)):
            return self._lent(process, tid, path)
        own = self.own.get(tid, ())
        if len(own) > 1 and not fits(request, path):
            return _only(other for other in own if fits(other, path)) or request
        return request

    def helpers(self) -> set[int | None]:
        """Return the threads that work together with those that serve."""
        pairs = set(self.woken)
        for file, writers in self.writers.items():
            readers = self.readers.get(file, set()) | (
                self.readers.get(file.end, set()) if file.end else set()
            )
            pairs |= {(writer, reader) for writer in writers for reader in readers}
        found = {other for pair in pairs for one, other in (pair, pair[::-1]) if one in self.serving}
        return found | self.serving

    def _lent(self, process: int, tid: int | None, path: str) -> Request | None:
        """Return the request that a thread works for which has not read it."""
        candidates = self.open.get(process)
        if not candidates:
            return None
        fitting = [request for request in candidates if fits(request, path)]
        if fitting:
            waiting = [request for request in fitting if request.answered is None]
            return _only(waiting or fitting)
        request = _only(candidates)
        return None if request is None or (tid in self.serving and request.serve_tid != tid) else request


def fits(request: Request, path: str) -> bool:
    """Tell whether a path ends as the target says that a file's does; the root itself tells nothing."""
    target = request.target
    if target.path is None or target.path == "/":
        return False
    if not target.complete:
        return target.path in path
    return path.endswith(target.path) or (target.folder and path.rpartition("/")[0].endswith(target.path))


def _only(requests: Iterable[Request]) -> Request | None:
    """Return the one request that there is; None of several."""
    found = iter(requests)
    first = next(found, None)
    return first if next(found, None) is None else None
