"""One HTTP/1.x message: its head as far as it is known, and how long its body is.

Framing is RFC 9112, sections 2.1 to 2.3, 6.3 and 7.1.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
"""RFC 9110, 5.6.2: what methods and field names are made of."""
LENGTH = re.compile(rb"[0-9]{1,18}")
LIMIT = 131_072
"""Bytes of a head or of a chunk's line that are waited for: four times what servers take."""


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
        for key, value in self.fields:
            if key == name:
                return value
        return None


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
            fields.append((_name(name), value.strip()))
    return Head(line=whole[0].rstrip(b"\r"), fields=fields, cut=cut, partial=partial)


@lru_cache(maxsize=1024)
def _name(text: bytes) -> bytes:
    """Return the name of a field as it is kept; they are the same few in all messages."""
    return text.strip().lower()


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
                if len(self._line) > LIMIT:
                    self.chunked, self.remaining = False, None
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
    if length is not None and LENGTH.fullmatch(length):
        return Body(int(length))
    return Body(None) if head.cut else Body(otherwise)
