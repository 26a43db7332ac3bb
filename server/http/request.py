"""One request from the bytes of a connection, as strict as RFC 9112 asks a server to be.

The head is cut out here, so that httpd's limits hold before anything is parsed.
httptools (llhttp) then checks every field line and the framing; what it lets
pass is checked after it: version, Host, transfer codings.
"""

import ipaddress
import re

import httptools

from .body import ChunkedBody, FixedBody
from .status import HttpError

LIMIT_REQUEST_LINE = 8190  # httpd's defaults, include/httpd.h
LIMIT_REQUEST_FIELD_SIZE = 8190
LIMIT_REQUEST_FIELDS = 100
LIMIT_HEAD = 65536

# A bare LF ends the head, too: such a head is complete and wrong (RFC 9112, 2.2).
HEAD_END = re.compile(rb"\r\n\r\n|(?<!\r)\n")
REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!-~]+) HTTP/([0-9])\.([0-9])\r\n")
# uri-host [":" port] of RFC 9112, 3.2; an empty Host is allowed there.
HOST = re.compile(
    rb"(\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::([0-9]*))?"
)
ABSOLUTE_FORM = re.compile(rb"https?://([^/?#]+)([^#]*)", re.IGNORECASE)


class Request:
    """A request whose head is complete.

    Attributes:
        line: the request line as received, for the log.
        method, target: as received; ``target`` is what stands in the request line.
        version: (1, 0) or (1, 1).
        headers: field values by lower-case name; values of one name joined with ', '.
        authority: the Host, or that of an absolute target, as received.
        host: the same in lower case and without port.
        origin: the path and query, '*' for the asterisk form.
        keep_alive: the client lets the connection go on.
        body: what follows the head.
    """

    def __init__(self) -> None:
        self.line = b""
        self.method = b""
        self.target = b""
        self.origin = b"/"
        self.version = (1, 0)
        self.headers: dict[bytes, bytes] = {}
        self.authority = b""
        self.host = b""
        self.keep_alive = False
        self.body: FixedBody | ChunkedBody = FixedBody(0)
        self._fields = 0
        self._host_fields = 0
        self._head_complete = False

    @property
    def expects_continue(self) -> bool:
        """The client waits for 100 (Continue) before it sends the body (RFC 9110, 10.1.1)."""
        return self.version == (1, 1) and self.headers.get(b"expect", b"").lower() == b"100-continue"

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect one field (a callback of httptools)."""
        name, value = name.lower(), value.strip(b" \t")
        self._fields += 1
        self._host_fields += name == b"host"
        if name in self.headers:
            value = self.headers[name] + b", " + value
        self.headers[name] = value

    def on_headers_complete(self) -> None:
        """Note that the head is one for httptools, too (one of its callbacks)."""
        self._head_complete = True

    def parse(self, head: bytes) -> None:
        """Read a head, request line to empty line.

        Raises:
            HttpError: 400, 431, 501 or 505.
        """
        match = REQUEST_LINE.match(head)
        if match is None:
            raise HttpError(400)
        self.method, self.target, major, minor = match.groups()
        if major != b"1":
            raise HttpError(505)
        self.version = (1, min(int(minor), 1))
        self._parse_fields(head, match)
        self._check_host()
        self._set_framing()
        self._set_keep_alive()

    def _parse_fields(self, head: bytes, match: re.Match[bytes]) -> None:
        """Let httptools read the fields.

        It is shown a method and a target of ours: they are checked already, and it
        would stop at methods that it does not know and at CONNECT.
        """
        version = b"%d.%d" % self.version
        try:
            httptools.HttpRequestParser(self).feed_data(
                b"POST / HTTP/" + version + b"\r\n" + head[match.end() :]
            )
        except httptools.HttpParserUpgrade:
            pass  # Upgrade is an offer that a server may ignore (RFC 9110, 7.8)
        except httptools.HttpParserError:
            raise HttpError(400) from None
        if not self._head_complete:
            raise HttpError(400)
        if self._fields > LIMIT_REQUEST_FIELDS:
            raise HttpError(431)

    def _check_host(self) -> None:
        """RFC 9112, 3.2: one valid Host in HTTP/1.1; an absolute target replaces it."""
        if self._host_fields > 1 or (self.version == (1, 1) and not self._host_fields):
            raise HttpError(400)
        self._set_authority(self.headers.get(b"host", b""))
        self.origin = self.target
        if not self.target.startswith(b"/"):
            absolute = ABSOLUTE_FORM.fullmatch(self.target)
            if absolute is not None:
                authority, self.origin = absolute.groups()
                self._set_authority(authority)
                if not self.origin.startswith(b"/"):
                    self.origin = b"/" + self.origin
            elif (self.method, self.target) != (b"OPTIONS", b"*") and self.method != b"CONNECT":
                raise HttpError(400)
        if b"#" in self.target:
            raise HttpError(400)

    def _set_authority(self, authority: bytes) -> None:
        """Take a host and port as received, if they are valid (RFC 3986, 3.2.2)."""
        match = HOST.fullmatch(authority)
        if match is None or (match["ipv6"] and not _is_ipv6(match["ipv6"])):
            raise HttpError(400)
        self.authority = authority
        self.host = match[1].lower()

    def _set_framing(self) -> None:
        """RFC 9112, 6.3: how long the body is. httptools has refused two lengths, and CL with TE."""
        coding = self.headers.get(b"transfer-encoding")
        if coding is not None:
            if self.version == (1, 0):
                raise HttpError(400)
            if coding.lower() != b"chunked":
                raise HttpError(501)
            self.body = ChunkedBody()
        else:
            self.body = FixedBody(int(self.headers.get(b"content-length", b"0")))

    def _set_keep_alive(self) -> None:
        """RFC 9112, 9.3."""
        words = self.headers.get(b"connection", b"").lower().split(b",")
        options = {word.strip() for word in words}
        self.keep_alive = b"close" not in options and (self.version == (1, 1) or b"keep-alive" in options)


def _is_ipv6(text: bytes) -> bool:
    try:
        ipaddress.IPv6Address(text.decode())
    except ValueError:
        return False
    return True


def take_request(data: bytearray) -> Request | None:
    """Take one request head from the front of ``data``; None if it is not complete yet.

    Raises:
        BadRequestError: 400, 414, 431, 501 or 505.
    """
    while data.startswith(b"\r\n"):  # RFC 9112, 2.2: empty lines before a request are skipped
        del data[:2]
    end = HEAD_END.search(data)
    request = partial_request(data)
    try:
        _check_limits(data if end is None else data[: end.end()])
        if end is None:
            return None
        head = bytes(data[: end.end()])
        del data[: end.end()]
        request.parse(head)
    except HttpError as error:
        raise BadRequestError(error.status, request) from None
    return request


def partial_request(data: bytearray) -> Request:
    """Return a request of which only the first line is known, so far as it is there."""
    request = Request()
    request.line = bytes(data[:LIMIT_REQUEST_LINE]).partition(b"\n")[0].rstrip(b"\r")
    return request


class BadRequestError(HttpError):
    """A request that cannot be served; it carries what is known of it."""

    def __init__(self, status: int, request: Request) -> None:
        """Keep the status and the request, whose body is not read any more."""
        super().__init__(status)
        self.request = request
        request.keep_alive = False


def _check_limits(head: bytes | bytearray) -> None:
    """Raise 414 or 431 as soon as what is there is longer than any valid head."""
    line_end = head.find(b"\n")
    line = line_end if line_end >= 0 else len(head)
    if line > LIMIT_REQUEST_LINE + 1:
        raise HttpError(414)
    if len(head) > LIMIT_REQUEST_FIELD_SIZE + line and (
        len(head) > LIMIT_HEAD or max(map(len, head.splitlines())) > LIMIT_REQUEST_FIELD_SIZE
    ):
        raise HttpError(431)
