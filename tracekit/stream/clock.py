"""Times as lines bear them to nanoseconds that never lack a date."""

import re
from collections.abc import Callable, Sequence

from tracekit.stream.leader import Layout
from tracekit.stream.memory import Memory
from tracekit.stream.rows import MISSING

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
NANOSECONDS = 9
"""Digits of a fraction of a second."""
DURATION = re.compile(r" <(\d{1,9}(?:\.\d{1,9})?)>")
LATEST = (1 << 63) - 1
"""What a log's times cannot go beyond, however often midnight comes in it: 292 years."""


class Clock:
    """Turns the times of one log into nanoseconds.

    A log of ``-ttt`` counts from the epoch. One of ``-t`` or ``-tt`` counts from midnight of its
    first day, and goes on counting when the time of day wraps. One of ``-r`` counts from its first line.

    Attributes:
        read: returns the nanoseconds of a leader's time and delta; MISSING without either.
    """

    def __init__(self) -> None:
        """Start at the first day, with nothing elapsed."""
        self._day = 0
        self._last = 0
        self._first: int | None = None
        self._elapsed = 0
        self._base: dict[str, int] = {}
        self.use(Layout())

    def use(self, layout: Layout) -> None:
        """Go on with the times of this layout."""
        self.read: Callable[[str, str], int] = self._delta
        if "-ttt" in layout.parts:
            self.read = _since_epoch
        elif "-t" in layout.parts:
            self.read = self._of_day

    def put_off(self, days: int) -> None:
        """Take the first day for one so many days later."""
        self._day += days * DAY
        self._last += days * DAY

    def follow(self, other: "Clock") -> int:
        """Go on where a clock ended that began anew behind this; return how much later its times are."""
        first, day, last, elapsed = other.state()
        before = self._elapsed
        self._elapsed += elapsed
        if first is None:
            return before if self.read == self._delta else 0
        later = self._of_nanoseconds(first) - first
        self._day, self._last = later + day, later + last
        return later

    def state(self) -> tuple[int | None, int, int, int]:
        """Return the first time of day that was read, the day and the time now, and what has elapsed."""
        return self._first, self._day, self._last, self._elapsed

    def read_all(self, times: Sequence[str], deltas: Sequence[str]) -> list[int]:
        """Return the nanoseconds of many lines, in their order."""
        if self.read is _since_epoch:
            return _epochs(times)
        return list(map(self.read, times, deltas))

    def _of_day(self, time: str, _delta: str) -> int:
        if not time:
            return MISSING
        base = self._base.get(time[:8])
        if base is None:
            self._base = {time[:8]: (base := _seconds_of_day(time[:8]) * SECOND)}
        return self._of_nanoseconds(base + (nanoseconds("0" + time[8:]) if len(time) > 8 else 0))

    def _of_nanoseconds(self, time: int) -> int:
        """Return a time of day with its day."""
        if self._first is None:
            self._first = time
        now = self._day + time
        if now < self._last - DAY // 2:
            self._day += DAY
            now += DAY
        self._last = now
        return min(now, LATEST)

    def _delta(self, _time: str, delta: str) -> int:
        if not delta:
            return MISSING
        self._elapsed = min(self._elapsed + nanoseconds(delta), LATEST)
        return self._elapsed


def nanoseconds(text: str) -> int:
    """Return seconds written with or without a fraction, as whole nanoseconds."""
    seconds, _, fraction = text.partition(".")
    return int(seconds) * SECOND + (int(fraction.ljust(NANOSECONDS, "0")) if fraction else 0)


def _since_epoch(time: str, _delta: str) -> int:
    return nanoseconds(time) if time else MISSING


def _epochs(times: Sequence[str]) -> list[int]:
    """Return times of one width by filling up their fractions all at once: four times as fast."""
    if len(set(map(len, times))) != 1 or "." not in times[0]:
        return [_since_epoch(time, "") for time in times]
    missing = "0" * (NANOSECONDS - len(times[0].partition(".")[2]))
    return list(map(int, (f"{missing} ".join(times) + missing).replace(".", "").split(" ")))


def _seconds_of_day(text: str) -> int:
    hours, minutes, seconds = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


def _duration(text: str) -> int:
    found = DURATION.fullmatch(text)
    return nanoseconds(found[1]) if found else MISSING


DURATIONS = Memory(_duration)
"""The nanoseconds of `` <0.000011>``; MISSING for a text that is no duration."""


def split_duration(text: str) -> tuple[str, int]:
    """Take the duration (``-T``) off the end of a line."""
    cut = text.rfind(" <")
    duration = DURATIONS[text[cut:]] if cut >= 0 else MISSING
    return (text, MISSING) if duration == MISSING else (text[:cut], duration)
