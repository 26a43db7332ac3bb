"""What the stop loop takes down, written out when no task waits.

A traced task stands still while its stop is served, so decoding and writing are put off: they
happen between two stops, when there is none to serve, in the order in which things were taken
down. A backlog that has grown too long is worked off at the pace at which it grows.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from tracekit.tracer.decode import Call, Decoder
from tracekit.tracer.writer import Writer

BACKLOG = 1 << 18
"""Entries that may wait: some 200 MB of a busy server."""


class Record:
    """The trace as it is taken down. Times are epoch nanoseconds, durations nanoseconds."""

    def __init__(self, writer: Writer, decoder: Decoder, backlog: int = BACKLOG) -> None:
        self._writer = writer
        self._decoder = decoder
        self._limit = backlog
        self._waiting: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()

    def entry(self, tid: int, time_ns: int, call: Call) -> None:
        """A call was entered."""
        self._put(self._begin, (tid, time_ns, call))

    def exit(self, tid: int, time_ns: int, call: Call, duration_ns: int, note: str = "") -> None:
        """A call has returned; the note stands behind what it returned."""
        self._put(self._finish, (tid, time_ns, call, duration_ns, note))

    def died(self, tid: int, time_ns: int, call: Call) -> None:
        """A task ends in a call."""
        self._put(self._give_up, (tid, time_ns, call))

    def abandoned(self, tid: int, mark: str) -> None:
        """We will not see the end of the call that a task is in: ``<detached ...>``."""
        self._put(self._writer.leave_unfinished, (tid, mark))

    def signal(self, tid: int, time_ns: int, siginfo: bytes) -> None:
        """A signal is delivered (128 bytes of siginfo_t)."""
        self._put(self._signal, (tid, time_ns, siginfo))

    def event(self, tid: int, time_ns: int, text: str) -> None:
        """Something else happened to a task."""
        self._put(self._writer.event, (tid, time_ns, text))

    def header(self, key: str, facts: dict[str, Any]) -> None:
        """A fact that strace's format has no line for."""
        self._put(self._writer.header, (key, facts))

    def write_some(self) -> bool:
        """Write one entry; False when there is none.

        Raises:
            UnwritableError: the trace cannot be written.
        """
        if not self._waiting:
            return False
        work, what = self._waiting.popleft()
        work(*what)
        return True

    def write_all(self) -> None:
        """Write everything that was taken down."""
        while self.write_some():
            pass

    def flush(self) -> None:
        """Let readers of the file see what is written."""
        self._writer.flush()

    def _put(self, work: Callable[..., None], what: tuple[Any, ...]) -> None:
        self._waiting.append((work, what))
        if len(self._waiting) > self._limit:
            self.write_some()

    def _begin(self, tid: int, time_ns: int, call: Call) -> None:
        self._writer.begin(tid, time_ns, self._decoder.entering(call))

    def _finish(self, tid: int, time_ns: int, call: Call, duration_ns: int, note: str) -> None:
        rest, result = self._decoder.exiting(call)
        self._writer.finish(tid, time_ns, call.name, (rest, result + note), duration_ns)

    def _give_up(self, tid: int, time_ns: int, call: Call) -> None:
        self._writer.finish(tid, time_ns, call.name, (self._decoder.unfinished(call), "?"), None)

    def _signal(self, tid: int, time_ns: int, siginfo: bytes) -> None:
        self._writer.event(tid, time_ns, f"--- {self._decoder.signal(siginfo)} ---")
