"""prefork: a process serves one connection at a time, from accept to close.

With one Listen all children block in accept, and the kernel gives each connection
to one of them. With more, a child must know first which socket has one: it polls
them all under the accept mutex, so that one child is woken and not all.
"""

import ctypes
import select
import signal
import socket
import threading
import time

from ..child import become_child
from ..connection import SHORTAGE, Connection, State
from ..runtime import Runtime
from ..scoreboard import Status, WorkerScore

PR_SET_PDEATHSIG = 1  # linux/prctl.h
LINGER_STEP_SECONDS = 2.0  # SECONDS_TO_LINGER of httpd's server/connection.c
LINGER_READ_SIZE = 512
SHORTAGE_SECONDS = 0.1  # rest after accept found no free descriptor


def run_child(runtime: Runtime, slot: int) -> None:
    """Accept and serve until the pipe of death says otherwise."""
    become_child(runtime)
    _end_with_parent()
    runtime.pipe_of_death.never_block()
    if len(runtime.listeners) > 1:
        for listener in runtime.listeners:
            listener.setblocking(False)  # what poll has seen may be gone when accept comes
    worker = runtime.scoreboard.worker(slot, 0)
    worker.enlist(threading.get_native_id())
    while not runtime.pipe_of_death.check():
        worker.set(Status.READY)
        connection = _accept(runtime, worker)
        if connection is not None:
            _serve(connection, worker, runtime)


def _end_with_parent() -> None:
    """Get TERM when the parent is gone, however it ended: accept would not notice it.

    The kernel forgets this when a process changes its user, so it is asked for after that.
    """
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


def _accept(runtime: Runtime, worker: WorkerScore) -> Connection | None:
    """Wait for a connection; None when accept failed and it is to be tried again."""
    listeners = runtime.listeners
    try:
        if len(listeners) == 1:
            accepted, client = listeners[0].accept()
        else:
            with runtime.accept_mutex.held():
                accepted, client = _readable(listeners).accept()
    except OSError as error:
        if error.errno in SHORTAGE:
            runtime.error_log.log("mpm_prefork", "error", f"AH00183: accept: {error.strerror}")
            time.sleep(SHORTAGE_SECONDS)
        return None
    return Connection(accepted, client, worker.tid, runtime)


def _readable(listeners: list[socket.socket]) -> socket.socket:
    poll = select.poll()
    by_fd = {listener.fileno(): listener for listener in listeners}
    for fd in by_fd:
        poll.register(fd, select.POLLIN)
    return by_fd[poll.poll()[0][0]]


def _serve(connection: Connection, worker: WorkerScore, runtime: Runtime) -> None:
    """Serve one connection to its end; what it waits for, this process waits for."""
    config = runtime.config
    state = connection.process(worker)
    while state in (State.KEEP_ALIVE, State.WRITE):
        if state is State.KEEP_ALIVE:
            worker.set(Status.KEEP_ALIVE)
            if not connection.wait(select.POLLIN, config.keep_alive_timeout):
                state = State.LINGER
                break
        elif not connection.wait(select.POLLOUT, config.timeout):
            connection.abort()
            return
        state = connection.process(worker)
    if state is State.LINGER:
        worker.set(Status.CLOSING)
        _linger(connection)


def _linger(connection: Connection) -> None:
    """Close in order: wait a while for the client to close, too."""
    if not connection.start_linger():
        return
    while connection.wait(select.POLLIN, LINGER_STEP_SECONDS):
        if connection.linger(LINGER_READ_SIZE) is State.CLOSED:
            return
    connection.close()
