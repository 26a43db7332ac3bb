"""event: a listener thread accepts and watches, worker threads serve what has something to do.

A connection holds a worker only while a request is on its way. While it waits for
its next request, for room to send, or for the client to close, it is parked: back
in the listener's epoll set, with a deadline. So one connection is usually served
by several threads in turn.
"""

import os
import select
import socket
import threading
import time

from ..child import become_child, run_vital
from ..connection import LINGER_SECONDS, SHORTAGE, Connection, State
from ..fd_queue import FdQueue
from ..runtime import Runtime
from ..scoreboard import Status, WorkerScore
from ..timeout_queues import Parked, TimeoutQueue

ASYNC_REQUEST_WORKER_FACTOR = 2
SHORTAGE_SECONDS = 0.1  # rest of the listeners after accept found no free descriptor
WAKEUP_READ_SIZE = 512


def run_child(runtime: Runtime, slot: int) -> None:
    """Start the workers and the listener, then wait for the pipe of death."""
    become_child(runtime)
    child = EventChild(runtime)
    for number in range(runtime.limits.threads_per_child):
        score = runtime.scoreboard.worker(slot, number)
        name = f"worker-{number}"
        threading.Thread(target=run_vital, args=(runtime, name, child.work, score), daemon=True).start()
    threading.Thread(target=run_vital, args=(runtime, "listener", child.listen), daemon=True).start()
    runtime.pipe_of_death.wait()


class EventChild:
    """One child: the fd queue, the epoll set and the parked connections that its threads share."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._queue = FdQueue()
        self._epoll = select.epoll()
        self._listeners = {listener.fileno(): listener for listener in runtime.listeners}
        self._wakeup, self._wake = os.pipe()
        self._mutex = threading.Lock()  # guards what follows
        self._keep_alive = TimeoutQueue(runtime.config.keep_alive_timeout)
        self._write_completion = TimeoutQueue(runtime.config.timeout)
        self._lingering = TimeoutQueue(LINGER_SECONDS)
        self._parked = Parked((self._keep_alive, self._write_completion, self._lingering))
        self._connections = 0
        self._listening = False
        self._resting_until = 0.0
        self._wakes_at = 0.0

    # ---- worker threads

    def work(self, score: WorkerScore) -> None:
        """Serve connections (a worker thread)."""
        score.enlist(threading.get_native_id())
        while True:
            score.set(Status.READY)
            self._queue.set_idle()
            self._enable_listeners()
            self._serve(self._queue.pop(), score)

    def _serve(self, connection: Connection, score: WorkerScore) -> None:
        """Do what the connection has to do, and park it when it has to wait."""
        if connection.is_lingering:
            score.set(Status.CLOSING)
            state = connection.linger()
        else:
            state = connection.process(score)
            if state is State.LINGER:
                score.set(Status.CLOSING)
                state = connection.linger() if connection.start_linger() else State.CLOSED
        if state is State.CLOSED:
            with self._mutex:
                self._connections -= 1
        else:
            self._park(connection, state)

    def _park(self, connection: Connection, state: State) -> None:
        """Give a connection back to the listener; wake it if it would otherwise sleep too long."""
        queue = {
            State.KEEP_ALIVE: self._keep_alive,
            State.WRITE: self._write_completion,
            State.LINGER: self._lingering,
        }[state]
        events = select.EPOLLOUT if state is State.WRITE else select.EPOLLIN
        with self._mutex:
            deadline = self._parked.add(connection, queue)
            if deadline < self._wakes_at:
                self._wakes_at = deadline
                os.write(self._wake, b"\1")
            self._epoll.register(connection.fd, events)

    # ---- listener thread

    def listen(self) -> None:
        """Accept, hand over, expire (the listener thread)."""
        tid = threading.get_native_id()
        self._epoll.register(self._wakeup, select.EPOLLIN)
        for listener in self._runtime.listeners:
            listener.setblocking(False)
        while True:
            self._enable_listeners()
            busy = False
            for fd, _ in self._epoll.poll(self._next_timeout()):
                if fd in self._listeners:
                    busy |= self._accept(self._listeners[fd], tid)
                elif fd == self._wakeup:
                    os.read(self._wakeup, WAKEUP_READ_SIZE)
                else:
                    busy |= self._resume(fd)
            self._expire(everything_idle=busy)

    def _next_timeout(self) -> float | None:
        """Return the seconds until something expires; None for never."""
        with self._mutex:
            now = time.monotonic()
            deadline = self._parked.next_deadline()
            if self._resting_until:
                deadline = min(deadline, self._resting_until)
            if self._resting_until <= now:
                self._resting_until = 0.0  # over: the next pass, which comes at once, enables the listeners
            self._wakes_at = deadline
        return None if deadline == float("inf") else max(0.0, deadline - now)

    def _enable_listeners(self) -> None:
        """Have the listening sockets in the epoll set again once there is somebody to serve."""
        with self._mutex:
            if not self._listening and not self._above_limit():
                self._listening = True
                for fd in self._listeners:
                    self._epoll.register(fd, select.EPOLLIN)

    def _disable_listeners(self) -> None:
        """Leave new connections to the other children, and those that none takes to the kernel."""
        with self._mutex:
            if self._listening:
                self._listening = False
                for fd in self._listeners:
                    self._epoll.unregister(fd)

    def _above_limit(self) -> bool:
        """Httpd's connections_above_limit (server/mpm/event/event.c)."""
        idle = self._queue.idle
        if idle == 0 or time.monotonic() < self._resting_until:
            return True
        # While disabled one idle worker less counts, or else it would be on and off in turn.
        spare = (idle - (not self._listening)) * ASYNC_REQUEST_WORKER_FACTOR
        busy = self._connections - len(self._lingering)
        return busy >= self._runtime.limits.threads_per_child + spare

    def _accept(self, listener: socket.socket, tid: int) -> bool:
        """Accept one connection for a worker that is reserved first; True when all were busy."""
        above = self._above_limit()
        if above or not self._queue.try_reserve():
            self._disable_listeners()
            return self._queue.idle == 0
        try:
            accepted, client = listener.accept()
        except OSError as error:  # another child took it, the client has gone, or a shortage
            self._queue.set_idle()
            if error.errno in SHORTAGE:
                self._runtime.error_log.log("mpm_event", "error", f"AH00471: accept: {error.strerror}")
                self._resting_until = time.monotonic() + SHORTAGE_SECONDS
                self._disable_listeners()
            return False
        connection = Connection(accepted, client, tid, self._runtime)
        with self._mutex:
            self._connections += 1
        self._queue.push(connection)
        return False

    def _resume(self, fd: int) -> bool:
        """Hand a parked connection that is ready to a worker; True when none was free at once."""
        with self._mutex:
            connection = self._parked.remove(fd)
        self._epoll.unregister(fd)
        busy = self._queue.reserve()
        self._queue.push(connection)
        return busy

    def _expire(self, *, everything_idle: bool) -> None:
        """End what is over its time; when all workers are busy, also what only might come back."""
        now = time.monotonic()
        with self._mutex:
            idle = self._parked.expired(self._keep_alive, float("inf") if everything_idle else now)
            dead = self._parked.expired(self._write_completion, now)
            dead += self._parked.expired(self._lingering, now)
            self._connections -= len(dead)
        for connection in dead:
            self._epoll.unregister(connection.fd)
            connection.abort()
        for connection in idle:
            self._epoll.unregister(connection.fd)
            if connection.start_linger():
                self._park(connection, State.LINGER)
            else:
                with self._mutex:
                    self._connections -= 1
