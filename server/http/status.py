"""Status codes: their phrases, and the error that carries one."""

from http import HTTPStatus

STATUS_LINE = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
STATUS_LINE[413] = b"HTTP/1.1 413 Content Too Large\r\n"
STATUS_LINE[414] = b"HTTP/1.1 414 URI Too Long\r\n"
STATUS_LINE[416] = b"HTTP/1.1 416 Range Not Satisfiable\r\n"

# They end with their head (RFC 9110, 6.4.1; 205 has a Content-Length of 0).
NO_CONTENT = frozenset({100, 101, 204, 304})

# After these the connection is closed: what follows on it cannot be trusted to be
# a request (ap_status_drops_connection in httpd's include/httpd.h, and 431).
DROPS_CONNECTION = frozenset({400, 408, 411, 413, 414, 431, 500, 501, 503, 505})

EXPLANATION = {
    301: "The document has moved.",
    400: "Your browser sent a request that this server could not understand.",
    403: "You don't have permission to access this resource.",
    404: "The requested URL was not found on this server.",
    405: "The requested method is not allowed for this URL.",
    408: "Server timeout waiting for the HTTP request from the client.",
    412: "The precondition on the request for this URL evaluated to false.",
    413: "The request's content is too large.",
    414: "The requested URL's length exceeds the capacity limit for this server.",
    417: "The expectation given in the Expect request-header field could not be met by this server.",
    431: "The request header fields exceed this server's limit.",
    500: "The server encountered an internal error and was unable to complete your request.",
    501: "The method or transfer coding is not supported by this server.",
    503: "The server is temporarily unable to service your request.",
    505: "The protocol version is not supported by this server.",
}


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
