"""A response: its head as bytes, and its content from memory or from parts of an open file."""

import os
import re
from functools import lru_cache
from typing import NamedTuple

from ..config.settings import EnvironmentRule
from .dates import http_date
from .request import Request
from .status import DROPS_CONNECTION, NO_CONTENT, STATUS_LINE

Header = tuple[bytes, bytes]
BREAKS_LINE = re.compile(rb"[\r\n]")


class FilePart(NamedTuple):
    """Bytes of the response's file, from an offset on."""

    offset: int
    length: int


class Response:
    """What goes back for one request.

    Attributes:
        status: the status code.
        headers: fields beside those that every response has.
        content: what is sent after the head, in pieces.
        content_length: bytes of content that a GET receives.
        file: descriptor of the file that the parts are of; -1 for none. It is
            the response's own and closed with it.
        use_mmap, use_sendfile: EnableMMAP and EnableSendfile for that file.
        closes: the connection is to end after it, whatever its status says.
        path: the file that the target was mapped to, for %f; b'' for none.
        url_path: the path of the URL in the end, for %U; b'' for that of the target.
        handler: who answered, for %R.
        environment: the rules of sections that were for it, for %e.
        log_id: what names the request in the error log, for %L; None when nothing stands there.
        head: the head, once it is prepared.
        sent: bytes handed to the kernel, head included.
    """

    __slots__ = (
        "closes",
        "content",
        "content_length",
        "environment",
        "file",
        "handler",
        "head",
        "headers",
        "log_id",
        "path",
        "sent",
        "status",
        "url_path",
        "use_mmap",
        "use_sendfile",
    )

    def __init__(self, status: int, headers: list[Header], body: bytes = b"") -> None:
        self.status = status
        self.headers = headers
        self.content: list[bytes | FilePart] = [body] if body else []
        self.content_length = len(body)
        self.file = -1
        self.use_mmap = True
        self.use_sendfile = False
        self.closes = False
        self.path = b""
        self.url_path = b""
        self.handler: bytes | None = None
        self.environment: tuple[EnvironmentRule, ...] = ()
        self.log_id: bytes | None = None
        self.head = b""
        self.sent = 0

    @property
    def content_sent(self) -> int:
        """Bytes of content handed to the kernel."""
        return max(0, self.sent - len(self.head))

    def set_content(self, content: list[bytes | FilePart]) -> None:
        """Have that content, in the order of its pieces."""
        self.content = content
        self.content_length = sum(
            piece.length if isinstance(piece, FilePart) else len(piece) for piece in content
        )

    def prepare(self, request: Request, now: int, software: bytes, persistence: bytes) -> None:
        """Make the head, and drop the content for HEAD.

        Args:
            request: what is answered.
            now: the time in seconds since the epoch.
            software: the Server field.
            persistence: what is said of the connection: none or more lines, each with its CRLF.
        """
        fields = [_start(self.status, now, software), _lines(self.headers)]
        if self.status not in NO_CONTENT:
            fields.append(b"Content-Length: %d\r\n" % self.content_length)
        fields += (persistence, b"\r\n")
        self.head = b"".join(fields)
        if request.method == b"HEAD":
            self.content = []

    def close(self) -> None:
        """Close the file."""
        if self.file >= 0:
            os.close(self.file)
            self.file = -1


def _lines(headers: list[Header]) -> bytes:
    """Return the lines of the fields; one that would be more than a line is left out (RFC 9110, 5.5)."""
    lines = b"".join([b"%b: %b\r\n" % field for field in headers])
    if lines.count(b"\r") == lines.count(b"\n") == len(headers):
        return lines
    return _lines([field for field in headers if not BREAKS_LINE.search(b"".join(field))])


@lru_cache(maxsize=64)
def _start(status: int, now: int, software: bytes) -> bytes:
    """Return what every head begins with; it is the same for a second."""
    return STATUS_LINE[status] + b"Date: " + http_date(now) + b"\r\nServer: " + software + b"\r\n"


def may_keep_alive(response: Response, request: Request) -> bool:
    """Say whether another request may follow this answer.

    It may not where the client expects 100 (Continue) and has no body to send: it may
    still wait for it (ap_set_keepalive of httpd's modules/http/http_protocol.c).
    """
    still_expects = request.expects_continue and not request.content_length
    drops = response.closes or response.status in DROPS_CONNECTION
    return request.keep_alive and not drops and not still_expects
