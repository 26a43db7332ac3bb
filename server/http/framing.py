"""Request heads from the front of what a connection has received.

A head is cut out before anything in it is parsed, so that httpd's limits hold first. Heads
repeat, since a client says the same of itself each time: a request is only what its head says,
never changes, and is remembered by the bytes of the head.
"""

import re
from functools import lru_cache

from .head import check_request_line, parse_head, partial_request
from .request import Limits, Request
from .status import HttpError

BLANK_LINES = 10  # before a request, DEFAULT_LIMIT_BLANK_LINES of httpd's include/httpd.h
REMEMBERED_HEADS = 512
REMEMBERED_SIZE = 2048  # bytes; a longer head is parsed each time
DEFAULT_LIMITS = Limits()
CR = 13
FIELD_TOO_LONG = "Size of a request header field exceeds server limit."

END = b"\r\n\r\n"
# A bare LF ends the head, too: such a head is complete and wrong (RFC 9112, 2.2).
HEAD_END = re.compile(rb"\r\n\r\n|(?<!\r)\n")


class BadRequestError(HttpError):
    """A request that cannot be served; it carries what is known of it."""

    def __init__(self, error: HttpError, request: Request) -> None:
        """Keep the error and the request, whose body is not read any more."""
        super().__init__(error.status, error.headers, error.reason, error.level, error.notes)
        self.request = request


def take_request(data: bytearray, limits: Limits = DEFAULT_LIMITS) -> Request | None:
    """Take one request head from the front of ``data``; None if it is not complete yet.

    Raises:
        BadRequestError: 400, 414, 431, 501 or 505.
    """
    end = data.find(END, 0, REMEMBERED_SIZE) + 4
    if end < 4 or data[0] == CR:
        return _take_unusual(data, limits)
    head = bytes(data[:end])
    del data[:end]
    try:
        return _remembered(head, limits)
    except HttpError as error:
        raise _refused(error, head) from None


def _take_unusual(data: bytearray, limits: Limits) -> Request | None:
    """Take a head that is not complete yet, long, or has empty lines before it (RFC 9112, 2.2)."""
    start = 0
    while data.startswith(b"\r\n", start):
        start += 2
    end = _end_of_head(data, start)
    head = bytes(data[start:end])
    try:
        if start > 2 * BLANK_LINES:
            raise HttpError(400)
        _check_size(head, limits)
        if end is None:
            check_request_line(head)
            return None
        del data[:end]
        return parse_head(head, limits)
    except HttpError as error:
        raise _refused(error, head) from None


def _end_of_head(data: bytearray, start: int) -> int | None:
    """Return where a head ends; None if it is not complete yet.

    A client may send it byte by byte, so what is asked each time is only what takes next to no time.
    """
    if data.find(END, start) < 0 and data.count(b"\n", start) == data.count(b"\r\n", start):
        return None
    match = HEAD_END.search(data, start)
    return match and match.end()


def _refused(error: HttpError, head: bytes) -> BadRequestError:
    """Return the error with what the log is to say; a line that is too long says nothing."""
    request = partial_request(head)
    return BadRequestError(error, Request(line=request.line) if error.status == 414 else request)


@lru_cache(maxsize=REMEMBERED_HEADS)
def _remembered(head: bytes, limits: Limits) -> Request:
    """Read a whole head."""
    _check_size(head, limits)
    return parse_head(head, limits)


def _check_size(head: bytes, limits: Limits) -> None:
    """Raise 414 or 431 as soon as what is there is too long; httpd, too, lets one byte more pass."""
    line_end = head.find(b"\n")
    line = line_end if line_end >= 0 else len(head)
    if line > limits.line + 2:
        raise HttpError(414)
    if len(head) > limits.field_size + line and (
        len(head) > limits.head or max(map(len, head[line:].splitlines())) > limits.field_size + 1
    ):
        raise HttpError(431, notes=FIELD_TOO_LONG)
