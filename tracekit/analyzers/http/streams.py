"""HTTP/1.x messages in a stream of which strace may have cut parts away.

Sans-I/O: bytes go in, messages come out. Each piece is ``(data, size)``: what
the trace shows, and how many bytes there really were (``strace -s`` cuts the
rest). What stands in a hole is never made up: a head that runs into one is
given out as far as it is known, and marked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from tracekit.analyzers.http.messages import LIMIT, TOKEN, Body, Head, body_of, read_head

REQUEST_LINE = re.compile(rb"(" + TOKEN + rb") (\S+) HTTP/(\d\.\d)")
CUT_REQUEST_LINE = re.compile(rb"(" + TOKEN + rb")(?: (\S*)(?: H?T?T?P?/?\d?\.?\d?)?)?")
BEGINS = re.compile(rb"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (?:/|\*|http:)")
"""What a request begins with, as far as even short strings (-s 8) show it."""
CUT_STATUS_LINE = re.compile(rb"HTTP/(?:1(?:\.(?:\d(?: (?:\d\d?)?)?)?)?)?")
STATUS_LINE = re.compile(rb"HTTP/1\.\d ([1-5]\d\d)(?: |\r|\n|$)")
SIMPLE = re.compile(rb"GET (/\S*)\r?\n")
"""A request of HTTP/0.9: one line without a version, answered by the file alone (RFC 1945, 4.1)."""
PROXY = re.compile(rb"PROXY (?:TCP4|TCP6|UNKNOWN)[ -~]{0,95}\r\n")
"""What a load balancer may say first of whom it speaks for: the PROXY protocol, version 1."""
PROXY_BINARY = b"\r\n\r\n\0\r\nQUIT\n"
"""The same in version 2; four bytes follow, and as many as the last two of them say."""
HEAD_END = re.compile(rb"\r?\n\r?\n")
FINAL = 200
UNKNOWN = 0
"""Stands for a status that strace has cut off."""
CONTINUE = len(b"HTTP/1.1 100 Continue\r\n\r\n")
HTTP2 = b"PRI * HTTP/2.0"
"""What an HTTP/2 connection begins with (RFC 9113, 3.4)."""
HANDSHAKE = b"\x16"
"""What a TLS connection begins with: the content type of its first record (RFC 8446, 5.1)."""
SWITCHED = 101
REMEMBERED = 1024
"""Heads of responses that are remembered with what they say of the body: a server repeats them."""
WITHOUT_REQUEST_BODY = {b"GET", b"HEAD", b"OPTIONS", b"DELETE", b"TRACE", b"CONNECT"}


class Requests:
    """The requests that a server reads on one connection.

    ``answered`` is set by the caller once the server has begun its response: only
    then can what follows a cut head be told from the rest of that message.
    ``opaque`` is True from where the connection speaks something else, ``binary`` where that is
    HTTP/2; ``encrypted`` when it began as TLS does and was not answered in the clear.
    """

    def __init__(self) -> None:
        self.answered = False
        self.opaque = False
        self.binary = False
        self.encrypted = False
        self._begun = False
        self._head = bytearray()
        self._body = Body(0)
        self._cut: Head | None = None

    def feed(self, data: bytes, size: int) -> list[Head]:
        """Take one piece and return the heads that it completes."""
        if not self._begun:
            skipped = _announcement(data)
            data, size = data[skipped:], size - min(skipped, size)
            if not size:
                return []
            self._begun = True
            self.encrypted = data.startswith(HANDSHAKE)
        if self.encrypted:
            self._head[:] = HANDSHAKE
            return []
        found: list[Head] = []
        while size > 0 and not self.opaque:
            if self._cut is not None and not self._begins_anew(data):
                return found
            self._cut = None
            if not self._body.done:
                taken = self._body.consume(data, size)
                data, size = data[taken:], size - taken
                continue
            data, size, head = self._take_head(data, size)
            if head is not None and head.line == HTTP2:
                self.opaque = self.binary = True
            elif head is not None:
                found.append(head)
                self.answered = False
        return found

    def give_up(self) -> Head:
        """Return the head that has begun as it is: the server answered without waiting for its end."""
        head = read_head(bytes(self._head), cut=False)
        self._head.clear()
        self.opaque, self.encrypted = True, False
        return head

    @property
    def pending(self) -> bool:
        """True when a head has begun that is not complete."""
        return bool(self._head)

    def _begins_anew(self, data: bytes) -> bool:
        """Decide whether bytes after a cut message are another request."""
        cut = self._cut
        method = cut.line.partition(b" ")[0] if cut else b""
        looks_new = REQUEST_LINE.match(data) or BEGINS.match(data)
        return self.answered or (method in WITHOUT_REQUEST_BODY and bool(looks_new))

    def _take_head(self, data: bytes, size: int) -> tuple[bytes, int, Head | None]:
        """Collect a head; return what is left of the piece, and the head once it ends or is cut."""
        if not self._head:
            blank = len(data) - len(data.lstrip(b"\r\n"))
            data, size = data[blank:], size - blank
            if not size:
                return data, size, None
        known = len(self._head)
        self._head += data
        end = HEAD_END.search(self._head, max(0, known - len(b"\r\n\r")))
        if end is None and len(data) == size and not is_simple(self._head):
            self.opaque = len(self._head) > LIMIT
            return b"", 0, None
        text = bytes(self._head)
        self._head.clear()
        if end is None and is_simple(text) and len(data) == size:
            return b"", 0, Head(text.rstrip(b"\r\n"))
        if end is None:
            self._cut = head = read_head(text, cut=True)
            self._body = Body(0)
            return b"", 0, head
        head = read_head(text[: end.start()], cut=False)
        self._body = body_of(head, without=False, otherwise=0)
        used = end.end() - known
        return data[used:], size - used, head


def is_simple(text: bytes | bytearray) -> bool:
    """Tell whether a text is all of a request of HTTP/0.9."""
    return SIMPLE.fullmatch(text) is not None


def _announcement(data: bytes) -> int:
    """Return how many bytes of a connection's first ones are a proxy's, about whom it speaks for."""
    if data.startswith(PROXY_BINARY):
        length = len(PROXY_BINARY) + 4
        return length + int.from_bytes(data[length - 2 : length], "big")
    found = PROXY.match(data)
    return found.end() if found else 0


def is_final(status: int) -> bool:
    """Tell whether a status ends a request: those below 200 announce more (RFC 9110, 15.2), save 101."""
    return status >= FINAL or status in (SWITCHED, UNKNOWN)


def status_of(data: bytes, size: int) -> int | None:
    """Return the status that a response begins with, UNKNOWN when it is cut off; None when none begins."""
    found = STATUS_LINE.match(data)
    if found is not None:
        return int(found[1])
    if size <= len(data) or size == CONTINUE:
        return None
    return UNKNOWN if CUT_STATUS_LINE.fullmatch(data) else None


@dataclass(slots=True)
class Part:
    """A stretch of what a server wrote: ``begins`` holds the status (or UNKNOWN) where a response begins."""

    begins: int | None
    size: int


class Responses:
    """The responses that a server writes on one connection."""

    def __init__(self) -> None:
        self._head = b""
        self._body = Body(0)
        self._method = b""
        self._in_head = False
        self._just_began = False

    @property
    def done(self) -> bool:
        """True when the last response is there to its end, as far as that can be told."""
        return not self._in_head and self._body.done

    @property
    def lacks(self) -> bool:
        """True when a part of the last response is known to be missing."""
        return self._in_head or self._body.chunked or bool(self._body.remaining)

    def feed(self, pieces: list[tuple[bytes, int]], methods: list[bytes]) -> list[Part]:
        """Take what one call wrote and return it as stretches.

        Args:
            pieces: for each buffer, what the trace shows of it and how many bytes it had.
            methods: of the requests that have no response yet, in order.
        """
        waiting = list(reversed(methods))
        self._just_began = False
        return [part for data, size in pieces for part in self._take(data, size, waiting)]

    def _take(self, data: bytes, size: int, waiting: list[bytes]) -> Iterator[Part]:
        """Yield one buffer as stretches; a response takes the method that it answers off the list."""
        while size > 0:
            code = None
            if self._in_head:
                used = self._take_head(data, size)
            elif self._body.done or self._looks_new(data, size, waiting):
                code = status_of(data, size) if waiting else None
                if code is None:
                    yield Part(None, size)
                    return
                self._in_head, self._head = True, b""
                self._method = waiting.pop() if is_final(code) else b""
                used = self._take_head(data, size)
            else:
                self._just_began = False
                used = self._body.consume(data, size)
            yield Part(code, used)
            data, size = data[used:], size - used

    def _looks_new(self, data: bytes, size: int, waiting: list[bytes]) -> bool:
        """Decide whether a response begins here although the end of the last one was not seen.

        What follows a cut head in the same call is its body, whatever it says.
        """
        unknown = self._body.remaining is None and not self._body.chunked
        return unknown and not self._just_began and bool(waiting) and status_of(data, size) is not None

    def _take_head(self, data: bytes, size: int) -> int:
        """Take what belongs to the head, set the body up at its end, return the bytes used."""
        known = len(self._head)
        text = self._head + data
        end = HEAD_END.search(text)
        if end is None and len(data) == size:
            self._head = text
            return size
        status = STATUS_LINE.match(text)
        code = int(status[1]) if status else FINAL
        without = self._method == b"HEAD" or code < FINAL or code in (204, 304)
        length = (0, False) if without else _length(text[: end.start()] if end else text, cut=end is None)
        self._body = Body(*length)
        self._in_head, self._head = False, b""
        self._just_began = end is None
        return size if end is None else end.end() - known


@lru_cache(maxsize=REMEMBERED)
def _length(text: bytes, *, cut: bool) -> tuple[int | None, bool]:
    """Return how long a response's body is by its head, as in ``Body``, and whether it is chunked."""
    body = body_of(read_head(text, cut=cut), without=False, otherwise=None)
    return body.remaining, body.chunked
