"""The fd queue: accepted connections on their way from the listener to a worker.

The listener reserves an idle worker before it takes a connection, so whatever is
handed over is served at once (httpd's server/mpm_fdqueue.c). The workers take turns:
who has been idle for longest is next. Each waits on a lock of its own, so that a
hand-over is one futex wake, on an address that belongs to that worker alone.
"""

import threading
from queue import Empty, SimpleQueue

from ..connections.connection import Connection


class Idler:
    """A worker's place in the queue."""

    __slots__ = ("_connection", "_given")

    def __init__(self) -> None:
        self._given = threading.Lock()
        self._given.acquire()
        self._connection: Connection | None = None

    def give(self, connection: Connection | None) -> None:
        """Hand a connection to the worker, which was reserved for it; None sends the worker home."""
        self._connection = connection
        self._given.release()

    def take(self) -> Connection | None:
        """Wait for a connection; None: there will be no more."""
        self._given.acquire()
        return self._connection


class FdQueue:
    """The workers that are idle and not reserved."""

    def __init__(self) -> None:
        self._idlers: SimpleQueue[Idler] = SimpleQueue()

    @property
    def idle(self) -> int:
        """How many there are."""
        return self._idlers.qsize()

    def set_idle(self, idler: Idler) -> None:
        """Add a worker: it is free, or its reservation was not needed."""
        self._idlers.put(idler)

    def try_reserve(self) -> Idler | None:
        """Reserve a worker; None when all are busy."""
        try:
            return self._idlers.get_nowait()
        except Empty:
            return None

    def reserve(self) -> Idler:
        """Reserve a worker, waiting for one if need be."""
        return self._idlers.get()
