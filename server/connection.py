"""One connection and what a worker does with it until it has to wait.

:meth:`Connection.process` never waits for the next request or for room to write:
it returns the state, and the MPM decides who waits and how. Inside a request it
does wait, for Timeout seconds, and holds its worker, as httpd does.
"""

import errno
import fcntl
import math
import os
import select
import socket
import time
import traceback
from enum import Enum, auto

from .http.request import BadRequestError, Request, partial_request, take_request
from .http.response import Response, error_response, may_keep_alive
from .http.status import HttpError
from .runtime import Runtime
from .scoreboard import Status, WorkerScore
from .sites import Site
from .transaction import Transaction

READ_SIZE = 8000  # httpd's AP_IOBUFSIZE
LINGER_SECONDS = 30.0  # MAX_SECS_TO_LINGER of httpd's server/connection.c
LINGER_READ_SIZE = 32768
SHORTAGE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})  # of accept
LINGER_READS = 8  # before other connections get their turn


class State(Enum):
    """What a connection waits for."""

    KEEP_ALIVE = auto()  # the next request
    WRITE = auto()  # room to send
    LINGER = auto()  # the client's end, after ours
    CLOSED = auto()


class ClientGoneError(Exception):
    """The client closed or reset the connection, or was silent for too long."""


class Connection:
    """An accepted connection.

    Attributes:
        fd: its descriptor.
        client, local: address and port of both ends.
        accept_tid: LWP that accepted it.
        is_lingering: our end is closed, only the client's end is awaited.
    """

    def __init__(
        self, accepted: socket.socket, client: tuple[str, int], accept_tid: int, runtime: Runtime
    ) -> None:
        self.fd = accepted.fileno()
        self.client = client[:2]
        self.local: tuple[str, int] = accepted.getsockname()[:2]
        self.accept_tid = accept_tid
        self._socket = accepted
        self._runtime = runtime
        self._received = bytearray()
        self._started_ns = 0
        self._served = 0
        self._current: Transaction | None = None
        self._unsent: list[bytes | memoryview] = []
        self._is_new = True
        self._linger_end = 0.0
        self.is_lingering = False

    def process(self, worker: WorkerScore) -> State:
        """Serve requests until the connection has to wait or ends; no error comes out of this.

        Args:
            worker: the record of the worker that does it.
        """
        try:
            self._take_over(worker)
            while True:
                if self._current is None:
                    self._current = self._next(worker)
                if self._current is None:
                    return State.KEEP_ALIVE
                if not self._send(self._current.response):
                    return State.WRITE
                if not self._finish(self._current, worker):
                    return State.LINGER
        except ClientGoneError:
            return State.LINGER
        except OSError:  # reset, broken pipe
            self.abort()
        except Exception:  # noqa: BLE001  a bug costs one connection, not the worker
            self._runtime.error_log.log("core", "crit", traceback.format_exc(), self.client)
            self.abort()
        return State.CLOSED

    def _take_over(self, worker: WorkerScore) -> None:
        """Have this worker be the one that serves."""
        if self._is_new:
            self._is_new = False
            fcntl.fcntl(self.fd, fcntl.F_SETFL, os.O_RDWR | os.O_NONBLOCK)
        if self._current is not None:
            self._current.serve_tid = worker.tid

    def abort(self) -> None:
        """Give up: log what was being answered, if anything, and close."""
        if self._current is not None:
            self._current.aborted = True
            self._current.keep_alive = False
            self._end(self._current)
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def start_linger(self) -> bool:
        """Send our end; False when the connection is gone already, and then it is closed."""
        self.is_lingering = True
        self._linger_end = time.monotonic() + LINGER_SECONDS
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.close()
            return False
        return True

    def linger(self, size: int = LINGER_READ_SIZE) -> State:
        """Throw away what still comes; closed once the client has closed, too, or goes on for too long.

        Without this the kernel would answer data that nobody read with a reset, and
        the client could lose the response (RFC 9112, 9.6).
        """
        try:
            for _ in range(LINGER_READS):
                if not os.read(self.fd, size) or time.monotonic() > self._linger_end:
                    break
            else:
                return State.LINGER
        except BlockingIOError:
            return State.LINGER
        except OSError:
            pass
        self.close()
        return State.CLOSED

    def wait(self, events: int, seconds: float) -> bool:
        """Block until the socket is ready; False after that time."""
        poll = select.poll()
        poll.register(self.fd, events)
        return bool(poll.poll(int(seconds * 1000)))

    def _next(self, worker: WorkerScore) -> Transaction | None:
        """Read the next request and prepare its response; None when no request has begun."""
        worker.set(Status.READING)
        bad = 0
        try:
            request = self._read_request()
        except BadRequestError as error:
            request, bad = error.request, error.status
        if request is None:
            return None
        worker.set(Status.WRITING)
        site = self._runtime.sites.select(self.local, request.host)
        if bad:
            response = error_response(bad)
        else:
            authority = request.authority or b"%s:%d" % (site.name, self.local[1])
            response = self._runtime.handler.respond(request, site, authority, self.client)
        return self._begin(request, response, site, worker)

    def _begin(self, request: Request, response: Response, site: Site, worker: WorkerScore) -> Transaction:
        """Settle whether the connection goes on, and make the head ready to be sent."""
        config = self._runtime.config
        left = config.max_keep_alive_requests - self._served
        keep_alive = (
            config.keep_alive
            and may_keep_alive(response, request)
            and (left > 0 or config.max_keep_alive_requests == 0)
        )
        response.prepare(request, (math.ceil(config.keep_alive_timeout), left) if keep_alive else None)
        self._unsent = [response.head, response.body] if response.body else [response.head]
        return Transaction(
            self, request, response, site, self._started_ns, self._served, worker.tid, keep_alive
        )

    def _read_request(self) -> Request | None:
        """Return the next request with its body read; None when none has begun.

        Raises:
            BadRequestError: it is wrong, or does not come to an end within Timeout.
            ClientGoneError: the client closed, or never began.
        """
        self._started_ns = time.time_ns()
        request = None
        while request is None:
            if self._received:
                request = take_request(self._received)
            if request is None and not self._receive():
                if self._served and not self._received:
                    return None
                self._await_data(None)
        if request.expects_continue and not request.body.complete:
            request.keep_alive = False  # the answer comes at once; nobody waits for the body
            return request
        try:
            while not request.body.complete:
                if not self._received and not self._receive():
                    self._await_data(request)
                request.body.discard(self._received)
        except HttpError as error:
            raise BadRequestError(error.status, request) from None
        return request

    def _await_data(self, request: Request | None) -> None:
        """Hold the worker until more of a request is there, for Timeout seconds."""
        if self.wait(select.POLLIN, self._runtime.config.timeout):
            return
        if request is None and not self._received:
            raise ClientGoneError
        raise BadRequestError(408, request or partial_request(self._received))

    def _receive(self) -> bool:
        """Read what is there; False when nothing is.

        Raises:
            ClientGoneError: the client has closed.
        """
        try:
            data = os.read(self.fd, READ_SIZE)
        except BlockingIOError:
            return False
        if not data:
            raise ClientGoneError
        if not self._received:
            self._started_ns = time.time_ns()
        self._received += data
        return True

    def _send(self, response: Response) -> bool:
        """Send what is left of the response; False when the socket is full.

        Head and small content go out in one writev, a large file by sendfile.
        """
        try:
            while self._unsent:
                written = os.writev(self.fd, self._unsent)
                response.sent += written
                self._unsent = _rest(self._unsent, written)
            while response.offset < response.end:
                sent = os.sendfile(self.fd, response.file, response.offset, response.end - response.offset)
                if sent == 0:  # the file has become shorter than its Content-Length
                    raise ConnectionAbortedError
                response.sent += sent
                response.offset += sent
        except BlockingIOError:
            return False
        return True

    def _finish(self, done: Transaction, worker: WorkerScore) -> bool:
        """Log and count; True when the connection goes on."""
        worker.set(Status.LOGGING)
        self._end(done)
        worker.count(done.response.content_sent)
        return done.keep_alive

    def _end(self, done: Transaction) -> None:
        self._current = None
        self._served += 1
        done.finish()


def _rest(buffers: list[bytes | memoryview], written: int) -> list[bytes | memoryview]:
    """Return what is left of the buffers after that many bytes."""
    rest: list[bytes | memoryview] = []
    for buffer in buffers:
        if written < len(buffer):
            rest.append(memoryview(buffer)[written:])
        written = max(0, written - len(buffer))
    return rest
