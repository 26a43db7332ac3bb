"""Event's timeout queues: the connections that no thread has, and until when they may wait."""

import threading
import time
from collections.abc import Iterable, Iterator

from ..connections.connection import Connection

NEVER = float("inf")
FUDGE_SECONDS = 0.1  # an expiry so little earlier is not worth waking the listener (TIMEOUT_FUDGE_FACTOR)


class TimeoutQueue:
    """Connections that wait for the same thing.

    Those that may wait equally long stand in one row: there the first one in is the first to
    expire. There are as many rows as hosts have different timeouts.

    Attributes:
        at_most: seconds after which each of them expires, whatever its own time.
    """

    def __init__(self) -> None:
        self.at_most = NEVER
        self._rows: dict[float, dict[Connection, float]] = {}  # by seconds; time of arrival

    def __len__(self) -> int:
        return sum(len(row) for row in list(self._rows.values()))

    def add(self, connection: Connection, seconds: float, now: float) -> None:
        """Put a connection at the end of its row."""
        self._rows.setdefault(seconds, {})[connection] = now

    def remove(self, connection: Connection, seconds: float) -> None:
        """Take a connection out of its row."""
        del self._rows[seconds][connection]

    def first_expiry(self) -> float:
        """Return when the first one expires; :data:`NEVER` when there is none."""
        firsts = (
            next(iter(row.values()), NEVER) + min(seconds, self.at_most)
            for seconds, row in self._rows.items()
        )
        return min(firsts, default=NEVER)

    def expired(self, now: float) -> Iterator[Connection]:
        """Yield those that have waited too long."""
        for seconds, row in self._rows.items():
            for connection, arrival in row.items():
                if arrival + min(seconds, self.at_most) > now:
                    break
                yield connection


class Parked:
    """Every parked connection, each in one of the queues.

    Attributes:
        next_expiry: when to look for expired ones (time.monotonic's clock). The one that it was
            set for may have left since.
    """

    def __init__(self, queues: Iterable[TimeoutQueue]) -> None:
        self._queues = tuple(queues)
        self._mutex = threading.Lock()
        self._places: dict[int, tuple[Connection, TimeoutQueue, float]] = {}
        self.next_expiry = NEVER

    def add(self, connection: Connection, queue: TimeoutQueue, seconds: float) -> bool:
        """Put a connection into a queue; True when the next expiry has come closer by that."""
        now = time.monotonic()
        expiry = now + min(seconds, queue.at_most)
        with self._mutex:
            self._places[connection.fd] = connection, queue, seconds
            queue.add(connection, seconds, now)
            if expiry + FUDGE_SECONDS >= self.next_expiry:
                return False
            self.next_expiry = expiry
            return True

    def remove(self, fd: int) -> tuple[Connection, TimeoutQueue]:
        """Take a connection out, and say where it was."""
        with self._mutex:
            connection, queue, seconds = self._places.pop(fd)
            queue.remove(connection, seconds)
        return connection, queue

    def expired(self, queue: TimeoutQueue, now: float) -> list[Connection]:
        """Return the connections of a queue that have waited too long; they stay in it."""
        with self._mutex:
            return list(queue.expired(now))

    def find_next_expiry(self) -> None:
        """Set the next expiry anew, from what is still there."""
        with self._mutex:
            self.next_expiry = min(queue.first_expiry() for queue in self._queues)
