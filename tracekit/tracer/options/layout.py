"""What is printed around calls: which columns there are, and how times look."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stamp:
    """How the time of day is printed."""

    unix: bool = True
    """Seconds since the epoch (-ttt), or the local ``HH:MM:SS`` (-t)."""
    digits: int = 6
    """Digits behind the point: 0, 3, 6 or 9."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What is printed around a call, and in how many files. The defaults are those of ``-f -ttt -T``."""

    tids: bool = True
    """A tid before each line (-f with -o)."""
    brackets: bool = False
    """``[pid N]`` before each line while there is more than one task (-f without -o)."""
    commands: bool = False
    """A task's command behind its tid: ``N<comm>`` (-Y)."""
    stamp: Stamp | None = Stamp()
    """The time of day (-t)."""
    relative: int | None = None
    """Digits of the seconds since the line before (-r)."""
    numbers: bool = False
    """The call's number (-n)."""
    pointers: bool = False
    """The instruction pointer (-i)."""
    durations: int | None = 6
    """Digits of ``<0.000012>`` behind each call (-T)."""
    headers: bool = True
    """``# tracekit`` lines (left out by --plain)."""
    return_column: int = 40
    """Where ``= `` stands (-a)."""
    append: bool = False
    """Write behind what the file holds (-A)."""
    separate: bool = False
    """One file a task, ``FILE.TID`` (-ff)."""
