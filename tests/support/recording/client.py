"""A client that writes down what it asked: the truth from the far end of each connection."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.load import TIMEOUT_S, Address

BODILESS = (204, 304)


@dataclass(frozen=True)
class Asked:
    """One request and its status, as its client saw them.

    Attributes:
        port: the client's end of the connection.
        nth: which request of its connection, from 1.
        line: the request line, as sent.
        host: the Host field; None when none was sent.
        status: of the response; None when none came.
    """

    port: int
    nth: int
    line: str
    host: str | None
    status: int | None


@dataclass
class Log:
    """Everything that was asked, by any client."""

    asked: list[Asked] = field(default_factory=list)
    holder: Callable[[int], int] | None = None
    """Finds who holds the connection from a port, where the server does not say who serves whom."""
    held: dict[int, int] = field(default_factory=dict)
    context: ssl.SSLContext | None = None
    """How connections are encrypted, if they are."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, one: Asked) -> None:
        """Note one request."""
        with self.lock:
            self.asked.append(one)


class Client:
    """Asks on one connection, and on a new one where the server closes it."""

    def __init__(self, server: Address, log: Log) -> None:
        self.server = server
        self.log = log
        self.asked = 0
        self._socket: socket.socket | None = None

    def connect(self) -> socket.socket:
        """Return the connection, made anew where there is none."""
        if self._socket is None:
            plain = socket.create_connection(self.server, timeout=TIMEOUT_S)
            self._socket = self.log.context.wrap_socket(plain) if self.log.context else plain
            self._stream = self._socket.makefile("rb")
            self.asked = 0
            if self.log.holder:
                port = self._socket.getsockname()[1]
                self.log.held[port] = self.log.holder(port)
        return self._socket

    def ask(self, line: str, host: str | None = "localhost", *fields: str, body: bytes = b"") -> int | None:
        """Send one request and read its response; return the status."""
        return self.send([message(line, host, *fields, body=body)], line, host)

    def send(self, pieces: Iterable[bytes], line: str, host: str | None) -> int | None:
        """Send one request in pieces that arrive apart; ``line`` and ``host`` are what it says."""
        connection = self.connect()
        for piece in pieces:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(piece)
        return self.receive(line, host)

    def pipeline(self, lines: list[str], host: str = "localhost") -> None:
        """Send several requests at once, then read the responses until the server closes."""
        self.connect().sendall(b"".join(message(line, host) for line in lines))
        for line in lines:
            if self._socket is not None:
                self.receive(line, host)

    def receive(self, line: str, host: str | None) -> int | None:
        """Read one response and note the request that it answers."""
        connection = self.connect()
        port = connection.getsockname()[1]
        status, stays = self._response(line.startswith("HEAD "))
        self.asked += 1
        self.log.add(Asked(port, self.asked, line, host, status))
        if not stays:
            self.close()
        return status

    def _response(self, head_only: bool) -> tuple[int | None, bool]:
        """Return the status, and whether the connection stays open."""
        words = self._stream.readline().split()
        if len(words) < 2 or not words[1].isdigit():
            return None, False
        fields = {}
        while (line := self._stream.readline().strip()) != b"":
            name, _, value = line.decode("latin-1").partition(":")
            fields[name.lower()] = value.strip().lower()
        status = int(words[1])
        if status == 100:
            return self._response(head_only)
        stays = "close" not in fields.get("connection", "") and (
            words[0] == b"HTTP/1.1" or "keep-alive" in fields.get("connection", "")
        )
        if head_only or status in BODILESS:
            return status, stays
        return status, self._body(fields) and stays

    def _body(self, fields: dict[str, str]) -> bool:
        """Read a body; return whether its end was told by anything but the end of the connection."""
        if "chunked" in fields.get("transfer-encoding", ""):
            while size := int(self._stream.readline() or b"0", 16):
                self._stream.read(size + 2)
            self._stream.readline()
            return True
        if "content-length" in fields:
            self._stream.read(int(fields["content-length"]))
            return True
        self._stream.read()
        return False

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._stream.close()
            self._socket.close()
            self._socket = None


def message(line: str, host: str | None = "localhost", *fields: str, body: bytes = b"") -> bytes:
    """Return one request as it goes over the wire."""
    named = [] if host is None else [f"Host: {host}"]
    sized = [f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join([line, *named, *fields, *sized, "", ""]).encode() + body


@contextmanager
def client(server: Address, log: Log) -> Iterator[Client]:
    """Have a client for as long as the block lasts."""
    one = Client(server, log)
    try:
        yield one
    finally:
        one.close()
