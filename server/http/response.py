"""A response: its head as bytes, and a body that is bytes or a part of an open file."""

import html
import os

from .. import SERVER_SOFTWARE
from .dates import now
from .request import Request
from .status import DROPS_CONNECTION, EXPLANATION, STATUS_LINE, phrase

SERVER = b"\r\nServer: " + SERVER_SOFTWARE.encode() + b"\r\n"
Header = tuple[bytes, bytes]


class Response:
    """What goes back for one request.

    Attributes:
        status: the status code.
        headers: fields beside those that every response has.
        body: the content, or its first part.
        file: descriptor of the file that the rest comes from; -1 for none. It is
            the response's own and closed with it.
        offset, end: what is still to be sent of the file, in bytes.
        path: the file that the target was mapped to, for %f; b'' for none.
        sent: bytes handed to the kernel, head included.
    """

    __slots__ = ("body", "end", "file", "head", "headers", "offset", "path", "sent", "status")

    def __init__(self, status: int, headers: list[Header], body: bytes = b"") -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.file = -1
        self.offset = 0
        self.end = 0
        self.path = b""
        self.head = b""
        self.sent = 0

    @property
    def content_length(self) -> int:
        """Bytes of content that a GET receives."""
        return len(self.body) + self.end - self.offset

    @property
    def content_sent(self) -> int:
        """Bytes of content handed to the kernel."""
        return max(0, self.sent - len(self.head))

    def prepare(self, request: Request, keep_alive: tuple[int, int] | None) -> None:
        """Make the head, and drop the content for HEAD.

        Args:
            request: what is answered.
            keep_alive: seconds and number of further requests (0: no limit) that are
                offered; None closes.
        """
        fields = [STATUS_LINE[self.status], b"Date: ", now(), SERVER]
        for name, value in self.headers:
            fields += (name, b": ", value, b"\r\n")
        if self.status >= 200 and self.status not in (204, 304):
            fields.append(b"Content-Length: %d\r\n" % self.content_length)
        if keep_alive is None:
            fields.append(b"Connection: close\r\n\r\n")
        else:
            seconds, left = keep_alive
            limit = b", max=%d" % left if left > 0 else b""
            fields.append(b"Keep-Alive: timeout=%d%s\r\nConnection: Keep-Alive\r\n\r\n" % (seconds, limit))
        self.head = b"".join(fields)
        if request.method == b"HEAD":
            self.body = b""
            self.offset = self.end

    def close(self) -> None:
        """Close the file."""
        if self.file >= 0:
            os.close(self.file)
            self.file = -1


def may_keep_alive(response: Response, request: Request) -> bool:
    """Say whether another request may follow this answer."""
    return request.keep_alive and response.status not in DROPS_CONNECTION


def error_response(status: int, headers: tuple[Header, ...] = ()) -> Response:
    """Return the page for an error or a redirect; nothing from the client gets into it."""
    title = html.escape(f"{status} {phrase(status)}")
    explanation = html.escape(EXPLANATION.get(status, ""))
    body = (
        '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n'
        f"<html><head>\n<title>{title}</title>\n</head><body>\n"
        f"<h1>{phrase(status)}</h1>\n<p>{explanation}</p>\n</body></html>\n"
    )
    fields = [*headers, (b"Content-Type", b"text/html; charset=iso-8859-1")]
    return Response(status, fields, body.encode())
