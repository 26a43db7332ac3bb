"""Lines of another process in between, as ``strace -p SERVER -p OTHER`` would have written them.

Each of its calls is put into a moment in which the scene's tasks do nothing that can be seen, so that no
call of theirs would have been split into halves by it. A call too long for that is left out.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from tracekit.lab.seeds import Chance
from tracekit.lab.variants.renaming import Renaming

LEADER: Final = re.compile(r"^(\d+) +(\d+)\.(\d{6}) ")
RESUMED: Final = "<... "
LASTED: Final = re.compile(r" <(\d+)\.(\d{6})>$")
SECOND: Final = 1_000_000
"""Microseconds, in which all times here are."""
LONGEST: Final = 1_000
"""Calls that last longer have no place between those of a busy server."""
WIDTH: Final = 5
"""strace writes a pid as wide at least."""
LATEST: Final = 0.4
"""In this first part of the scene the other process is first seen."""


class Call(NamedTuple):
    """One line of the other process.

    Attributes:
        at: when, after its first line.
        lasted: how long it took.
        text: what follows the time.
    """

    at: int
    lasted: int
    text: str


@dataclass(frozen=True)
class Silences:
    """The moments between a scene's lines: after line ``index[i]`` nothing goes on from begin to end.

    Attributes:
        index: lines, counted from 0.
        begin: when the call of that line is over.
        end: when the next line comes.
    """

    index: Sequence[int]
    begin: Sequence[int]
    end: Sequence[int]

    @classmethod
    def of(cls, lines: Sequence[str]) -> Self:
        """Find those of a scene."""
        found = []
        over: tuple[int, int] | None = None
        for index, line in enumerate(lines):
            began, lasted = _times(line)
            if over is not None and over[1] < began:
                found.append((*over, began))
            over = (index, began + lasted) if began else None
        return cls(*(list(column) for column in zip(*found, strict=True))) if found else cls([], [], [])


@dataclass(frozen=True)
class Mixed:
    """Lines that go into a scene's.

    Attributes:
        pid: of the process that they are of.
        after: for each the number of lines of the scene before it, ascending.
        texts: the lines.
    """

    pid: int
    after: tuple[int, ...] = ()
    texts: tuple[str, ...] = ()


def calls(noise: Sequence[str]) -> list[Call]:
    """Return what a recorded process did, without what takes too long."""
    timed = [(*_times(line), line) for line in noise if LEADER.match(line)]
    return [
        Call(began - timed[0][0], lasted, LEADER.sub("", line))
        for began, lasted, line in timed
        if lasted <= LONGEST
    ]


def mix(noise: Sequence[Call], old: str, pid: str, silences: Silences, chance: Chance) -> Mixed:
    """Put a process's calls into a scene.

    Args:
        noise: its calls.
        old: its pid as recorded.
        pid: the one that it gets.
        silences: of the scene.
        chance: of the student's exercise.
    """
    if not noise or not silences.index:
        return Mixed(int(pid))
    renaming = Renaming({old: pid})
    whole = silences.end[-1] - silences.begin[0]
    begin = silences.begin[0] + int(whole * LATEST * chance.random())
    pace = (silences.end[-1] - begin) / max(noise[-1].at, 1)
    after, texts, now = [], [], begin
    for call in noise:
        if chance.random() < 1 / 8:  # no two students' lines are alike
            continue
        now = max(now, begin + int(call.at * pace))
        place = _place(silences, now, call.lasted)
        if place is None:
            break
        number, now = place
        after.append(number)
        texts.append(f"{pid:<{WIDTH}} {now // SECOND}.{now % SECOND:06} {renaming.text(call.text)}")
        now += call.lasted + 1
    return Mixed(int(pid), tuple(after), tuple(texts))


def _place(silences: Silences, now: int, lasted: int) -> tuple[int, int] | None:
    """Return after how many lines, and when, a call comes at the earliest; None if it is too late for it."""
    for number in range(bisect_right(silences.end, now), len(silences.index)):
        at = max(now, silences.begin[number] + 1)
        if at + lasted < silences.end[number]:
            return silences.index[number] + 1, at
    return None


def _times(line: str) -> tuple[int, int]:
    """Return when a line begins and how long its call goes on from there; zeros where it has no time."""
    leader = LEADER.match(line)
    if leader is None:
        return 0, 0
    began = int(leader[2]) * SECOND + int(leader[3])
    lasted = None if line.startswith(RESUMED, leader.end()) else LASTED.search(line)  # that began long before
    return began, int(lasted[1]) * SECOND + int(lasted[2]) if lasted else 0
