"""HTTP/1.x messages in a stream of which strace may have cut parts away.

Sans-I/O: bytes go in, messages come out. Each piece is ``(data, size)``: what
the trace shows, and how many bytes there really were (``strace -s`` cuts the
rest). What stands in a hole is never made up: a head that runs into one is
given out as far as it is known, and marked. Framing is RFC 9112, sections 2.1
to 2.3 and 6.3.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
REQUEST_LINE = re.compile(rb"(" + TOKEN + rb") (\S+) HTTP/(\d\.\d)")
CUT_REQUEST_LINE = re.compile(rb"(" + TOKEN + rb")(?: (\S*)(?: H?T?T?P?/?\d?\.?\d?)?)?")
STATUS_LINE = re.compile(rb"HTTP/1\.\d ([1-5]\d\d)(?: |\r|\n|$)")
HEAD_END = re.compile(rb"\r?\n\r?\n")
FINAL = 200
"""Statuses below this one announce another response to the same request (RFC 9110, 15.2)."""
WITHOUT_REQUEST_BODY = {b"GET", b"HEAD", b"OPTIONS", b"DELETE", b"TRACE", b"CONNECT"}


@dataclass(slots=True)
class Head:
    """The first line and the header fields of one message, as far as the trace shows them.

    Attributes:
        line: the first line, without its end; cut when ``line_cut``.
        fields: header fields that are there whole, names in lower case, in order.
        cut: True when the trace does not show the head to its end.
        line_cut: True when not even the first line is whole.
        partial: the last, cut header line (``Host: two.exa``).
    """

    line: bytes
    fields: list[tuple[bytes, bytes]] = field(default_factory=list)
    cut: bool = False
    line_cut: bool = False
    partial: bytes = b""

    def get(self, name: bytes) -> bytes | None:
        """Return the first value of a header field, or None."""
        return next((value for key, value in self.fields if key == name), None)


def read_head(text: bytes, cut: bool) -> Head:
    """Split a head into its first line and its fields; ``cut`` when its end is not shown."""
    lines = text.split(b"\n")
    whole, partial = (lines[:-1], lines[-1]) if cut else (lines, b"")
    if not whole:
        return Head(line=partial, cut=True, line_cut=True)
    fields = []
    for line in whole[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            fields.append((name.strip().lower(), value.strip()))
    return Head(line=whole[0].rstrip(b"\r"), fields=fields, cut=cut, partial=partial)


@dataclass(slots=True)
class Body:
    """How much of a message's body is still to come.

    ``remaining`` counts bytes; None is "nobody can tell" (a cut head, a close-delimited body).
    """

    remaining: int | None = 0
    chunked: bool = False
    _line: bytes = b""
    _last: bool = False

    def consume(self, data: bytes, size: int) -> int:
        """Take what belongs to the body and return how many bytes that was."""
        if not self.chunked:
            taken = size if self.remaining is None else min(size, self.remaining)
            if self.remaining is not None:
                self.remaining -= taken
            return taken
        return self._consume_chunks(data, size)

    @property
    def done(self) -> bool:
        """True when the next byte begins another message."""
        return not self.chunked and self.remaining == 0

    def _consume_chunks(self, data: bytes, size: int) -> int:
        """Walk over chunk sizes (RFC 9112, 7.1); a hole in a size ends what can be known."""
        taken = 0
        while taken < size:
            if self.remaining:
                step = min(self.remaining, size - taken)
                self.remaining -= step
                taken += step
                continue
            if taken >= len(data):
                self.chunked, self.remaining = False, None
                return size
            end = data.find(b"\n", taken)
            if end < 0:
                self._line += data[taken:]
                taken = len(data)
                continue
            line, self._line = (self._line + data[taken:end]).strip(), b""
            taken = end + 1
            if self._chunk_line(line):
                return taken
        return taken

    def _chunk_line(self, line: bytes) -> bool:
        """Take the line of a chunk's size, or of the trailer; True when the body ends with it."""
        if self._last:
            if not line:
                self.chunked, self.remaining = False, 0
            return not line
        if line:
            digits = line.partition(b";")[0].strip()
            if not re.fullmatch(rb"[0-9a-fA-F]{1,16}", digits):
                self.chunked, self.remaining = False, None
                return False
            self.remaining = int(digits, 16)
            self._last = self.remaining == 0
        return False


def body_of(head: Head, without: bool, otherwise: int | None) -> Body:
    """Return the body that a head announces (RFC 9112, 6.3).

    Args:
        head: the message's head.
        without: True when such a message never has a body.
        otherwise: the length when no field tells it: 0 for requests, None (until close) for responses.
    """
    if without:
        return Body(0)
    if b"chunked" in (head.get(b"transfer-encoding") or b"").lower():
        return Body(0, chunked=True)
    length = head.get(b"content-length")
    if length is not None and re.fullmatch(rb"[0-9]{1,18}", length):
        return Body(int(length))
    return Body(None) if head.cut else Body(otherwise)


class Requests:
    """The requests that a server reads on one connection.

    ``answered`` is set by the caller once the server has begun its response: only
    then can what follows a cut head be told from the rest of that message.
    """

    def __init__(self) -> None:
        self.answered = False
        self._head = b""
        self._body = Body(0)
        self._cut: Head | None = None

    def feed(self, data: bytes, size: int) -> list[Head]:
        """Take one piece and return the heads that it completes."""
        found: list[Head] = []
        while size > 0:
            if self._cut is not None and not self._begins_anew(data):
                return found
            self._cut = None
            if not self._body.done:
                taken = self._body.consume(data, size)
                data, size = data[taken:], size - taken
                continue
            data, size, head = self._take_head(data, size)
            if head is not None:
                found.append(head)
                self.answered = False
        return found

    @property
    def pending(self) -> bool:
        """True when a head has begun that is not complete."""
        return bool(self._head)

    def _begins_anew(self, data: bytes) -> bool:
        """Decide whether bytes after a cut message are another request."""
        cut = self._cut
        method = cut.line.partition(b" ")[0] if cut else b""
        return self.answered or (method in WITHOUT_REQUEST_BODY and bool(REQUEST_LINE.match(data)))

    def _take_head(self, data: bytes, size: int) -> tuple[bytes, int, Head | None]:
        """Collect a head; return what is left of the piece, and the head once it ends or is cut."""
        if not self._head:
            blank = len(data) - len(data.lstrip(b"\r\n"))
            data, size = data[blank:], size - blank
            if not size:
                return data, size, None
        known = len(self._head)
        text = self._head + data
        end = HEAD_END.search(text)
        if end is None and len(data) == size:
            self._head = text
            return b"", 0, None
        self._head = b""
        if end is None:
            self._cut = head = read_head(text, cut=True)
            self._body = Body(0)
            return b"", 0, head
        head = read_head(text[: end.start()], cut=False)
        self._body = body_of(head, without=False, otherwise=0)
        used = end.end() - known
        return data[used:], size - used, head


@dataclass(slots=True)
class Part:
    """A stretch of what a server wrote: ``begins`` holds the status where a response begins with it."""

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
            elif self._body.done or self._looks_new(data, waiting):
                status = STATUS_LINE.match(data) if waiting else None
                if status is None:
                    yield Part(None, size)
                    return
                code = int(status[1])
                self._in_head, self._head = True, b""
                self._method = waiting.pop() if code >= FINAL else b""
                used = self._take_head(data, size)
            else:
                self._just_began = False
                used = self._body.consume(data, size)
            yield Part(code, used)
            data, size = data[used:], size - used

    def _looks_new(self, data: bytes, waiting: list[bytes]) -> bool:
        """Decide whether a response begins here although the end of the last one was not seen.

        What follows a cut head in the same call is its body, whatever it says.
        """
        unknown = self._body.remaining is None and not self._body.chunked
        return unknown and not self._just_began and bool(waiting) and bool(STATUS_LINE.match(data))

    def _take_head(self, data: bytes, size: int) -> int:
        """Take what belongs to the head, set the body up at its end, return the bytes used."""
        known = len(self._head)
        text = self._head + data
        end = HEAD_END.search(text)
        if end is None and len(data) == size:
            self._head = text
            return size
        head = read_head(text[: end.start()] if end else text, cut=end is None)
        status = STATUS_LINE.match(text)
        code = int(status[1]) if status else 200
        without = self._method == b"HEAD" or code < FINAL or code in (204, 304)
        self._body = body_of(head, without=without, otherwise=None)
        self._in_head, self._head = False, b""
        self._just_began = end is None
        return size if end is None else end.end() - known
