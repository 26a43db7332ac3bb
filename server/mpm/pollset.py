"""What event's listener waits for: the listening sockets, the parked connections, and to be woken.

The workers put connections in, the listener alone takes them out. An entry in the epoll
set says whose a connection is: whoever could remove it from there has it.
"""

import os
import select
import time
from collections.abc import Iterable, Iterator, Sequence

from ..connections.connection import Connection
from .timeout_queues import NEVER, Parked, TimeoutQueue

WAKEUP_READ_SIZE = 512


class Pollset:
    """The epoll set, the timeout queues that belong to it, and a pipe to wake who polls (APR's pollset)."""

    def __init__(self, queues: Iterable[TimeoutQueue]) -> None:
        self._parked = Parked(queues)
        self._epoll = select.epoll()
        self._wakeup, self._wake = os.pipe()
        self._wake_is_written = False
        self._epoll.register(self._wakeup, select.EPOLLIN)

    # ---- any thread

    def park(self, connection: Connection, queue: TimeoutQueue, seconds: float, events: int) -> None:
        """Watch a connection from now on; wake the listener if it would otherwise sleep for too long."""
        if self._parked.add(connection, queue, seconds):
            self.wake()
        self._epoll.register(connection.fd, events)

    def wake(self) -> None:
        """Have the wait return."""
        if not self._wake_is_written:
            self._wake_is_written = True
            os.write(self._wake, b"\1")

    # ---- listener thread

    def add(self, sockets: Iterable[int]) -> None:
        """Watch listening sockets."""
        for fd in sockets:
            self._epoll.register(fd, select.EPOLLIN)

    def remove(self, sockets: Iterable[int]) -> None:
        """Watch listening sockets no more."""
        for fd in sockets:
            self._epoll.unregister(fd)

    def wait(self) -> Sequence[int]:
        """Return the descriptors on which something has happened, at the next expiry none."""
        expiry = self._parked.next_expiry
        timeout = None if expiry == NEVER else max(0.0, expiry - time.monotonic())
        ready = [fd for fd, _ in self._epoll.poll(timeout)]
        if self._wakeup in ready:
            ready.remove(self._wakeup)
            os.read(self._wakeup, WAKEUP_READ_SIZE)
            self._wake_is_written = False  # only now: else one that is written in between could stay unread
        return ready

    def take(self, fd: int) -> tuple[Connection, TimeoutQueue]:
        """Take out a connection on which something has happened, and say where it was."""
        self._epoll.unregister(fd)
        return self._parked.remove(fd)

    def has_expired(self, now: float) -> bool:
        """Say whether it is time to look for expired connections."""
        return now >= self._parked.next_expiry

    def expired(self, queue: TimeoutQueue, now: float) -> Iterator[Connection]:
        """Take out the connections of a queue whose time is over."""
        for connection in self._parked.expired(queue, now):
            try:
                self._epoll.unregister(connection.fd)
            except FileNotFoundError:  # its worker is about to register it
                continue
            self._parked.remove(connection.fd)
            yield connection

    def find_next_expiry(self) -> None:
        """Look at what is left in the queues."""
        self._parked.find_next_expiry()

    def expire_soon(self) -> None:
        """Have the next wait return at once, as if something had expired."""
        self._parked.next_expiry = 0.0
