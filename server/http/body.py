"""Request bodies, which a static file server reads only to get to what follows them."""

import re

from .request import CHUNKED
from .status import HttpError

# chunk-size [ chunk-ext ] CRLF (RFC 9112, 7.1); nothing in it can be read in two ways.
TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
QUOTED = rb'"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*+"'
CHUNK_LINE = re.compile(
    rb"([0-9A-Fa-f]{1,64})"
    rb"(?:[ \t]*+;[ \t]*+" + TOKEN + rb"(?:[ \t]*+=[ \t]*+(?:" + TOKEN + rb"|" + QUOTED + rb"))?+)*+\r\n"
)
TRAILER_LINE = re.compile(TOKEN + rb":[\t -~\x80-\xff]*+\r\n")
MOST = 2**63 - 1  # bytes of content, whatever the limit: off_t ends there
LINE_LIMIT = 8190  # bytes of a chunk's or a trailer's line, as LimitRequestFieldSize
LIMIT_BESIDE_CONTENT = 65536  # bytes of chunk lines or trailers with no content between them


class FixedBody:
    """A body of that many bytes (RFC 9112, 6.2)."""

    def __init__(self, length: int) -> None:
        self._remaining = length

    def discard(self, data: bytearray) -> bool:
        """Take what belongs to the body from the front of ``data``; True once it is complete."""
        taken = min(self._remaining, len(data))
        del data[:taken]
        self._remaining -= taken
        return self._remaining == 0


class ChunkedBody:
    """A body in chunks (RFC 9112, 7.1)."""

    def __init__(self, limit: int) -> None:
        """Begin a body of at most ``limit`` bytes of content; 0 for any number."""
        self._limit = limit
        self._size = 0
        self._remaining = 0
        self._line = self._chunk_line
        self._beside_content = 0

    def discard(self, data: bytearray) -> bool:
        """Take what belongs to the body from the front of ``data``; True once it is complete.

        Raises:
            HttpError: 400, the chunks are broken; 413, there is too much in them.
        """
        while data:
            if self._remaining:
                taken = min(self._remaining, len(data))
                del data[:taken]
                self._remaining -= taken
                self._beside_content = 0
                continue
            end = data.find(b"\n", 0, LINE_LIMIT) + 1
            if not end:
                if len(data) >= LINE_LIMIT:
                    raise HttpError(413)
                return False
            line = bytes(data[:end])
            del data[:end]
            self._beside_content += end
            if self._beside_content > LIMIT_BESIDE_CONTENT:
                raise HttpError(413)
            if self._line(line):
                return True
        return False

    def _chunk_line(self, line: bytes) -> bool:
        """Read the line that begins a chunk."""
        match = CHUNK_LINE.fullmatch(line)
        if match is None:
            raise HttpError(400)
        self._remaining = int(match[1], 16)
        self._size += self._remaining
        if self._size > (self._limit or MOST):
            raise HttpError(413)
        self._line = self._chunk_end if self._remaining else self._trailer_line
        return False

    def _chunk_end(self, line: bytes) -> bool:
        """Read the end of line that ends a chunk."""
        if line != b"\r\n":
            raise HttpError(400)
        self._line = self._chunk_line
        return False

    def _trailer_line(self, line: bytes) -> bool:
        """Read a trailer field, which is dropped, or the empty line after the last one."""
        if line != b"\r\n" and not TRAILER_LINE.fullmatch(line):
            raise HttpError(400)
        return line == b"\r\n"


def body_of(content_length: int, limit: int) -> FixedBody | ChunkedBody:
    """Return the body that follows a request head.

    Args:
        content_length: of the request.
        limit: LimitRequestBody, in bytes; 0 for none.

    Raises:
        HttpError: 413, it is too long.
    """
    if content_length == CHUNKED:
        return ChunkedBody(limit)
    if 0 < limit < content_length:
        raise HttpError(413)
    return FixedBody(content_length)
