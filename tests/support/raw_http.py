"""Bytes to a server and its answers back, read by the standard library's client."""

import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http.client import HTTPMessage, HTTPResponse
from io import BytesIO

from tests.support.load import TIMEOUT_S, Address


@dataclass(frozen=True)
class Answer:
    """One response."""

    status: int
    headers: HTTPMessage
    body: bytes


class _Received:
    """What HTTPResponse takes for a socket."""

    def __init__(self, data: BytesIO) -> None:
        self._data = data

    def makefile(self, _: str) -> "_Unclosed":
        return _Unclosed(self._data)


class _Unclosed:
    """A view of the data that stays open when a response is done with it."""

    def __init__(self, data: BytesIO) -> None:
        self._data = data
        self.read = data.read
        self.readline = data.readline
        self.readinto = data.readinto

    def flush(self) -> None:
        """Nothing is buffered."""

    def close(self) -> None:
        """Stay open."""


def send(server: Address, pieces: Iterable[bytes]) -> bytes:
    """Send the pieces one by one, close our end, and return everything that comes until the end.

    The server may answer and close before it has read everything; what it then does not
    take is no error.
    """
    with socket.create_connection(server, timeout=TIMEOUT_S) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for piece in pieces:
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        return _receive(connection)


def _receive(connection: socket.socket) -> bytes:
    received = bytearray()
    while data := connection.recv(65536):
        received += data
    return bytes(received)


def answers(data: bytes, methods: Sequence[str] = ()) -> list[Answer]:
    """Split what was received into responses; ``methods`` says which were for HEAD."""
    stream = BytesIO(data)
    found: list[Answer] = []
    while stream.tell() < len(data):
        method = methods[len(found)] if len(found) < len(methods) else "GET"
        response = HTTPResponse(_Received(stream), method=method)  # type: ignore[arg-type]
        response.begin()
        found.append(Answer(response.status, response.headers, response.read()))
    return found


def ask(server: Address, target: bytes | str, *headers: str, method: str = "GET") -> Answer:
    """Make one request on a connection of its own."""
    target = target if isinstance(target, bytes) else target.encode("latin-1")
    lines = "".join(f"{header}\r\n" for header in headers)
    if "host:" not in lines.lower():
        lines += "Host: localhost\r\n"
    head = method.encode() + b" " + target + b" HTTP/1.1\r\n" + lines.encode("latin-1")
    (answer,) = answers(send(server, [head + b"Connection: close\r\n\r\n"]), [method])
    return answer
