"""A small HTTP client that keeps the truth of its side: from which port it asked what, in which order."""

import socket
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

TIMEOUT_S = 30.0
Address = tuple[str, int]


@dataclass(frozen=True)
class Request:
    """What is asked."""

    target: str
    method: str = "GET"
    host: str = "localhost"

    def text(self) -> bytes:
        """Return the request as it goes over the wire (RFC 9112, section 3)."""
        return f"{self.method} {self.target} HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode("latin-1")


@dataclass(frozen=True)
class Exchange:
    """One request and what became of it, as its client saw it."""

    request: Request
    port: int
    """The client's end of the connection."""
    nth: int
    """Which request of its connection, from 0 (as apache's ``%k``)."""
    status: int
    body: bytes


class Connection:
    """One connection that is kept alive."""

    def __init__(self, server: Address) -> None:
        self._socket = socket.create_connection(server, timeout=TIMEOUT_S)
        self._stream = self._socket.makefile("rb")
        self._asked = 0
        self.port: int = self._socket.getsockname()[1]

    def ask(self, request: Request) -> Exchange:
        """Send one request and read its answer.

        Raises:
            ConnectionError: the server hung up before the end of its answer.
        """
        self._socket.sendall(request.text())
        status, length = self._head()
        body = self._stream.read(0 if request.method == "HEAD" else length)
        nth, self._asked = self._asked, self._asked + 1
        return Exchange(request, self.port, nth, status, body)

    def _head(self) -> tuple[int, int]:
        """Read status line and fields; return the status and the length of the body in bytes."""
        status_line = self._stream.readline()
        if not status_line:
            raise ConnectionError(f"the server closed the connection from port {self.port}")
        length = 0
        while (line := self._stream.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return int(status_line.split()[1]), length

    def close(self) -> None:
        """Hang up."""
        self._stream.close()
        self._socket.close()


@contextmanager
def connected(server: Address) -> Iterator[Connection]:
    """Keep one connection for as long as the block lasts."""
    connection = Connection(server)
    try:
        yield connection
    finally:
        connection.close()


def in_turn(server: Address, requests: Iterable[Request]) -> list[Exchange]:
    """Ask for everything on one connection."""
    with connected(server) as connection:
        return [connection.ask(request) for request in requests]


def at_once(server: Address, requests: Sequence[Request], clients: int) -> list[Exchange]:
    """Let ``clients`` clients ask for everything, each on a connection of its own.

    None begins before all are connected, and none hangs up before all are answered. The
    server needs more threads than there are clients in each of its processes: event closes
    connections that wait for their next request when all workers of a process are busy.
    """
    together = threading.Barrier(clients, timeout=TIMEOUT_S)

    def client() -> list[Exchange]:
        try:
            with connected(server) as connection:
                together.wait()
                answers = [connection.ask(request) for request in requests]
                together.wait()
                return answers
        except Exception:
            together.abort()  # or the others would wait for this one
            raise

    with ThreadPoolExecutor(clients) as pool:
        waiting = [pool.submit(client) for _ in range(clients)]
    failures = [failure for one in waiting if (failure := one.exception()) is not None]
    for failure in sorted(failures, key=lambda failure: isinstance(failure, threading.BrokenBarrierError)):
        raise failure
    return [answer for one in waiting for answer in one.result()]
