"""The parent: starts the children, replaces the dead, takes the signals, ends everything.

Signals stay blocked in the parent. It takes them one at a time at one place, where
it would otherwise sleep for a second; so nothing can interrupt anything.
"""

import os
import signal
import time

from . import SERVER_SOFTWARE
from .child import PROCESS_NAME, run_vital
from .mpm import Mpm
from .pid_file import remove_pid, write_pid
from .runtime import Runtime

MAINTENANCE_SECONDS = 1.0
STOP_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
# Seconds after the stop, and what the children that are still there get then
# (ap_reclaim_child_processes in httpd's server/mpm_unix.c).
RECLAIM = (
    (0.0, signal.SIGTERM),
    (3.0, signal.SIGTERM),
    (5.0, signal.SIGTERM),
    (7.0, signal.SIGTERM),
    (9.0, signal.SIGKILL),
)
RECLAIM_STEP_SECONDS = 0.01


class Parent:
    """The process that the user started."""

    def __init__(self, runtime: Runtime, mpm: Mpm) -> None:
        self._runtime = runtime
        self._mpm = mpm
        self._module = f"mpm_{runtime.config.mpm}"

    def run(self) -> None:
        """Serve until TERM, INT (the terminal's Ctrl-C) or HUP (the terminal is gone).

        Raises:
            ConfigError: the PidFile cannot be written.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        pid_file, error_log = self._runtime.config.pid_file, self._runtime.error_log
        if pid_file is not None:
            write_pid(pid_file, error_log)
        self._spawn_missing()
        self._log(
            "notice", f"{self._mpm.started}: {SERVER_SOFTWARE} configured -- resuming normal operations"
        )
        while (taken := signal.sigtimedwait(STOP_SIGNALS, MAINTENANCE_SECONDS)) is None:
            self._reap()
            self._spawn_missing()
        self._stop()
        if pid_file is not None:
            remove_pid(pid_file, error_log)
        name = signal.Signals(taken.si_signo).name
        self._log("notice", f"{self._mpm.stopped}: caught {name}, shutting down")

    def _spawn_missing(self) -> None:
        """Fill every empty slot."""
        for slot in range(self._runtime.limits.start_servers):
            if not self._runtime.scoreboard.pid(slot):
                self._spawn(slot)

    def _spawn(self, slot: int) -> None:
        scoreboard = self._runtime.scoreboard
        scoreboard.set_starting(slot)  # before there is a child that writes there, too
        try:
            pid = os.fork()
        except OSError as error:
            scoreboard.clear(slot)
            self._log("error", f"AH00481: fork: Unable to fork new process: {error.strerror}")
            return
        if pid == 0:
            run_vital(self._runtime, PROCESS_NAME, self._mpm.run_child, self._runtime, slot)
        scoreboard.set_pid(slot, pid)

    def _reap(self) -> None:
        """Collect every child that has ended, and say so when a signal did it."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            slot = self._runtime.scoreboard.slot_of(pid)
            if slot is not None:
                self._runtime.scoreboard.clear(slot)
            if os.WIFSIGNALED(status):
                number = os.WTERMSIG(status)
                self._log("notice", f"AH00052: child pid {pid} exit signal {_signal_name(number)} ({number})")

    def _stop(self) -> None:
        """End all children: by the pipe of death, by TERM, and at last by KILL."""
        scoreboard = self._runtime.scoreboard
        self._runtime.pipe_of_death.kill(len(scoreboard.pids()))
        began = time.monotonic()
        for seconds, number in RECLAIM:
            while time.monotonic() - began < seconds and scoreboard.pids():
                time.sleep(RECLAIM_STEP_SECONDS)
                self._reap()
            for pid in scoreboard.pids():
                os.kill(pid, number)
        while scoreboard.pids():
            time.sleep(RECLAIM_STEP_SECONDS)
            self._reap()

    def _log(self, level: str, text: str) -> None:
        self._runtime.error_log.log(self._module, level, text)


def _signal_name(number: int) -> str:
    return (signal.strsignal(number) or "Unknown signal").partition(":")[0]
