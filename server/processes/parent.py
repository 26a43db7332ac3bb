"""The parent: starts the children, replaces the dead, takes the signals, ends everything.

Signals stay blocked in the parent. It takes them one at a time at one place, where
it would otherwise sleep; so nothing can interrupt anything. A child that dies does
not wake it: it looks once a second who is gone, as httpd's ap_wait_or_timeout does.
"""

import gc
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

from .. import SERVER_BUILT, SERVER_SOFTWARE
from ..mpm import Mpm
from ..runtime import Runtime
from .brood import Brood
from .child import CHILD_FATAL, CHILD_SICK, PROCESS_NAME, run_vital
from .maintenance import HOLD_TICKS, Pace, decide, take_census, usable_slots
from .pid_file import remove_pid, write_pid
from .reclaim import reclaim

MAINTENANCE_SECONDS = 1.0
FORK_REST_SECONDS = 10.0  # there is no sense in forking over and over where it failed
SUCCESSIVE_KILLS = 3  # from here on dead children are replaced by idle maintenance alone
STOP = frozenset({signal.SIGTERM, signal.SIGINT})
RESTART = frozenset({signal.SIGHUP, signal.SIGUSR1})
SI_KERNEL = 0x80  # asm-generic/siginfo.h: no process has sent the signal
FROM_TERMINAL: dict[int, int] = {
    signal.SIGHUP: signal.SIGTERM,  # it is gone, and nobody would see the server any more
    signal.SIGWINCH: 0,  # its window has another size
}
SIGNALS = STOP | RESTART | {signal.SIGWINCH}
AWAITED = SIGNALS | {signal.SIGALRM}  # with the end of a sleep
GRACEFUL_RESTART = {
    False: "Graceful restart requested, doing restart",
    True: "SIGUSR1 received.  Doing graceful restart",
}

Reload = Callable[[Runtime, bool], Runtime]


class Parent:
    """The process that the user started."""

    def __init__(self, runtime: Runtime, mpm: Mpm, reload: Reload, command_line: str) -> None:
        """Take what was opened for the first generation.

        Args:
            runtime: what was opened.
            mpm: the model.
            reload: reads the configuration anew and returns the runtime of the next generation;
                its second argument is true for a graceful restart.
            command_line: for the error log.
        """
        self._runtime = runtime
        self._mpm = mpm
        self._reload = reload
        self._command_line = command_line
        self._brood = Brood(runtime, mpm)
        self._pace = Pace()
        self._taken: int | None = None
        self._failed = False
        self._to_start = 0  # children of the new generation that wait for others to end
        self._successive_kills = 0

    def run(self) -> int:
        """Serve until a signal ends it; return the exit status.

        Raises:
            ConfigError: the configuration read anew is wrong.
            SystemExit: the PidFile cannot be written.
        """
        if self._runtime.one_process:
            self._serve_alone()
        signal.pthread_sigmask(signal.SIG_BLOCK, AWAITED)
        graceful = False
        while True:
            self._begin(graceful=graceful)
            self._serve()
            if self._failed or self._taken in STOP:
                return self._stop()
            if self._taken == signal.SIGWINCH:
                return self._stop_gracefully()
            graceful = self._taken == signal.SIGUSR1
            self._restart(graceful=graceful)

    def _begin(self, *, graceful: bool) -> None:
        """Start a generation; after a graceful restart child by child, as those of the last one end."""
        self._write_pid_file()
        _share_objects()
        self._taken = None
        self._pace = replace(self._pace, had_healthy_child=False)
        self._to_start = self._runtime.limits.start_servers
        if graceful:
            self._pace = replace(self._pace, hold=HOLD_TICKS)
        else:
            self._start_missing()
        self._announce()

    def _serve_alone(self) -> NoReturn:
        """Be the one child, too, and take signals as a child does (-X)."""
        self._write_pid_file()
        self._note_starting(0)
        self._brood.add(0, os.getpid())
        self._announce()
        run_vital(self._runtime, PROCESS_NAME, self._mpm.run_child, self._runtime, 0)

    def _announce(self) -> None:
        """Say in the error log that, and what, it serves now."""
        runtime, log = self._runtime, self._mpm.log
        self._log("notice", f"{log.started}: {SERVER_SOFTWARE} configured -- resuming normal operations")
        self._log("info", f"{log.built}: Server built: {SERVER_BUILT}")
        runtime.error_log.log("core", "notice", f"AH00094: Command line: '{self._command_line}'")

    def _serve(self) -> None:
        """Look after the children until a signal comes."""
        while self._taken is None and not self._failed:
            ended = self._brood.reap()
            if ended is not None:
                if not self._bury(*ended):
                    continue
                self._to_start += 1
            else:
                self._successive_kills = 0
                self._brood.remind()
                if self._sleep(MAINTENANCE_SECONDS):
                    return
            if self._to_start:
                self._start_missing()
            else:
                self._maintain()

    def _bury(self, pid: int, status: int) -> bool:
        """Note that a child has ended; True when another one is to be started at once."""
        slot, generation = self._brood.forget(pid)
        code = os.waitstatus_to_exitcode(status)
        if code == CHILD_FATAL:
            self._log_fatal(pid, is_ours=generation in (None, self._runtime.generation))
        if code == CHILD_SICK:
            self._pace = replace(self._pace, spawn_rate=1, sick=True)
        elif slot is not None and self._to_start and slot < usable_slots(self._runtime.limits, self._mpm):
            self._to_start -= 1
            self._make_child(slot)
        if slot is None or code >= 0 or not self._mpm.is_threaded:
            return False
        self._successive_kills += 1
        if self._successive_kills % 10 == SUCCESSIVE_KILLS:
            self._log("warn", f"{self._mpm.log.killed}: children are killed successively!")
        return self._successive_kills < SUCCESSIVE_KILLS

    def _log_fatal(self, pid: int, *, is_ours: bool) -> None:
        """A child cannot work at all, and neither could another one: end the server."""
        text = f"AH00050: Child {pid} returned a Fatal error... the server is exiting!"
        self._runtime.error_log.log("core", "alert", text)
        if is_ours:
            self._failed = True
        else:
            text = f"Ignoring fatal error in child of previous generation (pid {pid})."
            self._log("warn", f"{self._mpm.log.ignored}: {text}")

    def _start_missing(self) -> None:
        """Start the children that are still to be started, in the first empty slots."""
        board, count = self._runtime.scoreboard, self._to_start
        self._to_start = 0
        empty = (s for s in range(usable_slots(self._runtime.limits, self._mpm)) if not board.pid(s))
        for slot, _ in zip(empty, range(count), strict=False):
            if not self._make_child(slot):
                return

    def _maintain(self) -> None:
        """One tick of idle maintenance."""
        limits, board = self._runtime.limits, self._runtime.scoreboard
        decision = decide(take_census(board, limits, self._mpm), self._pace, limits, self._mpm)
        self._pace = decision.pace
        for level, text in decision.log:
            self._log(level, text)
        self._failed |= decision.give_up
        if decision.kill_one:
            self._brood.kill_one()
        for slot in decision.spawn:
            if not self._make_child(slot):
                return

    def _make_child(self, slot: int) -> bool:
        """Fork a child into a slot; where that fails, rest for a while."""
        self._note_starting(slot)
        try:
            pid = os.fork()
        except OSError as error:
            self._brood.is_missing(slot)
            text = f"{self._mpm.log.fork}: fork: Unable to fork new process"
            self._log("error", text, errno=error.errno or 0)
            self._sleep(FORK_REST_SECONDS)
            return False
        if pid == 0:
            run_vital(self._runtime, PROCESS_NAME, self._mpm.run_child, self._runtime, slot)
        self._brood.add(slot, pid)
        return True

    def _note_starting(self, slot: int) -> None:
        """Have a child without threads be idle before it is there; threads note that themselves."""
        if not self._mpm.is_threaded:
            self._runtime.scoreboard.set_starting(slot)

    def _sleep(self, seconds: float) -> bool:
        """Sleep until a signal comes; True when one did. After TERM no other one counts.

        A timer ends it: sigtimedwait that is interrupted (a tracer attaches) and late returns a signal
        that never came (CPython 3.11, Modules/signalmodule.c).
        """
        self._runtime.scoreboard.note_cpu_time()
        signal.setitimer(signal.ITIMER_REAL, seconds)
        taken = signal.sigwaitinfo(AWAITED)
        signal.setitimer(signal.ITIMER_REAL, 0)
        if taken.si_signo == signal.SIGALRM:
            return False
        signal.sigtimedwait({signal.SIGALRM}, 0)  # that of a timer that ended just now
        number = taken.si_signo
        if taken.si_code == SI_KERNEL:  # of the terminal
            number = FROM_TERMINAL.get(number, number)
        if number and self._taken not in STOP:
            self._taken = number
        return number != 0

    def _restart(self, *, graceful: bool) -> None:
        """End this generation and open the next one; logs and configuration are read anew.

        Raises:
            ConfigError: the new configuration is wrong. httpd exits then, too.
        """
        log, board = self._mpm.log, self._runtime.scoreboard
        generation = self._runtime.generation + 1
        board.whole.running_generation = generation
        if graceful:
            self._log("notice", f"{log.usr1}: {GRACEFUL_RESTART[self._mpm.is_threaded]}")
            self._brood.leave_gracefully()
            self._brood.mark_leaving()
        else:
            self._log("notice", f"{log.hup}: SIGHUP received.  Attempting to restart")
            self._brood.leave_now()
            reclaim(self._brood.remaining, self._log_core)
            board.reset()
            board.whole.running_generation = generation
        self._runtime = self._reload(self._runtime, graceful)
        self._brood.renew(self._runtime, graceful=graceful)

    def _stop(self) -> int:
        """End all children now."""
        self._brood.leave_now()
        reclaim(self._brood.remaining, self._log_core)
        if self._failed:
            return 1
        self._remove_pid_file()
        self._log("notice", f"{self._mpm.log.term}: caught SIGTERM, shutting down")
        return 0

    def _stop_gracefully(self) -> int:
        """Take no more connections, wait until the children have finished, then end what is left."""
        self._brood.leave_gracefully()
        for listener in self._runtime.listeners:
            listener.close()
        self._remove_pid_file()
        text = "caught SIGWINCH, shutting down gracefully"
        self._log("notice", f"{self._mpm.log.winch}: {text}")
        timeout = self._runtime.config.graceful_shutdown_timeout or float("inf")
        end = time.monotonic() + timeout
        while self._brood.remaining() and self._taken not in STOP and time.monotonic() < end:
            self._brood.leave_gracefully()  # again, to those who are left: nobody reads or minds it twice
            self._sleep(MAINTENANCE_SECONDS)
        self._brood.leave_now()
        reclaim(self._brood.remaining, self._log_core)
        return 0

    def _write_pid_file(self) -> None:
        if self._runtime.config.pid_file is not None:
            write_pid(self._runtime.config.pid_file, self._runtime.error_log)

    def _remove_pid_file(self) -> None:
        if self._runtime.config.pid_file is not None:
            remove_pid(self._runtime.config.pid_file, self._runtime.error_log)

    def _log(self, level: str, text: str, *, errno: int = 0) -> None:
        self._runtime.error_log.log(f"mpm_{self._runtime.config.mpm}", level, text, errno=errno)

    def _log_core(self, level: str, text: str) -> None:
        self._runtime.error_log.log("core", level, text)


def _share_objects() -> None:
    """Have the collector of every child leave alone what it has from the parent, so that it stays shared."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
