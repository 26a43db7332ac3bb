"""One raw request to one server: every byte of its answers, and what became of the connection.

Nothing here waits for a time to pass. Whether a connection is kept is asked of it: a last
request, for a page that nothing else answers with, is either answered or meets its end.
"""

import contextlib
import re
import socket
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from tests.support.load import TIMEOUT_S, Address
from tests.support.side_by_side import DATA, MTIME_S, repeated

PROBE: Final = b"GET /probe.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
KEPT: Final = b"the connection was kept\n"
STATUS_LINE: Final = re.compile(rb"HTTP/\d\.\d (\d{3})(?: ([^\r\n]*))?\r\n")
HEAD: Final = re.compile(rb"(?s)(HTTP/\d\.\d \d{3}.*?\r\n)\r\n")
ETAG: Final = re.compile(r"\{etag /(\S+)\}")
BOUNDARY: Final = re.compile(r"boundary=\"?([^\";]+)")
NO_BODY: Final = frozenset({204, 304})


@dataclass(frozen=True)
class Asking:
    """One entry of requests/*.toml.

    A line ends with CR LF on the wire, unless it is ``bare``; ``{x*9}`` is nine times x and
    ``{etag /page.html}`` the validator of a file.
    """

    name: str
    pieces: tuple[bytes, ...]
    """What is sent; before each further one an answer (100 is one, too) is waited for."""
    answers: int = 1
    """How many final answers are waited for before the connection is asked whether it is kept."""
    methods: tuple[str, ...] = ()
    port: str = "PORT"
    finish: str = ""
    """shutdown: the client ends its side when all is sent."""

    @property
    def client(self) -> str:
        """A loopback address that no other entry comes from."""
        return f"127.{'.'.join(str(byte % 254 + 1) for byte in sha256(self.name.encode()).digest()[:3])}"


@dataclass(frozen=True)
class Answer:
    """One response, an interim one among them."""

    status_line: bytes
    fields: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def status(self) -> int:
        """The number in the status line; 0 for an answer of HTTP/0.9, which has none."""
        match = STATUS_LINE.match(self.status_line)
        return int(match[1]) if match else 0

    @property
    def boundary(self) -> str:
        """What stands between the parts of a multipart body; empty where it is none."""
        match = BOUNDARY.search(dict(self.fields).get("Content-Type", ""))
        return match[1] if match else ""

    @property
    def body_chance(self) -> int:
        """How many bytes of the body are boundaries, which are as long as chance has it."""
        return self.body.count(self.boundary.encode("latin-1")) * len(self.boundary) if self.boundary else 0

    @property
    def head_chance(self) -> int:
        """How many bytes of the head are a boundary or the name of the server."""
        return len(self.boundary) + len(dict(self.fields).get("Server", ""))


@dataclass(frozen=True)
class Exchange:
    """What one server made of one entry."""

    answers: tuple[Answer, ...]
    end: str
    """kept, closed, reset, or silent when nothing came any more."""
    client: str
    """Its address, by which the access log knows it."""


def askings(group: str) -> dict[str, Asking]:
    """Return the entries of one file of requests, by name."""
    text = (DATA / "requests" / f"{group}.toml").read_text("utf-8")
    return {name: _asking(name, **entry) for name, entry in tomllib.loads(text).items()}


def groups() -> list[str]:
    """Return the names of the files of requests."""
    return sorted(path.stem for path in (DATA / "requests").glob("*.toml"))


def _asking(name: str, send: str | list[str], *, bare: bool = False, **more: Any) -> Asking:
    texts = [send] if isinstance(send, str) else send
    pieces = tuple(_bytes(text, bare=bare) for text in texts)
    methods = more.pop("methods", None) or [piece.split(b" ")[0].decode("latin-1") for piece in pieces]
    return Asking(name, pieces, methods=tuple(methods), **more)


def _bytes(text: str, *, bare: bool) -> bytes:
    text = ETAG.sub(lambda match: _etag(match[1]), repeated(text))
    return (text if bare else re.sub(r"\n", "\r\n", text)).encode("latin-1")


def _etag(name: str) -> str:
    """Return httpd's validator (FileETag MTime Size) of a page of the site."""
    content = tomllib.loads((DATA / "site.toml").read_text("utf-8"))[f"htdocs/{name}"]
    return f'"{len(repeated(content)):x}-{MTIME_S * 1_000_000:x}"'


def exchange(asking: Asking, address: Address) -> Exchange:
    """Send an entry to a server, and the last request behind it."""
    client = _Client(address, asking)
    with client.socket:
        for number, piece in enumerate(asking.pieces):
            if number:
                client.wait_for(number, interim=True)
            client.send(piece)
        if asking.finish == "shutdown":
            client.finish()
            client.wait_for(None)
        else:
            client.wait_for(asking.answers)
            client.send(PROBE)
            client.wait_for(None)
        return client.result()


class _Client:
    """A connection, and what came over it."""

    def __init__(self, address: Address, asking: Asking) -> None:
        self.socket = socket.create_connection(address, TIMEOUT_S, (asking.client, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._address = asking.client
        self._methods = asking.methods
        self._data = bytearray()
        self._end = ""

    def send(self, data: bytes) -> None:
        """Send; what the server does not take any more is no error."""
        with contextlib.suppress(OSError):
            self.socket.sendall(data)

    def finish(self) -> None:
        """End our side."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def wait_for(self, count: int | None, *, interim: bool = False) -> None:
        """Receive until there are that many complete answers, or the end; None waits for the end."""
        while not self._end:
            found = split(bytes(self._data), self._methods)[0]
            if count is not None and sum(interim or one.status >= 200 for one in found) >= count:
                return
            try:
                data = self.socket.recv(1 << 20)
            except (ConnectionResetError, TimeoutError) as error:
                self._end = "reset" if isinstance(error, ConnectionResetError) else "silent"
                return
            self._data += data
            self._end = "" if data else "closed"

    def result(self) -> Exchange:
        """Return what came, without the answer to the last request."""
        found, rest = split(bytes(self._data), self._methods)
        if rest:
            found.append(_last(rest))
        kept = bool(found) and found[-1].body == KEPT
        answers = tuple(found[:-1] if kept else found)
        return Exchange(answers, "kept" if kept else self._end, self._address)


def split(data: bytes, methods: Sequence[str]) -> tuple[list[Answer], bytes]:
    """Return the complete answers that some bytes begin with, and what is left behind them."""
    found: list[Answer] = []
    finals = 0
    while match := HEAD.match(data):
        method = methods[finals] if finals < len(methods) else "GET"
        answer, rest = _one(match, data, method)
        if answer is None:
            break
        found.append(answer)
        finals += answer.status >= 200
        data = rest
    return found, data


def _one(match: re.Match[bytes], data: bytes, method: str) -> tuple[Answer | None, bytes]:
    """Return the answer with that head, None where its body is not complete (RFC 9112, 6.3)."""
    answer = _head(match[1])
    rest = data[match.end() :]
    fields = {name.lower(): value for name, value in answer.fields}
    if method == "HEAD" or answer.status < 200 or answer.status in NO_BODY:
        return answer, rest
    if fields.get("transfer-encoding") == "chunked":
        return _chunked(answer, rest)
    if "content-length" not in fields:
        return None, data  # as far as the end of the connection
    length = int(fields["content-length"])
    if len(rest) < length:
        return None, data
    return Answer(answer.status_line, answer.fields, rest[:length]), rest[length:]


def _head(text: bytes) -> Answer:
    status_line, *lines = text.decode("latin-1").split("\r\n")
    pairs = [line.partition(":") for line in lines if line]
    fields = tuple((name, value.strip()) for name, _, value in pairs)
    return Answer((status_line + "\r\n").encode("latin-1"), fields, b"")


def _chunked(answer: Answer, rest: bytes) -> tuple[Answer | None, bytes]:
    body = b""
    while match := re.match(rb"([0-9A-Fa-f]+)\r\n", rest):
        size = int(match[1], 16)
        if len(rest) < match.end() + size + 2:
            return None, rest
        body += rest[match.end() : match.end() + size]
        rest = rest[match.end() + size + 2 :]
        if size == 0:
            return Answer(answer.status_line, answer.fields, body), rest
    return None, rest


def _last(rest: bytes) -> Answer:
    """Return what stands at the end without a length: all of it is the body."""
    match = HEAD.match(rest)
    if match is None:
        return Answer(b"", (), rest)
    answer = _head(match[1])
    return Answer(answer.status_line, answer.fields, rest[match.end() :])
