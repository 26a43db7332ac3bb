"""How prefork and worker get a connection: blocking, and one child at a time if there are several sockets.

With one Listen all children block in accept, and the kernel gives each connection to
one of them. With more, a child must know first which socket has one: it waits for all
of them under the accept mutex, so that one child is woken and not all.
"""

import errno
import os
import select
import socket

from ..runtime import Runtime

# What accept says when only this one connection came to nothing (ap_unixd_accept, httpd's os/unix/unixd.c).
LOST = frozenset(
    {
        errno.EAGAIN,
        errno.ECONNABORTED,
        errno.ECONNRESET,
        errno.EHOSTUNREACH,
        errno.ENETUNREACH,
        errno.EPROTO,
        errno.ETIMEDOUT,
    }
)

Accepted = tuple[socket.socket, tuple[str, int]]


class ShortageError(Exception):
    """Accept failed for a reason that will last, as when there is no free descriptor."""


def accept(listener: socket.socket, runtime: Runtime) -> Accepted | None:
    """Accept; None when the connection was lost, or when the child has stopped listening.

    Raises:
        ShortageError: this child can accept no more.
    """
    try:
        return listener.accept()
    except OSError as error:
        if error.errno in LOST or runtime.child.leaving:
            return None
        text = f"({error.errno}){error.strerror}: AH02179: apr_socket_accept: (client socket)"
        runtime.error_log.log("core", "error", text)
        raise ShortageError from error


class Acceptor:
    """The listening sockets of a child that blocks for connections.

    Attributes:
        queued: it is another child's turn, and this one waits for the accept mutex.
    """

    def __init__(self, runtime: Runtime, poll_seconds: float | None = None) -> None:
        """Prepare the sockets; ``poll_seconds`` is how long to wait for several at a time."""
        self.queued = False
        self._runtime = runtime
        self._listeners = {listener.fileno(): listener for listener in runtime.listeners}
        self._poll_seconds = poll_seconds
        self._turn = 0
        self._wakeup, self._wake = os.pipe()
        self._epoll = select.epoll() if len(self._listeners) > 1 else None
        for listener in runtime.listeners:
            listener.setblocking(self._epoll is None)  # what epoll has seen may be gone when accept comes
        if self._epoll:
            for fd in (*self._listeners, self._wakeup):
                self._epoll.register(fd, select.EPOLLIN)

    def accept(self) -> Accepted | None:
        """Wait for a connection; None when it is to be tried again, or the child is leaving.

        Raises:
            ShortageError: this child can accept no more.
        """
        if self._epoll is None:
            return accept(self._runtime.listeners[0], self._runtime)
        self.queued = True
        with self._runtime.accept_mutex:
            self.queued = False
            listener = self._ready(self._epoll)
            return accept(listener, self._runtime) if listener else None

    def _ready(self, epoll: select.epoll) -> socket.socket | None:
        """Wait until a socket has a connection; in turn, so that a busy one does not starve the others."""
        while not self._runtime.child.leaving:
            events = epoll.poll(self._poll_seconds)
            if events:
                self._turn = (self._turn + 1) % len(events)
                return self._listeners.get(events[self._turn][0])
        return None

    def stop(self) -> None:
        """Stop listening, from a signal handler or another thread: also for who blocks already.

        The sockets' numbers get another meaning, in this process alone. An accept that a signal
        interrupts is begun anew by Python, and then fails.
        """
        for fd in self._listeners:
            os.dup2(self._wakeup, fd)
        if self._epoll is not None:
            os.write(self._wake, b"!")
