"""event: a listener thread accepts and watches, worker threads serve what has something to do.

A connection holds a worker only while a request is on its way. While it waits for
its next request, for room to send, or for the client to close, it is parked: back
in the listener's epoll set, with a deadline. So one connection is usually served
by several threads in turn. The rules are those of httpd's server/mpm/event/event.c.
"""

import select
import socket
import threading
import time
from collections import deque

from ..connections.connection import Connection, State
from ..processes.child import CHILD_SICK
from ..processes.scoreboard import Status, WorkerScore
from ..runtime import Runtime
from .acceptor import ShortageError, accept
from .fd_queue import Idler
from .pollset import Pollset
from .threads import ThreadedChild
from .timeout_queues import NEVER, TimeoutQueue

SHORT_LINGER_SECONDS = 2.0  # SECONDS_TO_LINGER


def run_child(runtime: Runtime, slot: int) -> None:
    """Live a child's life in a slot of the scoreboard."""
    EventChild(runtime, slot).run()


class EventChild(ThreadedChild):
    """One child: its epoll set and its connections."""

    thread_failed = "AH03104"

    def __init__(self, runtime: Runtime, slot: int) -> None:
        super().__init__(runtime, slot)
        self._listeners = {listener.fileno(): listener for listener in runtime.listeners}
        self._not_accepting = False
        self._keep_alive = TimeoutQueue()
        self._write_completion = TimeoutQueue()
        self._linger = TimeoutQueue()
        self._pollset = Pollset((self._keep_alive, self._write_completion, self._linger))
        self._open: set[Connection] = set()
        self._lingering: set[Connection] = set()
        self._deferred: deque[Connection] = deque()  # a worker is to begin their lingering close
        # The listener's own:
        self._left = runtime.config.max_connections_per_child or NEVER
        self._reserved: Idler | None = None
        self._busy = False  # a worker was wanted in this pass, and all were busy

    # ---- worker threads

    def serve(self, connection: Connection, score: WorkerScore) -> State:
        """Do what the connection needs done, then what the listener has deferred."""
        state = self._serve_until_it_waits(connection, score)
        while (deferred := self._next_deferred()) is not None:
            self.give_back(deferred, self._serve_until_it_waits(deferred, score))
        return state

    def give_back(self, connection: Connection, state: State) -> None:
        """Park a connection that waits; let the listener decide whether it can accept again."""
        if state is State.CLOSED:
            self._forget(connection)
        else:
            self._park(connection, state)
        if self._deferred or self._could_accept_again():
            self._pollset.wake()

    def _serve_until_it_waits(self, connection: Connection, score: WorkerScore) -> State:
        """Serve a connection, and return what it waits for."""
        state = State.LINGER if connection in self._lingering else connection.process(score)
        if state is State.KEEP_ALIVE and self.child.leaving:
            state = State.LINGER
        if state is State.LINGER:
            score.set(Status.CLOSING)
            self._lingering.add(connection)
            begun = connection.is_lingering or connection.start_linger()
            state = connection.linger() if begun else State.CLOSED
        return state

    def _park(self, connection: Connection, state: State) -> None:
        """Give a connection back to the listener; wake it if it would otherwise sleep too long."""
        if state is State.KEEP_ALIVE:
            queue, seconds, events = self._keep_alive, connection.keep_alive_seconds, select.EPOLLIN
        elif state is State.WRITE:
            queue, seconds, events = self._write_completion, connection.timeout_seconds, select.EPOLLOUT
        else:
            queue, seconds, events = self._linger, connection.linger_seconds, select.EPOLLIN
        self._pollset.park(connection, queue, seconds, events)
        if self.child.leaving:
            self._pollset.wake()

    def _forget(self, connection: Connection) -> None:
        """Count a connection that is closed no more."""
        self._open.discard(connection)
        self._lingering.discard(connection)
        if (self.child.leaving and not self._open) or self._could_accept_again():
            self._pollset.wake()

    def _next_deferred(self) -> Connection | None:
        try:
            return self._deferred.popleft()
        except IndexError:
            return None

    # ---- listener thread

    def listen(self) -> None:
        """Accept, hand over, expire; when the child is leaving, until the last connection is closed."""
        for listener in self._listeners.values():
            listener.setblocking(False)
        self._pollset.add(self._listeners)
        while not self._is_over():
            self._busy = False
            for fd in self._pollset.wait():
                if fd in self._listeners:
                    self._accept(self._listeners[fd])
                else:
                    self._resume(fd)
            self._maintain()

    def stop_listening(self) -> None:
        """Get the listener out of epoll_wait."""
        for score in self.scores:
            score.set(Status.GRACEFUL)
        self._pollset.wake()

    def _is_over(self) -> bool:
        """Say whether the listener has nothing left to do; see to it that it will be so."""
        if self._left <= 0:
            self.leave()
        if not self.child.leaving:
            return False
        self._disable_listeners()
        for listener in self._listeners.values():
            listener.close()
        self._listeners.clear()
        if self._linger.at_most > SHORT_LINGER_SECONDS:
            self._linger.at_most = SHORT_LINGER_SECONDS
            self._pollset.expire_soon()
        while self.workers > len(self._open) and self._reserve(blocking=False):
            self._send_reserved_home()
        return not self._open

    def _send_reserved_home(self) -> None:
        if self._reserved is not None:
            self.send_home(self._reserved)
            self._reserved = None

    def _accept(self, listener: socket.socket) -> None:
        """Accept one connection for a worker that is reserved first, unless that would be too many."""
        if self._not_accepting or self.child.leaving:
            return
        self._busy |= self._idle() == 0
        if self._busy or self._above_limit():
            self._disable_listeners()
            return
        self._reserve(blocking=True)
        try:
            accepted = accept(listener, self.runtime)
        except ShortageError:
            self.child.exit_status = CHILD_SICK
            self.leave()
            return
        if accepted is not None:
            self._left -= 1
            connection = Connection(*accepted, threading.get_native_id(), self.runtime)
            self._open.add(connection)
            self._hand_over(connection)

    def _resume(self, fd: int) -> None:
        """Hand a parked connection that is ready to a worker.

        When all are busy only one with an answer on its way is waited for. A client whose
        connection was kept alive can come back to another child.
        """
        connection, queue = self._pollset.take(fd)
        if self._reserve(blocking=queue is self._write_completion):
            self._hand_over(connection)
        else:
            self._shut_down(connection)

    # ---- idle workers, as the listener sees them

    def _idle(self) -> int:
        """Return the number of workers that a connection could be handed to."""
        return self.queue.idle + (self._reserved is not None)

    def _reserve(self, *, blocking: bool) -> bool:
        """Have a worker reserved; False when all are busy and the listener is not to wait for one."""
        if self._reserved is None:
            self._reserved = self.queue.try_reserve()
        if self._reserved is None:
            self._busy = True
            if blocking:
                self._reserved = self.queue.reserve()
        return self._reserved is not None

    def _hand_over(self, connection: Connection) -> None:
        """Give a connection to the worker that is reserved."""
        if self._reserved is not None:
            idler, self._reserved = self._reserved, None
            idler.give(connection)

    # ---- whether to accept

    def _above_limit(self) -> bool:
        """Say whether there is enough to do (connections_above_limit in httpd's event.c)."""
        idle = self._idle()
        if idle == 0:
            return True
        # While disabled one idle worker less counts, or else it would be on and off in turn.
        spare = (idle - self._not_accepting) * int(self.runtime.config.async_request_worker_factor)
        return len(self._open) - len(self._lingering) >= len(self.scores) + spare

    def _could_accept_again(self) -> bool:
        return self._not_accepting and not self.child.leaving and not self._above_limit()

    def _disable_listeners(self) -> None:
        """Leave new connections to the other children, and those that none takes to the kernel."""
        if not self._not_accepting:
            self._not_accepting = True
            self.process.not_accepting = 1
            self._pollset.remove(self._listeners)

    def _enable_listeners(self) -> None:
        self._not_accepting = False
        self.process.not_accepting = 0
        self._pollset.add(self._listeners)

    # ---- maintenance

    def _maintain(self) -> None:
        """End what is over its time; when workers are busy or the child leaves, idle keep-alives too."""
        now = time.monotonic()
        pressed = self._busy or self.child.leaving
        if self._pollset.has_expired(now) or (pressed and self._keep_alive):
            for connection in self._pollset.expired(self._keep_alive, NEVER if pressed else now):
                self._shut_down(connection)
            for connection in self._pollset.expired(self._write_completion, now):
                connection.abort()
                self._forget(connection)
            for connection in self._pollset.expired(self._linger, now):
                self._shut_down(connection)
            self._pollset.find_next_expiry()
        if self._deferred and self._reserve(blocking=False):
            deferred = self._next_deferred()
            if deferred is not None:
                self._hand_over(deferred)
        if self._could_accept_again():  # also when a worker has become idle just now
            self._enable_listeners()
        self._note_counts()

    def _shut_down(self, connection: Connection) -> None:
        """End a connection: a worker is to begin the lingering close, one that has it is closed."""
        if connection.is_lingering:
            connection.close()
            self._forget(connection)
        else:
            connection.linger_seconds = SHORT_LINGER_SECONDS
            self._lingering.add(connection)
            self._deferred.append(connection)

    def _note_counts(self) -> None:
        """Write down for server-status what there is."""
        process = self.process
        process.connections = len(self._open)
        process.keep_alive = len(self._keep_alive)
        process.write_completion = len(self._write_completion)
        process.lingering = len(self._lingering)
