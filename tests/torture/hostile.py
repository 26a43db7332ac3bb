"""Clients that a server on the internet meets: each goes on until it is told to stop, and counts what it did.

What they hope for is told in the table at the end; a server that loses a worker to one of them will be
missing it when the others are gone.
"""

import contextlib
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.load import TIMEOUT_S, Address

GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
BIG = b"/big.bin"
SHRINKING = b"/shrinking.bin"
BIG_SIZE = 3_000_000
BURST = 100
PACE_S = 0.02
"""Between two bytes of a slow client. What is waited for here is time itself."""


class Hostile:
    """What the clients share.

    Attributes:
        address: of the server.
        htdocs: its document root.
        over: is set when they are to stop.
        connections: how many were opened.
        surprises: what must not happen, a line each.
    """

    def __init__(self, address: Address, htdocs: Path) -> None:
        self.address = address
        self.htdocs = htdocs
        self.over = threading.Event()
        self.connections = 0
        self.surprises: list[str] = []
        self._lock = threading.Lock()

    def file(self, target: bytes) -> Path:
        """Return the file that a target stands for."""
        return self.htdocs / target.decode().lstrip("/")

    @contextlib.contextmanager
    def connection(self, receive_buffer: int = 0) -> Iterator[socket.socket]:
        """Open a connection; that the server hangs up is no surprise."""
        with self._lock:
            self.connections += 1
        with contextlib.suppress(ConnectionError), socket.socket() as opened:
            if receive_buffer:
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            opened.settimeout(TIMEOUT_S)
            opened.connect(self.address)
            yield opened

    def run(self) -> list[threading.Thread]:
        """Start all of them; returns their threads, which end when ``over`` is set."""
        self.file(BIG).write_bytes(b"b" * BIG_SIZE)
        threads = [threading.Thread(target=self._repeat, args=(client,)) for client in CLIENTS]
        for thread in threads:
            thread.start()
        return threads

    def _repeat(self, client: Callable[["Hostile"], None]) -> None:
        while not self.over.is_set():
            try:
                client(self)
            except Exception as error:  # noqa: BLE001  whatever it is, it is to be told
                self.surprises.append(f"{client.__name__}: {error!r}")


def _rest(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def _reset(connection: socket.socket) -> None:
    """Close with a reset in place of an orderly end (SO_LINGER with 0 seconds, socket(7))."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def come_and_go(hostile: Hostile) -> None:
    """Open many connections and close them without a word."""
    for _ in range(BURST):
        with hostile.connection():
            pass
    time.sleep(PACE_S)


def reset_everywhere(hostile: Hostile) -> None:
    """Reset the connection before, in and after a request, and in the middle of a response."""
    for sent, received in ((b"", 0), (b"GET / HT", 0), (GET % b"/", 0), (GET % BIG, 0), (GET % BIG, 5000)):
        with hostile.connection() as connection:
            connection.sendall(sent)
            if received:
                connection.recv(received, socket.MSG_WAITALL)
            _reset(connection)
    time.sleep(PACE_S)


def half_a_request(hostile: Hostile) -> None:
    """Send a part of a request, or of a body, and hang up."""
    for sent in (
        b"G",
        b"GET / HTTP/1.1\r\nHost: lo",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1",
    ):
        with hostile.connection() as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            _rest(connection)


def write_slowly(hostile: Hostile) -> None:
    """Send a request byte by byte; it is answered all the same."""
    with hostile.connection() as connection:
        for byte in GET % b"/":
            connection.sendall(bytes([byte]))
            time.sleep(PACE_S)
        if not _rest(connection).startswith(b"HTTP/1.1 200 "):
            hostile.surprises.append("a slow request was not answered")


def read_slowly(hostile: Hostile) -> None:
    """Take a long response in small parts, and all of it."""
    with hostile.connection(receive_buffer=4096) as connection:
        connection.sendall(GET % BIG)
        for _ in range(50):
            connection.recv(4096)
            time.sleep(PACE_S)
        _rest(connection)


def replace(hostile: Hostile) -> None:
    """Put another file in the place of one that is being sent: every response is of one of them."""
    path = hostile.file(BIG)
    for letter in (b"a", b"b"):
        new = path.with_suffix(".new")
        new.write_bytes(letter * BIG_SIZE)
        with hostile.connection() as connection:
            connection.sendall(GET % BIG)
            connection.recv(1, socket.MSG_PEEK)
            new.rename(path)
            body = _rest(connection).partition(b"\r\n\r\n")[2]
            if len(body) != BIG_SIZE or body.count(body[:1]) != BIG_SIZE:
                hostile.surprises.append(f"{len(body)} bytes of {BIG_SIZE}, or of two files")


def truncate(hostile: Hostile) -> None:
    """Make a file shorter while it is sent: the response ends early, and nothing else happens."""
    path = hostile.file(SHRINKING)
    path.write_bytes(b"s" * BIG_SIZE)
    with hostile.connection(receive_buffer=4096) as connection:
        connection.sendall(GET % SHRINKING)
        connection.recv(100)
        os.truncate(path, 1000)
        _rest(connection)


CLIENTS: tuple[Callable[[Hostile], None], ...] = (
    come_and_go,
    reset_everywhere,
    half_a_request,
    write_slowly,
    read_slowly,
    replace,
    truncate,
)
