"""worker: a listener thread accepts, and a worker thread keeps a connection from its start to its close.

While no worker is idle the listener does not accept at all: connections wait in the
kernel, or go to other children.
"""

import contextlib
import os
import threading

from ..connections.connection import Connection, State
from ..processes.child import CHILD_SICK
from ..processes.scoreboard import Status, WorkerScore
from ..runtime import Runtime
from .acceptor import Acceptor, ShortageError
from .fd_queue import Idler
from .synchronous import serve_to_the_end
from .threads import WAKE_AGAIN_SECONDS, WAKE_SIGNAL, ThreadedChild


def run_child(runtime: Runtime, slot: int) -> None:
    """Live a child's life in a slot of the scoreboard."""
    WorkerChild(runtime, slot).run()


class WorkerChild(ThreadedChild):
    """One child."""

    free_records = frozenset({Status.DEAD, Status.GRACEFUL})
    thread_failed = "AH03142"

    def __init__(self, runtime: Runtime, slot: int) -> None:
        super().__init__(runtime, slot)
        self._acceptor = Acceptor(runtime)
        self._reserved: Idler | None = None  # for the connection that the listener waits for

    def serve(self, connection: Connection, score: WorkerScore) -> State:
        """Serve a connection to its end, and wait where it waits."""
        serve_to_the_end(connection, score)
        return State.CLOSED

    def give_back(self, connection: Connection, state: State) -> None:
        """Do nothing: it is closed, and a listener that waits for a worker is woken by the queue."""

    def listen(self) -> None:
        """Reserve a worker, wait for a connection, hand it over; over and over."""
        left = self.runtime.config.max_connections_per_child or float("inf")
        try:
            while left > 0 and not self.child.leaving:
                idler = self._reserved = self._reserved or self.queue.reserve()
                accepted = self._acceptor.accept()
                if accepted is None:
                    continue
                left -= 1
                self._reserved = None
                idler.give(Connection(*accepted, threading.get_native_id(), self.runtime))
        except ShortageError:
            self.child.exit_status = CHILD_SICK
        self.leave()

    def stop_listening(self) -> None:
        """Get the listener out of accept."""
        self._acceptor.stop()

    def await_listener(self, listener: threading.Thread) -> None:
        """Wait until the listener is done; one that waits for the accept mutex is left there.

        That can take until another child gets a connection. When the listener has the mutex
        it sees that the child is leaving. The worker that it has reserved is idle.
        """
        while listener.is_alive() and not self._acceptor.queued:
            with contextlib.suppress(ProcessLookupError):
                os.kill(listener.native_id or os.getpid(), WAKE_SIGNAL)
            listener.join(WAKE_AGAIN_SECONDS)
        if self._reserved is not None:
            self.send_home(self._reserved)
