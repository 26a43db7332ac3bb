"""Event's timeout queues: the connections that no thread has, and until when they may wait."""

import threading
import time
from collections.abc import Iterable

from .connection import Connection

NEVER = float("inf")
FUDGE_SECONDS = 0.1  # an expiry so little earlier is not worth waking the listener (TIMEOUT_FUDGE_FACTOR)


class TimeoutQueue:
    """Connections that may wait equally long: the first one in is the first to expire."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.arrivals: dict[Connection, float] = {}  # by time, since that is their order

    def __len__(self) -> int:
        return len(self.arrivals)

    def first_expiry(self) -> float:
        """Return when the first one expires; :data:`NEVER` when there is none."""
        return next(iter(self.arrivals.values()), NEVER) + self.seconds


class Parked:
    """Every parked connection, each in one of the queues.

    Attributes:
        next_expiry: when to look for expired ones (time.monotonic's clock). The one that it was
            set for may have left since.
    """

    def __init__(self, queues: Iterable[TimeoutQueue]) -> None:
        self._queues = tuple(queues)
        self._mutex = threading.Lock()
        self._places: dict[int, tuple[Connection, TimeoutQueue]] = {}
        self.next_expiry = NEVER

    def add(self, connection: Connection, queue: TimeoutQueue) -> bool:
        """Put a connection at the end of a queue; True when the next expiry has come closer by that."""
        now = time.monotonic()
        deadline = now + queue.seconds
        with self._mutex:
            self._places[connection.fd] = connection, queue
            queue.arrivals[connection] = now
            if deadline + FUDGE_SECONDS >= self.next_expiry:
                return False
            self.next_expiry = deadline
            return True

    def remove(self, fd: int) -> tuple[Connection, TimeoutQueue]:
        """Take a connection out, and say where it was."""
        with self._mutex:
            connection, queue = place = self._places.pop(fd)
            del queue.arrivals[connection]
            return place

    def expired(self, queue: TimeoutQueue, now: float) -> list[Connection]:
        """Return the connections of a queue that have waited too long; they stay in it."""
        late = []
        with self._mutex:
            for connection, arrival in queue.arrivals.items():
                if arrival + queue.seconds > now:
                    break
                late.append(connection)
        return late

    def find_next_expiry(self) -> None:
        """Set the next expiry anew, from what is still there."""
        with self._mutex:
            self.next_expiry = min(queue.first_expiry() for queue in self._queues)
