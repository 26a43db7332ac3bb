"""What worker and event share: a child with a listener thread and worker threads.

With ThreadsPerChild N a child has N + 2 LWPs. Its main thread has a starter thread
start the workers and, last, the listener; then it blocks in the read of the pipe of
death. ``!`` there means to leave gracefully, ``$`` to leave at once. The listener may
find, too, that it is time to leave; then it wakes the main thread.
"""

import os
import signal
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from ..connections.connection import Connection, State
from ..processes.child import CHILD_SICK, become_child, end_at_once, run_thread
from ..processes.pipe_of_death import GRACEFUL
from ..processes.scoreboard import Status, WorkerScore
from ..runtime import Runtime
from .fd_queue import FdQueue, Idler

SLOT_WAIT_SECONDS = 1.0
WAKE_SIGNAL = signal.SIGHUP  # interrupts a call that a thread of the child blocks in
WAKE_AGAIN_SECONDS = 0.05


class LeavingError(Exception):
    """The listener has woken the main thread: the child is leaving."""


class ThreadedChild(ABC):
    """One child. A model says how its listener gets connections and how its workers serve them.

    Attributes:
        free_records: in which state a worker's record may be taken by a new thread.
        thread_failed: httpd's number for a thread that cannot be started.
    """

    free_records: ClassVar[frozenset[Status]] = frozenset({Status.DEAD})
    thread_failed: ClassVar[str]

    def __init__(self, runtime: Runtime, slot: int) -> None:
        self.runtime = runtime
        self.child = runtime.child
        self.queue = FdQueue()
        self.process = runtime.scoreboard.process(slot)
        self.scores = [
            runtime.scoreboard.worker(slot, number) for number in range(runtime.limits.threads_per_child)
        ]
        self.listener: threading.Thread | None = None
        self.workers = 0  # threads that have not been sent home
        self._waiting = False  # the main thread is in the read of the pipe of death
        self._awake = threading.Event()  # it has left that read

    # ---- what a model is

    @abstractmethod
    def listen(self) -> None:
        """Accept connections and hand them over until the child is leaving (the listener thread)."""

    @abstractmethod
    def serve(self, connection: Connection, score: WorkerScore) -> State:
        """Do what a connection needs done, and return what it waits for then (a worker thread)."""

    @abstractmethod
    def stop_listening(self) -> None:
        """Have the listener notice that the child is leaving (any thread)."""

    def await_listener(self, listener: threading.Thread) -> None:
        """Wait until the listener is done (the main thread)."""
        listener.join()

    @abstractmethod
    def give_back(self, connection: Connection, state: State) -> None:
        """Part with a connection, when the worker that served it is idle again (a worker thread)."""

    # ---- main thread

    def run(self) -> None:
        """Start everything, wait for the pipe of death, and leave as it says."""
        handlers = {signal.SIGTERM: self._on_term, WAKE_SIGNAL: self._on_wake}
        if self.runtime.one_process:
            handlers |= {signal.SIGTERM: end_at_once, signal.SIGINT: end_at_once}
        become_child(self.runtime, handlers)
        starter = self._start_thread("starter", self._start_threads)
        word = self._word_of_death()
        self._awake.set()
        if word != GRACEFUL:
            return
        starter.join()
        self.leave()
        if self.listener is not None:
            self.await_listener(self.listener)
        while self.workers:
            self.send_home(self.queue.reserve())

    def _word_of_death(self) -> bytes:
        """Return what the pipe of death says to this child."""
        self._waiting = True
        try:
            word = self.runtime.pipe_of_death.wait()
            self._waiting = False
        except LeavingError:
            return GRACEFUL
        return word

    def _on_term(self, *_: object) -> None:
        """End at once when the child is leaving; before that its order comes by the pipe of death."""
        if not self._waiting:
            end_at_once()

    def _on_wake(self, *_: object) -> None:
        """Break off the read of the pipe of death when the listener has begun to leave."""
        if self._waiting and self.child.leaving:
            self._waiting = False  # here, since the signal may come again
            raise LeavingError

    def leave(self) -> None:
        """Begin to leave gracefully (the main thread or the listener)."""
        if self.child.leaving:
            return
        self.child.leaving = True
        self.process.quiescing = 1
        self.stop_listening()
        if threading.current_thread() is not threading.main_thread():
            self._wake_main()

    def _wake_main(self) -> None:
        """Get the main thread out of its read; a signal that comes just before it blocks there does not."""
        os.kill(os.getpid(), WAKE_SIGNAL)
        while not self._awake.wait(WAKE_AGAIN_SECONDS):
            os.kill(os.getpid(), WAKE_SIGNAL)

    def send_home(self, idler: Idler) -> None:
        """End an idle worker."""
        self.workers -= 1
        idler.give(None)

    # ---- starter thread

    def _start_threads(self) -> None:
        """Start the workers whose records are free, and the listener when there is a worker for it.

        Records that a leaving process still uses become free one by one.
        """
        waiting = list(enumerate(self.scores))
        while waiting and not self.child.leaving:
            free = [(number, score) for number, score in waiting if score.status in self.free_records]
            for number, score in free:
                score.set(Status.STARTING)
                idler = Idler()
                self._start_thread(f"worker-{number}", self._work, score, idler)
                self.workers += 1
                self.queue.set_idle(idler)  # here, so that the listener finds all of them
            if free and self.listener is None:
                self.listener = self._start_thread("listener", self.listen)
            waiting = [place for place in waiting if place not in free]
            if waiting:
                time.sleep(SLOT_WAIT_SECONDS)

    def _start_thread(self, name: str, work: Callable[..., None], *args: object) -> threading.Thread:
        """Start a thread; the child ends as a sick one when there can be none."""
        thread = threading.Thread(target=run_thread, args=(self.runtime, name, work, *args), daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            text = f"{self.thread_failed}: ap_thread_create: unable to create {name} thread: {error}"
            self.runtime.error_log.log(f"mpm_{self.runtime.config.mpm}", "alert", text)
            os._exit(CHILD_SICK)
        return thread

    # ---- worker threads

    def _work(self, score: WorkerScore, idler: Idler) -> None:
        """Serve one connection after the other."""
        score.enlist(threading.get_native_id(), self.runtime.generation)
        while (connection := idler.take()) is not None:
            state = self.serve(connection, score)
            score.set(Status.GRACEFUL if self.child.leaving else Status.READY)
            self.queue.set_idle(idler)  # first, else the connection could come back and find all busy
            self.give_back(connection, state)
        score.set(Status.DEAD)
