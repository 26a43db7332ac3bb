"""The children that the parent has: on the scoreboard, and those that have lost their slot there.

A child loses its slot when the model lets another one begin in the slot of a child
that is leaving (worker).
"""

import os
import signal

from ..listeners import shown, wake_an_accepter
from ..mpm import Mpm
from ..runtime import Runtime
from .scoreboard import Status

EXPECTED = frozenset({signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGKILL})


class Brood:
    """Who is there, and how each model's children are told to leave."""

    def __init__(self, runtime: Runtime, mpm: Mpm) -> None:
        self._runtime = runtime
        self._mpm = mpm
        self._lost: dict[int, int] = {}  # pid to generation
        self._alive: set[int] = set()  # who may get a signal; the children can write on the scoreboard
        self._was_graceful = False

    def renew(self, runtime: Runtime, *, graceful: bool) -> None:
        """Take the runtime of a new generation."""
        self._runtime = runtime
        self._was_graceful = graceful

    def add(self, slot: int, pid: int) -> None:
        """Note a child that was forked into a slot."""
        process = self._runtime.scoreboard.process(slot)
        if process.pid:
            self._lost[process.pid] = process.generation
        process.quiescing = 0
        self._runtime.scoreboard.set_pid(slot, pid)
        self._alive.add(pid)

    def is_missing(self, slot: int) -> None:
        """Note that no child could be forked into a slot."""
        if not self._runtime.scoreboard.pid(slot):
            self._runtime.scoreboard.clear(slot)

    def reap(self) -> tuple[int, int] | None:
        """Return pid and wait status of a child that has ended; None when there is none."""
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return None
        if pid == 0:
            return None
        self._alive.discard(pid)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) not in EXPECTED:
            self._report(pid, status)
        return pid, status

    def _report(self, pid: int, status: int) -> None:
        """Say which signal killed a child (httpd's ap_process_child_status, server/mpm_unix.c)."""
        number = os.WTERMSIG(status)
        description = (signal.strsignal(number) or "Unknown signal").partition(":")[0]
        text = f"AH00052: child pid {pid} exit signal {description} ({number})"
        if os.WCOREDUMP(status):
            folder = self._runtime.config.core_dump_directory or self._runtime.config.server_root
            text = f"{text.replace('AH00052', 'AH00051')}, possible coredump in {folder}"
        self._runtime.error_log.log("core", "notice", text)

    def forget(self, pid: int) -> tuple[int | None, int | None]:
        """Take a child that has ended off the scoreboard; return its slot and generation, where known."""
        board = self._runtime.scoreboard
        slot = board.slot_of(pid)
        if slot is not None:
            generation = board.process(slot).generation
            board.clear(slot)
            return slot, generation
        lost = self._lost.pop(pid, None)
        if lost is None and self._was_graceful:
            self._log("warn", f"{self._mpm.log.lost}: long lost child came home! (pid {pid})")
        return None, lost

    def remaining(self) -> list[int]:
        """Reap who has ended, and return the pids of those that are left."""
        while (ended := self.reap()) is not None:
            self.forget(ended[0])
        return sorted(self._alive)

    def kill_one(self) -> None:
        """Have one idle child leave: whoever reads the byte; one without threads reads when it is woken."""
        self._runtime.pipe_of_death.graceful(1)
        listener = self._runtime.listeners[0]
        if not self._mpm.is_threaded and not wake_an_accepter(listener):
            host, port = listener.getsockname()[:2]
            self._runtime.error_log.log(
                "core", "warn", f"AH00056: connect to listener on {shown(host, port)}"
            )

    def leave_gracefully(self) -> None:
        """Have all children finish what they have and leave."""
        board = self._runtime.scoreboard
        if self._mpm.is_threaded:
            self._runtime.pipe_of_death.graceful(len(board.pids()))
        for slot in self._without_threads():
            self._stop_listening(slot)

    def remind(self) -> None:
        """Tell prefork's children of an earlier generation again: just before an accept it can be missed."""
        board = self._runtime.scoreboard
        for slot in self._without_threads():
            if board.process(slot).generation != board.whole.running_generation:
                self._stop_listening(slot)

    def mark_leaving(self) -> None:
        """Show on the scoreboard which children belong to an earlier generation (prefork)."""
        for slot in self._without_threads():
            self._runtime.scoreboard.worker(slot, 0).set(Status.GRACEFUL)

    def _without_threads(self) -> list[int]:
        """Return the slots of prefork's children."""
        board = self._runtime.scoreboard
        return [] if self._mpm.is_threaded else [slot for slot in range(board.used) if board.pid(slot)]

    def _stop_listening(self, slot: int) -> None:
        pid = self._runtime.scoreboard.pid(slot)
        if pid in self._alive:
            os.kill(pid, signal.SIGUSR1)

    def leave_now(self) -> None:
        """Have all children leave at once; who does not is reclaimed."""
        if self._mpm.is_threaded:
            self._runtime.pipe_of_death.kill(len(self._runtime.scoreboard.pids()))

    def _log(self, level: str, text: str) -> None:
        self._runtime.error_log.log(f"mpm_{self._runtime.config.mpm}", level, text)
