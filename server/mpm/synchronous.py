"""How prefork and worker serve: who has a connection keeps it to the end, and waits for it."""

import select

from ..connections.connection import Connection, State
from ..processes.scoreboard import Status, WorkerScore

LINGER_STEP_SECONDS = 2.0  # SECONDS_TO_LINGER of httpd's server/connection.c
LINGER_READ_SIZE = 512


def serve_to_the_end(connection: Connection, score: WorkerScore) -> None:
    """Serve one connection from its first request to its close."""
    state = connection.process(score)
    while state in (State.KEEP_ALIVE, State.WRITE):
        if state is State.KEEP_ALIVE:
            score.set(Status.KEEP_ALIVE)
            if not connection.wait(select.POLLIN, connection.keep_alive_seconds):
                state = State.LINGER
                break
        elif not connection.wait(select.POLLOUT, connection.timeout_seconds):
            connection.abort()
            return
        state = connection.process(score)
    if state is State.LINGER:
        score.set(Status.CLOSING)
        _linger(connection)


def _linger(connection: Connection) -> None:
    """Close in order: wait a while for the client to close, too."""
    if not connection.start_linger():
        return
    while connection.wait(select.POLLIN, LINGER_STEP_SECONDS):
        if connection.linger(LINGER_READ_SIZE) is State.CLOSED:
            return
    connection.close()
