"""Clients that ask a server again and again for as long as a block lasts, and count what fails."""

import threading
from types import TracebackType
from typing import Self

from tests.support.load import Address, Request, connected

REQUESTS_A_CONNECTION = 20


class Load:
    """A context in which a server is under load."""

    def __init__(
        self, server: Address, clients: int, request: Request, expected: bytes, *, keeps: bool = True
    ) -> None:
        """Prepare the clients.

        Args:
            server: where.
            clients: how many ask at once.
            request: what they ask for.
            expected: the body of the answer.
            keeps: the server never closes a connection between two requests; one that does may, and
                the client asks again on another (RFC 9112, section 9.3.1).
        """
        self.requests = 0
        """How many were answered."""
        self.failures: list[str] = []
        self._server = server
        self._request = request
        self._expected = expected
        self._keeps = keeps
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._clients = [threading.Thread(target=self._ask) for _ in range(clients)]

    def __enter__(self) -> Self:
        for client in self._clients:
            client.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        for client in self._clients:
            client.join()

    def _ask(self) -> None:
        while not self._done.is_set():
            try:
                self._ask_on_one_connection()
            except Exception as error:  # noqa: BLE001 - whatever it is, it counts as a failure
                with self._lock:
                    self.failures.append(repr(error))

    def _ask_on_one_connection(self) -> None:
        with connected(self._server) as connection:
            for nth in range(REQUESTS_A_CONNECTION):
                try:
                    answer = connection.ask(self._request)
                except ConnectionError:
                    if nth and not self._keeps:
                        return
                    raise
                if (answer.status, answer.body) != (200, self._expected):
                    raise ValueError(f"{answer.status} {answer.body!r}")
                with self._lock:
                    self.requests += 1
