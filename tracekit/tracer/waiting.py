"""Waiting for stops of traced tasks and for requests to end, without losing either.

The signals that matter stay blocked and are taken with sigtimedwait(2), so
none can interrupt the handling of a stop, and none can slip in between a check
and the wait. Stops are taken in rounds: a task that was resumed has to stop
again before it is served again, so one that floods cannot starve the others.
"""

import math
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from tracekit.tracer import ptrace

REQUESTS = frozenset({signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP})
"""Signals to ourselves that ask a trace to end."""
FROM_OUTSIDE = REQUESTS - {signal.SIGINT, signal.SIGQUIT}
"""The same while a program of ours runs in the foreground: what the terminal sends is its business."""

_ALL = REQUESTS | {signal.SIGCHLD}
_DISPOSITIONS: dict[signal.Signals, signal.Handlers] = {
    signal.SIGCHLD: signal.SIG_DFL,  # who started us may ignore it: we would hear of no stop
    signal.SIGTTOU: signal.SIG_IGN,  # a traced shell takes the terminal, and we still write to it
    signal.SIGTTIN: signal.SIG_IGN,
}
_LULL = 0.05
"""Seconds without a stop after which a round comes back empty: time to write out what is buffered."""
_PAUSE = 0.5
"""The same while there has been none for longer."""


@contextmanager
def threads_kept_away() -> Iterator[None]:
    """Let threads that are started inside (numpy starts some at its import) never take our signals."""
    old = signal.pthread_sigmask(signal.SIG_BLOCK, _ALL)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old)


class Waiter:
    """A context in which children's stops and requests to end arrive one at a time."""

    def __init__(self, requests: frozenset[signal.Signals] = REQUESTS) -> None:
        """Take ``requests`` as requests to end, and pass over other signals of their kind."""
        self._requests = requests
        self.requested: list[signal.Signals] = []
        """The requests to end so far."""
        self.deadline = math.inf
        """When the trace ends by itself (time.monotonic)."""
        self._patience = _LULL
        self._old_mask: set[signal.Signals | int] = set()
        self._old_dispositions: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        """Block the signals that are waited for."""
        self._old_mask = signal.pthread_sigmask(signal.SIG_BLOCK, _ALL)
        self._old_dispositions = {number: signal.signal(number, how) for number, how in _DISPOSITIONS.items()}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the signal mask back; requests that were taken are not delivered again."""
        while self._take(0):
            pass
        self.give_back()

    def give_back(self) -> None:
        """Undo what was done to signals; also in a forked child, before it runs its program."""
        for number, how in self._old_dispositions.items():
            signal.signal(number, how)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._old_mask)

    def request(self) -> None:
        """Ask for the end from another thread of ours."""
        self.requested.append(signal.SIGTERM)

    def round(self) -> list[tuple[int, int]]:
        """Return the tasks whose state changed: tid and wait status. Empty when there was nothing yet.

        Raises:
            ChildProcessError: there is nothing left to wait for.
        """
        found = list(_ready())
        if not found:
            left = self.deadline - time.monotonic()
            self._take(min(self._patience, left) if left > 0 else self._patience)
            found = list(_ready())
        self._patience = _LULL if found else _PAUSE
        return found

    def ended(self) -> bool:
        """Say whether the trace was asked to end, or its time is over."""
        return bool(self.requested) or time.monotonic() >= self.deadline

    def _take(self, timeout: float) -> bool:
        """Take one pending signal, waiting for it; False when none came."""
        info = signal.sigtimedwait(_ALL, timeout)
        if info is None:
            return False
        if info.si_signo in self._requests:
            self.requested.append(signal.Signals(info.si_signo))
        return True


def _ready() -> Iterator[tuple[int, int]]:
    """Yield every state change that is there now."""
    first = True
    while True:
        try:
            tid, status = os.waitpid(-1, os.WNOHANG | ptrace.WAIT_ALL)
        except ChildProcessError:
            if first:
                raise
            return
        if not tid:
            return
        first = False
        yield tid, status
