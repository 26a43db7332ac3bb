"""One connection and what a worker does with it until it has to wait.

:meth:`Connection.process` never waits for the next request or for room to write:
it returns the state, and the MPM decides who waits and how. Inside a request it
does wait, and holds its worker, as httpd does.
"""

import errno
import fcntl
import os
import socket
import time
import traceback
from enum import Enum, auto

from ..content.exchange import Exchange
from ..http.framing import BadRequestError
from ..http.request import CONTINUE, Request
from ..http.response import Response, may_keep_alive
from ..http.status import HttpError
from ..http.trace import answer_by_protocol
from ..processes.scoreboard import Status, WorkerScore
from ..runtime import Runtime
from ..sites import Site
from .receiving import ClientGoneError, NoRequestLineError, Receiver, wait
from .sending import Sender
from .transaction import Transaction

LINGER_SECONDS = 30.0  # MAX_SECS_TO_LINGER of httpd's server/connection.c
SHORT_LINGER_SECONDS = 2.0  # SECONDS_TO_LINGER, after a client that was too slow
LINGER_READ_SIZE = 32768
SHORTAGE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})  # of accept
LINGER_READS = 8  # before other connections get their turn
CLOSE = b"Connection: close\r\n"


class State(Enum):
    """What a connection waits for."""

    KEEP_ALIVE = auto()  # the next request
    WRITE = auto()  # room to send
    LINGER = auto()  # the client's end, after ours
    CLOSED = auto()


class Connection:
    """An accepted connection.

    Attributes:
        fd: its descriptor.
        client: address and port of the client's end.
        local: those of ours, once a worker has it.
        accept_tid: LWP that accepted it.
        is_lingering: our end is closed, only the client's end is awaited.
        linger_seconds: how long for at most.
        keep_alive_seconds, timeout_seconds: KeepAliveTimeout and Timeout of the host that it
            is for, as far as that is known, once a worker has it.
    """

    local: tuple[str, int]
    keep_alive_seconds: float
    timeout_seconds: float
    _receiver: Receiver

    def __init__(
        self, accepted: socket.socket, client: tuple[str, int], accept_tid: int, runtime: Runtime
    ) -> None:
        self.fd = accepted.fileno()
        self.client: tuple[str, int] = client[:2]
        self.accept_tid = accept_tid
        self.is_lingering = False
        self.linger_seconds = LINGER_SECONDS
        self._socket = accepted
        self._runtime = runtime
        self._served = 0
        self._current: Transaction | None = None
        self._sender: Sender | None = None
        self._is_new = True
        self._linger_end = 0.0

    def process(self, worker: WorkerScore) -> State:
        """Serve requests until the connection has to wait or ends; no error comes out of this.

        Args:
            worker: the record of the worker that does it.
        """
        try:
            self._take_over(worker)
            while True:
                if self._current is None or self._sender is None:
                    if not self._begin_next(worker):
                        return State.KEEP_ALIVE
                elif not self._sender.send():
                    return State.WRITE
                elif not self._finish(self._current, worker):
                    return State.LINGER
        except ClientGoneError:
            return State.LINGER
        except OSError:  # reset, broken pipe, or a file that has changed
            self.abort()
        except Exception:  # noqa: BLE001  a bug costs one connection, not the worker
            self._runtime.error_log.log("core", "crit", traceback.format_exc(), self.client)
            self.abort()
        return State.CLOSED

    def _take_over(self, worker: WorkerScore) -> None:
        """Have this worker be the one that serves; the first one finds the host (core_create_conn)."""
        worker.begin_connection(self.client[0].encode())
        if self._is_new:
            self._is_new = False
            self.local = self._socket.getsockname()[:2]
            values = self._runtime.sites.select(self.local, b"").values
            self.keep_alive_seconds = values.keep_alive_timeout
            self.timeout_seconds = values.timeout
            self._receiver = Receiver(self.fd, values)
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
        self._linger_end = time.monotonic() + self.linger_seconds
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
        return wait(self.fd, events, seconds)

    def _begin_next(self, worker: WorkerScore) -> bool:
        """Read the next request and make its response ready to be sent; False when none has begun."""
        worker.set(Status.READING)
        error: HttpError | None = None
        try:
            request = self._receiver.next_request(wait_for_first=self._served == 0)
        except BadRequestError as bad:
            request, error = bad.request, bad
        except NoRequestLineError:
            self._log_silence(worker)
            raise ClientGoneError from None
        if request is None:
            return False
        site = self._runtime.sites.select(self.local, request.host)
        exchange = Exchange(request, site, self.client, self.local)
        if error is None and (request.content_length or request.expectation):
            error = self._read_body(exchange)
        worker.set(Status.WRITING)
        worker.begin(site.name, request.line, self._receiver.started_ns // 1000)
        self._begin(exchange, self._respond(exchange, error), worker, may_go_on=error is None)
        return True

    def _read_body(self, exchange: Exchange) -> HttpError | None:
        """Read and forget the body; return what is wrong with it, or with what is expected of us."""
        request = exchange.request
        try:
            if request.expectation not in (b"", CONTINUE):
                raise HttpError(417)
            if request.content_length:
                self._receiver.discard_body(request, self._runtime.handler.body_limit(exchange))
        except HttpError as error:
            return error
        return None

    def _respond(self, exchange: Exchange, error: HttpError | None) -> Response:
        """Have somebody answer: the protocol itself, or the handler."""
        handler = self._runtime.handler
        if error is None:
            try:
                response = answer_by_protocol(
                    exchange.request, trace_enable=exchange.site.values.trace_enable
                )
                return response or handler.respond(exchange)
            except HttpError as refusal:
                error = refusal
        return handler.refuse(exchange, error)

    def _begin(self, exchange: Exchange, response: Response, worker: WorkerScore, *, may_go_on: bool) -> None:
        """Settle whether the connection goes on, and make the head.

        It does not after a request that was wrong, whatever is answered: where that
        request ends, and another one begins, is not known.
        """
        request, site = exchange.request, exchange.site
        self.keep_alive_seconds = site.values.keep_alive_timeout
        self.timeout_seconds = site.values.timeout
        persistence = self._persistence(request, response, site) if may_go_on else CLOSE
        now = time.time_ns() // 10**9
        response.prepare(request, now, self._runtime.config.server_software, persistence)
        if response.status == 408:
            self.linger_seconds = SHORT_LINGER_SECONDS
        self._sender = Sender(self._socket, response)
        self._current = Transaction(
            self,
            request,
            response,
            site,
            self._receiver.started_ns,
            self._served,
            worker.tid,
            keep_alive=persistence != CLOSE,
            request_size=self._receiver.received,
        )

    def _persistence(self, request: Request, response: Response, site: Site) -> bytes:
        """Return what the head says of the connection's future (ap_set_keepalive of httpd)."""
        values = site.values
        most = values.max_keep_alive_requests
        left = most - self._served
        if (
            not may_keep_alive(response, request)
            or not (values.keep_alive and values.keep_alive_timeout > 0)
            or (left <= 0 < most)
            or self._runtime.child.leaving
        ):
            return CLOSE
        if not request.asks_keep_alive:
            return b""
        limit = b", max=%d" % left if most else b""
        seconds = int(values.keep_alive_timeout)
        return b"Keep-Alive: timeout=%d%s\r\nConnection: Keep-Alive\r\n" % (seconds, limit)

    def _log_silence(self, worker: WorkerScore) -> None:
        """Log, as httpd does, a connection on which no first request line came in time."""
        self.linger_seconds = SHORT_LINGER_SECONDS
        if self._served == 0:
            request, response = Request(), Response(408, [])
            site = self._runtime.sites.select(self.local, b"")
            self._end(
                Transaction(self, request, response, site, time.time_ns(), 0, worker.tid, keep_alive=False)
            )

    def _finish(self, done: Transaction, worker: WorkerScore) -> bool:
        """Log and count; True when the connection goes on."""
        worker.set(Status.LOGGING)
        self._end(done)
        worker.count(done.response.content_sent)
        return done.keep_alive

    def _end(self, done: Transaction) -> None:
        self._current = None
        self._sender = None
        self._served += 1
        done.finish()
