"""Request bodies, which a static file server reads only to get to what follows them."""

import httptools

from .status import HttpError

CHUNKED_HEAD = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
LIMIT_BESIDE_CONTENT = 65536  # bytes of chunk extensions or trailers with no content between them


class FixedBody:
    """A body of that many bytes; 0 for a request without one (RFC 9112, 6.2)."""

    def __init__(self, length: int) -> None:
        self._remaining = length

    @property
    def complete(self) -> bool:
        """All of it has been read."""
        return self._remaining == 0

    def discard(self, data: bytearray) -> None:
        """Take what belongs to the body from the front of ``data``."""
        taken = min(self._remaining, len(data))
        del data[:taken]
        self._remaining -= taken


class ChunkedBody:
    """A body in chunks (RFC 9112, 7.1), read by a parser that has seen no head but ours."""

    def __init__(self) -> None:
        self.complete = False
        self._beside_content = 0
        self._parser = httptools.HttpRequestParser(self)
        self._parser.feed_data(CHUNKED_HEAD)

    def on_body(self, _: bytes) -> None:
        """Note that content arrived (a callback of httptools)."""
        self._beside_content = 0

    def on_message_complete(self) -> None:
        """Note the end (a callback of httptools)."""
        self.complete = True

    def discard(self, data: bytearray) -> None:
        """Take what belongs to the body from the front of ``data``.

        A chunked body ends at the end of a line, so line by line nothing of the next
        request gets into this parser.

        Raises:
            HttpError: 400, the chunks are broken.
        """
        while data and not self.complete:
            end = data.find(b"\n") + 1 or len(data)
            line = bytes(data[:end])
            del data[:end]
            self._beside_content += len(line)
            try:
                self._parser.feed_data(line)
            except httptools.HttpParserError:
                raise HttpError(400) from None
            if self._beside_content > LIMIT_BESIDE_CONTENT:
                raise HttpError(400)
