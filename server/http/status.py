"""Status codes: their phrases, and the error that carries one."""

from http import HTTPStatus

STATUS_LINE = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
# As httpd says them; Python's have changed from version to version.
STATUS_LINE[413] = b"HTTP/1.1 413 Request Entity Too Large\r\n"
STATUS_LINE[414] = b"HTTP/1.1 414 Request-URI Too Long\r\n"
STATUS_LINE[416] = b"HTTP/1.1 416 Requested Range Not Satisfiable\r\n"

# They end with their head (RFC 9110, 6.4.1; 205 has a Content-Length of 0).
NO_CONTENT = frozenset({100, 101, 204, 304})

# After these the connection is closed: what follows on it cannot be trusted to be
# a request (ap_status_drops_connection in httpd's include/httpd.h, and 431).
DROPS_CONNECTION = frozenset({400, 408, 411, 413, 414, 417, 431, 500, 501, 503, 505})


class HttpError(Exception):
    """The request ends with this status.

    Attributes:
        status: the status code.
        headers: fields to be sent along.
        reason: what the error log is told, with httpd's AH number; b'' for nothing.
        level: the level of the reason.
        notes: a sentence more for the error page.
    """

    def __init__(
        self,
        status: int,
        headers: tuple[tuple[bytes, bytes], ...] = (),
        reason: bytes = b"",
        level: str = "error",
        notes: str = "",
    ) -> None:
        super().__init__(status)
        self.status = status
        self.headers = headers
        self.reason = reason
        self.level = level
        self.notes = notes


def phrase(status: int) -> str:
    """Return the reason phrase of a status."""
    return STATUS_LINE[status][13:-2].decode()
