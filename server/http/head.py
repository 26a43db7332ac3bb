"""A request head, as strict as RFC 9112 asks a server to be.

httptools (llhttp) checks every field line and the framing; what it lets pass is checked
after it: request line, version, Host, transfer codings, expectations.
"""

import ipaddress
import re
from types import MappingProxyType

import httptools

from .request import CHUNKED, Limits, Request
from .status import HttpError

REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!-~]+) HTTP/([0-9])\.([0-9])\r\n")
VERSION = re.compile(rb"HTTP/([0-9])\.([0-9])")
# uri-host [":" port] of RFC 9112, 3.2; an empty Host is allowed there.
HOST = re.compile(
    rb"(\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)"
    rb"(?::(?P<port>[0-9]{0,5}))?"
)
ABSOLUTE_FORM = re.compile(rb"https?://([^/?#]+)([^#]*)", re.IGNORECASE)
CONDITIONS = frozenset(
    (b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since", b"range")
)
TOO_MANY_FIELDS = "The number of request header fields exceeds this server's limit."
MAX_PORT = 65535
LINE_LIMIT = 8192  # bytes of a line that cannot be used that are kept for the log


def parse_head(head: bytes, limits: Limits) -> Request:
    """Read a head, from the request line to the empty line.

    Raises:
        HttpError: 400, 431, 501 or 505.
    """
    match = _request_line(head)
    method, target, _, minor = match.groups()
    version = (1, int(minor))
    headers = _Fields(head[match.end() :], version, limits).values
    authority, host, origin = _target_uri(method, target, headers.get(b"host", b""))
    options = {word.strip() for word in headers.get(b"connection", b"").lower().split(b",")}
    return Request(
        line=match[0][:-2],
        method=method,
        target=target,
        version=version,
        headers=MappingProxyType(headers),
        authority=authority,
        host=host,
        origin=origin,
        keep_alive=b"close" not in options and (version > (1, 0) or b"keep-alive" in options),
        asks_keep_alive=b"keep-alive" in options,
        content_length=_content_length(headers, version),
        expectation=b"" if version == (1, 0) else headers.get(b"expect", b"").lower(),
        is_conditional=not CONDITIONS.isdisjoint(headers),
        head=head,
    )


def partial_request(head: bytes | bytearray) -> Request:
    """Return what the first line of a head that is refused says, so far as it is there: for the log."""
    line = bytes(head[:LINE_LIMIT]).partition(b"\n")[0].rstrip(b"\r")
    method, target, version, *_ = [*line.split(), b"", b"", b""]
    match = VERSION.fullmatch(version)
    return Request(
        line=line,
        method=method,
        target=target,
        origin=target if target.startswith(b"/") else b"",
        version=(int(match[1]), int(match[2])) if match else (1, 0),
    )


def check_request_line(head: bytes) -> None:
    """Check the first line of a head, if it is complete; what follows need not be.

    Raises:
        HttpError: 400 or 505.
    """
    if b"\n" in head:
        _request_line(head)


def _request_line(head: bytes) -> re.Match[bytes]:
    match = REQUEST_LINE.match(head)
    if match is None:
        raise HttpError(400)
    if match[3] != b"1":
        raise HttpError(505)
    return match


class _Fields:
    """The field lines of a head, read by httptools.

    It is shown a method and a target of ours: those received are checked already, and it
    would stop at methods that it does not know and at CONNECT.
    """

    def __init__(self, lines: bytes, version: tuple[int, int], limits: Limits) -> None:
        self.values: dict[bytes, bytes] = {}
        self._hosts = 0
        self._count = 0
        self._complete = False
        try:
            parser = httptools.HttpRequestParser(self)
            parser.feed_data(b"POST / HTTP/%d.%d\r\n" % min(version, (1, 1)) + lines)
        except httptools.HttpParserUpgrade:
            pass  # Upgrade is an offer that a server may ignore (RFC 9110, 7.8)
        except httptools.HttpParserError:
            raise HttpError(400) from None
        # RFC 9112, 3.2: exactly one Host in HTTP/1.1
        if not self._complete or self._hosts > 1 or (version > (1, 0) and not self._hosts):
            raise HttpError(400)
        if 0 < limits.fields < self._count:
            raise HttpError(431, notes=TOO_MANY_FIELDS)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect one field (a callback of httptools)."""
        name, value = name.lower(), value.strip(b" \t")
        self._count += 1
        self._hosts += name == b"host"
        if name in self.values:
            value = self.values[name] + b", " + value
        self.values[name] = value

    def on_headers_complete(self) -> None:
        """Note that the head is one for httptools, too (one of its callbacks)."""
        self._complete = True


def _target_uri(method: bytes, target: bytes, host_field: bytes) -> tuple[bytes, bytes, bytes]:
    """Return authority, host, and path with query (RFC 9112, 3.2 and 3.3).

    The authority of an absolute target takes the place of a Host, which must be valid all the same.
    """
    host = _host(host_field)
    if target.startswith(b"/"):
        if b"#" in target or method == b"CONNECT":
            raise HttpError(400)
        return host_field, host, target
    absolute = ABSOLUTE_FORM.fullmatch(target)
    if absolute is not None:
        authority, path = absolute.groups()
        return authority, _host(authority), path if path.startswith(b"/") else b"/" + path
    if method == b"CONNECT":
        return target, _host(target, with_port=True), target
    if (method, target) != (b"OPTIONS", b"*"):
        raise HttpError(400)
    return host_field, host, target


def _host(authority: bytes, *, with_port: bool = False) -> bytes:
    """Return the host of a valid authority without the dot that may end a full name (RFC 3986, 3.2.2)."""
    match = HOST.fullmatch(authority)
    if match is None or int(match["port"] or 0) > MAX_PORT or (with_port and not match["port"]):
        raise HttpError(400)
    if match["ipv6"]:
        try:
            ipaddress.IPv6Address(match["ipv6"].decode())
        except ValueError:
            raise HttpError(400) from None
    return match[1].lower().removesuffix(b".")


def _content_length(headers: dict[bytes, bytes], version: tuple[int, int]) -> int:
    """RFC 9112, 6.3: how long the body is. httptools has refused two lengths, and CL with TE."""
    coding = headers.get(b"transfer-encoding")
    if coding is None:
        return int(headers.get(b"content-length", b"0"))
    codings = coding.lower().replace(b" ", b"").replace(b"\t", b"").split(b",")
    if version == (1, 0) or codings[-1] != b"chunked" or codings.count(b"chunked") > 1:
        raise HttpError(400)
    if len(codings) > 1:
        raise HttpError(501)
    return CHUNKED
