"""The fd queue: accepted connections on their way from the listener to a worker.

The listener reserves an idle worker before it takes a connection, so whatever is
pushed is served at once (httpd's server/mpm_fdqueue.c).
"""

import threading
from collections import deque

from .connection import Connection


class FdQueue:
    """Connections for workers, and the number of workers that wait for one."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._not_empty = threading.Condition(self._mutex)
        self._idler = threading.Condition(self._mutex)
        self._connections: deque[Connection] = deque()
        self._idle = 0

    @property
    def idle(self) -> int:
        """Workers that are free and not reserved."""
        return self._idle

    def set_idle(self) -> None:
        """Count one more free worker: the caller, or one whose reservation was not needed."""
        with self._mutex:
            self._idle += 1
            self._idler.notify()

    def try_reserve(self) -> bool:
        """Reserve a free worker; False when there is none."""
        with self._mutex:
            if self._idle == 0:
                return False
            self._idle -= 1
            return True

    def reserve(self) -> bool:
        """Reserve a free worker, waiting for one if need be; True when it had to wait."""
        with self._mutex:
            busy = self._idle == 0
            while self._idle == 0:
                self._idler.wait()
            self._idle -= 1
            return busy

    def push(self, connection: Connection) -> None:
        """Hand a connection to the worker that was reserved for it: one wake."""
        with self._mutex:
            self._connections.append(connection)
            self._not_empty.notify()

    def pop(self) -> Connection:
        """Return the next connection, waiting for it."""
        with self._mutex:
            while not self._connections:
                self._not_empty.wait()
            return self._connections.popleft()
