"""What the stop loop takes down, written out when no task waits.

A traced task stands still while its stop is served, so decoding and writing are put off: they
happen between two stops, when there is none to serve, in the order in which things were taken
down. A backlog that has grown too long is worked off at the pace at which it grows.
"""

import sys
from collections import deque
from collections.abc import Callable
from typing import Any

from tracekit.tracer.decode import Call, Decoder, Task
from tracekit.tracer.text.notices import Notices
from tracekit.tracer.text.writer import UnwritableError, Where, Writer

_UNKNOWN = "???"
"""A call whose name nobody knows."""
BACKLOG = 1 << 18
"""Entries that may wait: some 200 MB of a busy server."""


class Record:
    """The trace as it is taken down. Times are epoch nanoseconds, durations nanoseconds."""

    def __init__(
        self,
        writer: Writer,
        decoder: Decoder,
        notices: Notices | None = None,
        backlog: int = BACKLOG,
        *,
        lines: bool = True,
    ) -> None:
        """Take down for this writer; with a backlog of 0 each entry is written at once.

        Without ``lines`` calls and events are not for the trace: they are only counted.
        """
        self._writer = writer
        self._line = self._put if lines else _pass_over
        self._notices = notices
        self._decoder = decoder
        self._limit = backlog
        self._unsure = 0
        """Entries since the last flush that worked."""
        self._failed = False
        self._waiting: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()

    @property
    def reader(self) -> int | None:
        """The process that reads what is written, when it is a program of ours."""
        return self._writer.reader

    @property
    def unwritten(self) -> int:
        """How many entries may not be in the file, since it could not be written."""
        return self._unsure if self._failed else 0

    def attach(self, tid: int, command: str) -> None:
        """A task is traced from here on, or has become another command."""
        self._put(self._writer.attach, (tid, command))

    def drop(self, tid: int) -> None:
        """A task is traced no longer."""
        self._put(self._writer.drop, (tid,))

    def supersede(self, former: int, leader: int) -> None:
        """A thread goes on under its leader's tid."""
        self._put(self._writer.supersede, (former, leader))

    def say(self, message: str) -> None:
        """Say something on standard error, where strace would."""
        if self._notices:
            self._put(self._notices.say, (message,))

    def attached(self, tid: int) -> None:
        """Say that a task was attached to."""
        if self._notices:
            self._put(self._notices.attached, (tid,))

    def unknown(self, tid: int, ended: bool) -> None:
        """Say that a process that is not ours to trace has ended, or was let go of."""
        if self._notices:
            self._put(self._notices.exited_unknown if ended else self._notices.detached_unknown, (tid,))

    def detached(self, tid: int) -> None:
        """Say that a task was let go of."""
        if self._notices:
            self._put(self._notices.detached, (tid,))

    def entry(self, tid: int, time_ns: int, call: Call, where: Where | None = None) -> None:
        """A call was entered."""
        self._line(self._begin, (tid, time_ns, call, where))

    def exit(
        self,
        tid: int,
        time_ns: int,
        call: Call,
        duration_ns: int,
        note: str = "",
        *,
        where: Where | None = None,
        dump: str = "",
    ) -> None:
        """A call has returned; the note stands behind what it returned, the dump on lines of its own."""
        self._line(self._finish, (tid, time_ns, call, duration_ns, (note, where, dump)))

    def died(self, tid: int, time_ns: int, call: Call) -> None:
        """A task ends in a call."""
        self._line(self._give_up, (tid, time_ns, call))

    def unknown_entry(self, tid: int, time_ns: int) -> None:
        """A task was killed as it entered a call, before anybody could see which one."""
        self._line(self._writer.begin, (tid, time_ns, f"{_UNKNOWN}("))

    def unknown_died(self, tid: int, time_ns: int) -> None:
        """A task ends in such a call."""
        self._line(self._end_early, (tid, time_ns, _UNKNOWN, (")", "?"), "unfinished"))

    def unavailable(self, tid: int, time_ns: int, call: Call) -> None:
        """A task was killed as a call returned, before anybody could see what it has returned."""
        self._line(self._end_early, (tid, time_ns, call.name, (")", "? <unavailable>"), "unavailable"))

    def abandoned(self, tid: int, mark: str) -> None:
        """We will not see the end of the call that a task is in: ``<detached ...>``."""
        self._line(self._writer.leave_unfinished, (tid, mark))

    def signal(self, task: Task, time_ns: int, siginfo: bytes, where: Where | None = None) -> None:
        """A signal is delivered (128 bytes of siginfo_t) to a task, which stands still for it."""
        self.event(task.tid, time_ns, f"--- {self._decoder.signal(siginfo, task)} ---", where)

    def event(self, tid: int, time_ns: int, text: str, where: Where | None = None) -> None:
        """Something else happened to a task."""
        self._line(self._writer.event, (tid, time_ns, text, where))

    def header(self, key: str, facts: dict[str, Any]) -> None:
        """A fact that strace's format has no line for."""
        self._put(self._writer.header, (key, facts))

    def text(self, lines: str) -> None:
        """Whole lines that stand behind all others."""
        self._put(self._writer.text, (lines,))

    @property
    def fullness(self) -> float:
        """How much of the backlog that is let grow there is: 0 to 1."""
        return min(len(self._waiting) / self._limit, 1.0) if self._limit else 1.0

    def write_some(self, count: int = 1) -> bool:
        """Write so many entries; False when none is left.

        Raises:
            UnwritableError: the trace cannot be written.
        """
        waiting = self._waiting
        try:
            for _ in range(min(count, len(waiting))):
                work, what = waiting.popleft()
                self._unsure += 1
                work(*what)
        except UnwritableError:
            self._failed = True
            raise
        return bool(waiting)

    def write_all(self) -> None:
        """Write everything that was taken down."""
        while self.write_some():
            pass

    def put_off(self) -> None:
        """Write nothing from now on before somebody asks for it."""
        self._limit = sys.maxsize

    def flush(self) -> None:
        """Let readers of the file see what is written."""
        try:
            self._writer.flush()
        except UnwritableError:
            self._failed = True
            raise
        if not self._failed:
            self._unsure = 0

    def close(self) -> None:
        """End the trace; see ``Writer.close``."""
        try:
            self._writer.close()
        except UnwritableError:
            self._failed = True
            raise

    def _put(self, work: Callable[..., None], what: tuple[Any, ...]) -> None:
        self._waiting.append((work, what))
        if len(self._waiting) > self._limit:
            self.write_some()

    def _begin(self, tid: int, time_ns: int, call: Call, where: Where | None) -> None:
        self._writer.begin(tid, time_ns, self._decoder.entering(call), where)

    def _finish(
        self, tid: int, time_ns: int, call: Call, duration_ns: int, more: tuple[str, Where | None, str]
    ) -> None:
        note, where, dump = more
        rest, result = self._decoder.exiting(call)
        self._writer.finish(
            tid,
            time_ns,
            call.name,
            (rest, result + note),
            duration_ns,
            outcome="failed" if call.is_error else "successful",
            where=where,
            dump=dump,
        )

    def _give_up(self, tid: int, time_ns: int, call: Call) -> None:
        self._end_early(tid, time_ns, call.name, (self._decoder.unfinished(call), "?"), "unfinished")

    def _end_early(self, tid: int, time_ns: int, name: str, result: tuple[str, str], outcome: str) -> None:
        self._writer.finish(tid, time_ns, name, result, None, outcome=outcome)


def _pass_over(_work: Callable[..., None], _what: tuple[Any, ...]) -> None:
    """Take nothing down."""
