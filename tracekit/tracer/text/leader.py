"""What stands before a call: task, times, number, instruction (strace.c: printleader)."""

import os
import time
from typing import Final

from tracekit.tracer.annotations.descriptors import escape_path
from tracekit.tracer.options.layout import Layout, Stamp

_SECOND: Final = 1_000_000_000
_UNKNOWN_NUMBER: Final = "???"
_REGISTER: Final = (1 << 64) - 1
_UNKNOWN_POINTER: Final = "?" * 16


class Leaders:
    """Makes the leaders of one trace's lines, in the order of the lines."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._plain = layout == Layout() or layout == Layout(headers=False)
        self._tasks: dict[int, str] = {}
        """The tasks there are, and their commands."""
        self._before: int | None = None
        self._clock = (-1, "")
        """A second, and how the clock shows it."""

    def add(self, tid: int, command: str) -> None:
        """There is a further task, or one has become another command."""
        self._tasks[tid] = escape_path(os.fsencode(command)) if self._layout.commands else ""

    def remove(self, tid: int) -> None:
        """There is one task less."""
        self._tasks.pop(tid, None)

    def of(self, tid: int, time_ns: int, where: tuple[int, int, int] | None = None) -> str:
        """The leader of the next line.

        Args:
            tid: whose line it is.
            time_ns: its time, epoch nanoseconds.
            where: the number of the call, the instruction pointer and the bytes of a word;
                a number of -1 is unknown, and so is a negative pointer.
        """
        if self._plain:
            return f"{tid:<5} {seconds(time_ns)} "
        layout = self._layout
        shown = self._task(tid) if layout.tids or layout.brackets else ""
        if layout.stamp is not None:
            shown += self._time(time_ns, layout.stamp) + " "
        if layout.relative is not None:
            shown += self._since(time_ns, layout.relative)
        if layout.numbers:
            shown += f"[{_number(where)}] "
        if layout.pointers:
            shown += f"[{_pointer(where)}] "
        return shown

    def _task(self, tid: int) -> str:
        command = self._tasks.get(tid, "")
        if self._layout.tids:
            return f"{tid}<{command}> " if command else f"{tid:<5} "
        if len(self._tasks) <= 1:
            return ""
        return f"[pid {tid:5}{f'<{command}>' if command else ''}] "

    def _time(self, time_ns: int, stamp: Stamp) -> str:
        if stamp.unix:
            return seconds(time_ns, stamp.digits)
        second = time_ns // _SECOND
        if self._clock[0] != second:
            self._clock = (second, _clock_time(second))
        return self._clock[1] + _fraction(time_ns, stamp.digits)

    def _since(self, time_ns: int, digits: int) -> str:
        """Time since the line before; 0 if the clock was set back meanwhile."""
        passed = max(time_ns - self._before, 0) if self._before is not None else 0
        self._before = time_ns
        shown = f"{passed // _SECOND:6}{_fraction(passed, digits)}"
        return f"(+{shown}) " if self._layout.stamp else f"{shown} "


def seconds(nanoseconds: int, digits: int = 6) -> str:
    """Return seconds with some digits behind the point, cut as strace cuts them."""
    if digits == 6:
        return f"{nanoseconds // _SECOND}.{nanoseconds // 1000 % 1_000_000:06}"
    return f"{nanoseconds // _SECOND}{_fraction(nanoseconds, digits)}"


def _fraction(nanoseconds: int, digits: int) -> str:
    if not digits:
        return ""
    return f".{nanoseconds % _SECOND // 10 ** (9 - digits):0{digits}}"


def _clock_time(second: int) -> str:
    """The local time of day; the plain number where the calendar ends."""
    try:
        return time.strftime("%H:%M:%S", time.localtime(second))
    except (OSError, OverflowError, ValueError):
        return str(second)


def _number(where: tuple[int, int, int] | None) -> str:
    """A call's number; strace shows no sign."""
    return _UNKNOWN_NUMBER if where is None or where[0] == -1 else f"{where[0] & _REGISTER:4}"


def _pointer(where: tuple[int, int, int] | None) -> str:
    """An instruction pointer as wide as the task's words."""
    if where is None or where[1] < 0:
        return _UNKNOWN_POINTER if where is None else "?" * (2 * where[2])
    return f"{where[1]:0{2 * where[2]}x}"
