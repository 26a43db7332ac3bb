"""prefork: a process serves one connection at a time, from accept to close.

It has no threads. After each connection it looks into the pipe of death; one that is
idle meanwhile blocks in accept, and the parent wakes it with a dummy connection.
"""

import os
import signal

from ..connections.connection import Connection
from ..processes.child import CHILD_SICK, become_child, end_at_once, hear_of_parents_end
from ..processes.scoreboard import Status
from ..runtime import Runtime
from .acceptor import Acceptor, ShortageError
from .synchronous import serve_to_the_end

POLL_SECONDS = 10.0


def run_child(runtime: Runtime, slot: int) -> None:
    """Accept and serve until the pipe of death, a signal or MaxConnectionsPerChild says otherwise."""
    child = PreforkChild(runtime, slot)
    handlers = {
        signal.SIGTERM: end_at_once,
        signal.SIGHUP: end_at_once,
        signal.SIGUSR1: child.stop_listening,
    }
    if runtime.one_process:
        handlers[signal.SIGINT] = end_at_once
    become_child(runtime, handlers)
    if not runtime.one_process:
        hear_of_parents_end(signal.SIGUSR1)  # accept would not notice it
    child.serve()


class PreforkChild:
    """The one process, which is its own listener and worker."""

    def __init__(self, runtime: Runtime, slot: int) -> None:
        self._runtime = runtime
        self._acceptor = Acceptor(runtime, POLL_SECONDS)
        self._score = runtime.scoreboard.worker(slot, 0)

    def stop_listening(self, *_: object) -> None:
        """Leave when the present connection is done (a handler: restart, stop, the parent ended)."""
        self._runtime.child.leaving = True
        self._acceptor.stop()

    def serve(self) -> None:
        """Take one connection after the other until it is time to leave."""
        runtime, score = self._runtime, self._score
        runtime.pipe_of_death.never_block()
        score.enlist(os.getpid(), runtime.generation)
        left = runtime.config.max_connections_per_child or float("inf")
        try:
            while left > 0 and not runtime.child.leaving:
                score.set(Status.READY)
                accepted = self._acceptor.accept()
                if accepted is None:
                    continue
                left -= 1
                serve_to_the_end(Connection(*accepted, score.tid, runtime), score)
                if runtime.pipe_of_death.check() or self._is_outdated():
                    break
        except ShortageError:
            runtime.child.exit_status = CHILD_SICK

    def _is_outdated(self) -> bool:
        """Say whether a graceful restart was while the connection was served."""
        return self._runtime.scoreboard.whole.running_generation != self._runtime.generation
