"""Requests from a socket: heads and bodies, and how long a client may take for them.

The worker waits for a request that has begun, as httpd's does: for Timeout, or with
mod_reqtimeout for as long as the client's rate earns it.
"""

import errno
import os
import select
import time

from ..config.model import HostValues, ReadTimeout
from ..http.body import ChunkedBody, FixedBody, body_of
from ..http.framing import BadRequestError, take_request
from ..http.head import partial_request
from ..http.request import Limits, Request
from ..http.status import HttpError

READ_SIZE = 8000  # bytes, httpd's AP_IOBUFSIZE
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LEAST_WAIT_SECONDS = 1.0  # what is left of a time is rounded up to it (mod_reqtimeout's check_time_left)


class ClientGoneError(Exception):
    """The client closed before a request had come, or never began one."""


class NoRequestLineError(Exception):
    """The time for a request ran out before its first line was there: nothing is answered, as in httpd."""


def wait(fd: int, events: int, seconds: float) -> bool:
    """Block until a descriptor is ready; False after that time."""
    poll = select.poll()
    poll.register(fd, events)
    return bool(poll.poll(int(seconds * 1000)))


class Allowance:
    """The time for one stage of a request: Timeout for each read, and mod_reqtimeout's for all of them."""

    def __init__(self, each: float, stage: ReadTimeout | None) -> None:
        now = time.monotonic()
        self._each = each
        self._rate = stage.min_rate if stage else 0
        self._until = now + stage.first if stage else float("inf")
        self._at_most = now + stage.max if stage and stage.max else float("inf")

    def extend(self, received: int) -> None:
        """Give more time for bytes that came, a second for each MinRate of them."""
        if self._rate:
            self._until = min(self._until + received / self._rate, self._at_most)

    def wait(self, fd: int) -> bool:
        """Block until there is something to read; False when the time is up."""
        left = self._until - time.monotonic()
        return left > 0 and wait(fd, select.POLLIN, min(self._each, max(left, LEAST_WAIT_SECONDS)))


class Receiver:
    """What a connection has sent and what becomes of it.

    Attributes:
        started_ns: epoch time of the first byte of the current request.
        received: bytes of the current request that were read.
    """

    __slots__ = ("_data", "_fd", "_limits", "_values", "received", "started_ns")

    def __init__(self, fd: int, values: HostValues) -> None:
        self._fd = fd
        self._values = values
        self._limits = Limits(
            values.limit_request_line, values.limit_request_field_size, values.limit_request_fields
        )
        self._data = bytearray()
        self.started_ns = 0
        self.received = 0

    def next_request(self, *, wait_for_first: bool) -> Request | None:
        """Return the next request, whose body is still to be read; None when none has begun.

        Args:
            wait_for_first: wait for the first byte, too, and not only for the rest.

        Raises:
            BadRequestError: it is wrong, or does not come to an end in time.
            ClientGoneError: the client closed, or never began.
            NoRequestLineError: the time ran out before the first line was complete.
        """
        self.started_ns = time.time_ns()
        request = self._take()
        if request is None and self._read():
            request = self._take()
        if request is None and (self._data or wait_for_first):
            request = self._wait_for_request()
        return request

    def _take(self) -> Request | None:
        if not self._data:
            return None
        self.received = len(self._data)
        request = take_request(self._data, self._limits)
        self.received -= len(self._data)
        return request

    def _wait_for_request(self) -> Request:
        stage = self._values.request_read_timeout
        allowance = Allowance(self._values.timeout, stage and stage.header)
        allowance.extend(len(self._data))
        request = None
        while request is None:
            if not allowance.wait(self._fd):
                self._give_up(408)
            if self._read(allowance):
                request = self._take()
        return request

    def _give_up(self, status: int) -> None:
        """Raise what the end of a head that is not complete amounts to."""
        self.received = len(self._data) or self.received
        head = self._data.lstrip(b"\r\n")
        if b"\n" in head:
            raise BadRequestError(HttpError(status), partial_request(head))
        if status == 408:
            raise NoRequestLineError
        raise ClientGoneError

    def discard_body(self, request: Request, limit: int) -> None:
        """Read the body of a request and forget it; the client is told to go on if it waits for that.

        Args:
            request: whose head was read last.
            limit: LimitRequestBody, 0 for none.

        Raises:
            HttpError: 400, 408 or 413.
        """
        stage = self._values.request_read_timeout
        body = body_of(request.content_length, limit)
        if request.expects_continue:
            self._say_continue()
        allowance = Allowance(self._values.timeout, stage and stage.body)
        try:
            while not self._discard(body):
                if not self._read(allowance) and not allowance.wait(self._fd):
                    raise HttpError(408)
        except ClientGoneError:  # the body ends too early, but somebody may still be listening
            raise HttpError(400) from None

    def _say_continue(self) -> None:
        """Tell the client to send the body; who has left no room for that does not read at all.

        Raises:
            OSError: it cannot be sent whole, and what follows would be taken for its rest.
        """
        if os.write(self._fd, CONTINUE) < len(CONTINUE):
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    def _discard(self, body: FixedBody | ChunkedBody) -> bool:
        self.received += len(self._data)
        try:
            return body.discard(self._data)
        finally:
            self.received -= len(self._data)

    def _read(self, allowance: Allowance | None = None) -> bool:
        """Read what is there; False when nothing is.

        Raises:
            BadRequestError: the client closed in the middle of a head.
            ClientGoneError: it closed.
        """
        try:
            data = os.read(self._fd, READ_SIZE)
        except BlockingIOError:
            return False
        if not data:
            self._give_up(400)
        if not self._data:
            self.started_ns = time.time_ns()
        self._data += data
        if allowance is not None:
            allowance.extend(len(data))
        return True
