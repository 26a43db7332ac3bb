"""Waiting for stops of traced tasks, without missing a request to end.

One wait4(2) is all that a stop costs. Only when nobody has stopped for a moment does it block. A
signal to ourselves interrupts it then; one that comes between a look at the requests and the wait
would be noticed late, so a timer ticks: it is also the time at which what was taken down is written.
"""

import ctypes
import errno
import math
import os
import signal
import time
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any, Self

from tracekit.tracer.kernel import ptrace

REQUESTS = frozenset({signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP})
"""Signals to ourselves that ask a trace to end."""
FROM_OUTSIDE = REQUESTS - {signal.SIGINT, signal.SIGQUIT}
"""The same while a program of ours runs in the foreground: what the terminal sends is its business."""
IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
"""A program that is launched gets them back as any program has them."""

_IGNORED = (
    signal.SIGTTOU,  # a traced shell takes the terminal, and we still write to it
    signal.SIGTTIN,
)
TICK = 0.05
"""Seconds between two ticks."""
_MOMENT = 50e-6
"""Seconds for which we look for the next stop before we sleep: to be woken takes longer than that, and
most tasks are at their next stop sooner (docs/adr/0005)."""
SYSCALL_STATUS = (signal.SIGTRAP | 0x80) << 8 | 0x7F
"""What wait4(2) reports of a syscall stop (PTRACE_O_TRACESYSGOOD): most of all stops."""
_TURNS = 16
"""Of so many waits, one takes every task that has stopped: the kernel offers tasks in the same order each
time, and one that floods would starve those behind it. After other events, which may be the consequence of
each other (a leader's end and the signals to its orphans), each wait does: what is there comes first."""
_WAIT_NOW = ptrace.WAIT_ALL | 1  # WNOHANG

_wait = ctypes.CDLL(None, use_errno=True).wait4
_status = ctypes.c_int()
_status_at = ctypes.c_void_p(ctypes.addressof(_status))
_usage = (ctypes.c_long * 18)()
"""struct rusage, linux/resource.h; the system time is its second struct timeval."""
_usage_at = ctypes.c_void_p(ctypes.addressof(_usage))


class Waiter:
    """A context in which tasks that stop and requests to end are waited for together."""

    def __init__(self, requests: frozenset[signal.Signals] = REQUESTS, *, suspendable: bool = True) -> None:
        """Take ``requests`` as requests to end, and pass over other signals of their kind.

        Unless ``suspendable``, Ctrl-Z passes by: with us, all that we trace would soon stand still.
        """
        self._requests = requests
        self._ignored = _IGNORED if suspendable else (*_IGNORED, signal.SIGTSTP)
        self.requested: list[signal.Signals] = []
        """The requests to end so far."""
        self.deadline = math.inf
        """When the trace ends by itself (time.monotonic)."""
        self.system: dict[int, int] | None = None
        """Takes the system time (nanoseconds) of each task that stops, when somebody counts it."""
        self._ticked = False
        self._turn = 0
        self._old: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        """Take the signals over. A tracer that was started with nohup(1) outlives its terminal."""
        for number in REQUESTS:
            self._replace(number, self._note if number in self._requests else signal.SIG_IGN)
        if self._old[signal.SIGHUP] is signal.SIG_IGN:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for number in self._ignored:
            self._replace(number, signal.SIG_IGN)
        self._replace(signal.SIGCHLD, signal.SIG_DFL)  # who started us may ignore it: we would miss every end
        self._replace(signal.SIGALRM, self._tick)
        signal.setitimer(signal.ITIMER_REAL, TICK, TICK)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the signals back."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.give_back()

    def give_back(self) -> None:
        """Undo what was done to signals; also in a forked child, before it runs its program."""
        for number, how in self._old.items():
            signal.signal(number, how)

    def request(self) -> None:
        """Ask for the end from another thread of ours."""
        self.requested.append(signal.SIGTERM)

    def stopped(self) -> list[tuple[int, int]]:
        """Wait for tasks whose state has changed: tid and wait status. Empty when a signal came first.

        Raises:
            ChildProcessError: there is nothing left to wait for.
        """
        first = self._soon() or self._change(ptrace.WAIT_ALL)
        self._turn = (self._turn + 1) % _TURNS
        if first is None:
            return []
        if self._turn and first[1] == SYSCALL_STATUS:
            return [first]
        return [first, *self._others()]

    def anyone(self) -> list[tuple[int, int]]:
        """Return a task whose state has changed by now, as ``stopped`` does, without waiting."""
        change = self._change(_WAIT_NOW)
        return [] if change is None else [change]

    def tick(self) -> bool:
        """Say, once a tick, that it is time for other work."""
        ticked, self._ticked = self._ticked, False
        return ticked

    def wake_after(self, seconds: float) -> None:
        """Let the next tick come early."""
        signal.setitimer(signal.ITIMER_REAL, min(max(seconds, 1e-6), TICK), TICK)

    def ended(self) -> bool:
        """Say whether the trace was asked to end, or its time is over."""
        return bool(self.requested) or time.monotonic() >= self.deadline

    def _replace(self, number: signal.Signals, how: Any) -> None:
        self._old[number] = signal.signal(number, how)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.requested.append(signal.Signals(number))

    def _tick(self, _number: int, _frame: FrameType | None) -> None:
        self._ticked = True

    def _change(self, options: int) -> tuple[int, int] | None:
        """Return one change of state; None when there is none, or a signal came first (wait4(2))."""
        tid = _wait(-1, _status_at, options, None if self.system is None else _usage_at)
        if tid > 0:
            if self.system is not None:
                self.system[tid] = (_usage[2] * 1_000_000 + _usage[3]) * 1000
            return tid, _status.value
        if tid < 0 and ctypes.get_errno() == errno.ECHILD:
            raise ChildProcessError
        return None

    def _soon(self) -> tuple[int, int] | None:
        """Return a change that comes within a moment; who waits for this core may have it meanwhile."""
        until = time.monotonic() + _MOMENT
        while (change := self._change(_WAIT_NOW)) is None and time.monotonic() < until:
            os.sched_yield()
        return change

    def _others(self) -> Iterator[tuple[int, int]]:
        """Yield every other change that is there now."""
        try:
            while (change := self._change(_WAIT_NOW)) is not None:
                yield change
        except ChildProcessError:
            return
