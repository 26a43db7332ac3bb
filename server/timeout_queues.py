"""Parked connections by descriptor, and queues of them that expire in their order."""

import time
from collections.abc import Iterable

from .connection import Connection


class TimeoutQueue:
    """Connections that may wait equally long: the first one in is the first to expire."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.deadlines: dict[int, float] = {}  # by descriptor, in the order of arrival

    def __len__(self) -> int:
        return len(self.deadlines)

    def first_deadline(self) -> float:
        """Return the time of the first to expire, infinity for none (time.monotonic's clock)."""
        return next(iter(self.deadlines.values()), float("inf"))


class Parked:
    """Every connection that no thread has, each in one of the queues. The caller locks."""

    def __init__(self, queues: Iterable[TimeoutQueue]) -> None:
        self._queues = tuple(queues)
        self._connections: dict[int, tuple[Connection, TimeoutQueue]] = {}

    def add(self, connection: Connection, queue: TimeoutQueue) -> float:
        """Put a connection at the end of a queue and return its deadline."""
        deadline = time.monotonic() + queue.seconds
        self._connections[connection.fd] = connection, queue
        queue.deadlines[connection.fd] = deadline
        return deadline

    def remove(self, fd: int) -> Connection:
        """Take a connection out."""
        connection, queue = self._connections.pop(fd)
        del queue.deadlines[fd]
        return connection

    def expired(self, queue: TimeoutQueue, now: float) -> list[Connection]:
        """Take out and return the connections of a queue whose deadline has come."""
        late = []
        for fd, deadline in queue.deadlines.items():
            if deadline > now:
                break
            late.append(fd)
        return [self.remove(fd) for fd in late]

    def next_deadline(self) -> float:
        """Return when the next connection expires; infinity for never."""
        return min(queue.first_deadline() for queue in self._queues)
