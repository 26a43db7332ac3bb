"""Processes and threads in the columns of ``ps -efL`` (ps(1), procps-ng)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from tracekit.report.escape import CONTROL, visible

Record = Mapping[str, Any]

NOT_KNOWN: Final = "-"
NO_TERMINAL: Final = "?"
NEWLINE: Final = "\n"
NOT_PRINTED: Final = "?"
"""What ps writes for a character that acts instead of showing."""
USER: Final = 8
"""Characters of a user's name that ps shows."""
DIGITS: Final = 5
"""Columns of a number of a task, at least."""
DAY_NS: Final = 24 * 3600 * 10**9
YEAR_NS: Final = 365 * DAY_NS
"""Times below this are no dates: of a log with the time of the day alone."""


class Line(NamedTuple):
    """One thread, as ps shows it; each field as text."""

    uid: str
    pid: str
    ppid: str
    lwp: str
    c: str
    nlwp: str
    stime: str
    tty: str
    time: str
    cmd: str


TITLES: Final = Line("UID", "PID", "PPID", "LWP", "C", "NLWP", "STIME", "TTY", "TIME", "CMD")


def listing(lines: Iterable[Line], digits: int = DIGITS) -> str:
    """Return lines as ps prints them, below their titles.

    Args:
        lines: one a thread.
        digits: columns of a number of a task: as many as the highest has.
    """
    shown = [TITLES, *lines]
    wide = max(digits, *(len(number) for line in shown for number in (line.pid, line.ppid, line.lwp)))
    return "".join(_printed(line, wide) for line in shown)


def _printed(line: Line, wide: int) -> str:
    user = visible(line.uid)
    user = user if len(user) <= USER else user[: USER - 1] + "+"
    numbers = " ".join(f"{number:>{wide}}" for number in (line.pid, line.ppid, line.lwp))
    return (
        f"{user:<{USER}} {numbers} {line.c:>2} {line.nlwp:>4} {line.stime:>5} {line.tty:<8} {line.time:>8} "
        f"{CONTROL.sub(NOT_PRINTED, line.cmd.replace(NEWLINE, ' '))}\n"
    )


def replayed(answer: Record, moment: int | None) -> Iterator[Line]:
    """Yield the threads that were there at a moment of a trace, from the answer to ``tasks``.

    What a trace cannot tell is ``-``; of the terminal ps itself says ``?``.

    Args:
        answer: its JSON value.
        moment: in ns, as the answer's times; None for all that the trace shows, where it has no times.
    """
    for process in answer.get("processes") or ():
        threads = [one for one in process["threads"] if _was_there(one, moment)]
        if not _was_there(process, moment):
            continue
        for thread in threads:
            yield Line(
                uid=process["user"] or NOT_KNOWN,
                pid=_text(process["pid"]),
                ppid=_text(process["ppid"]),
                lwp=_text(thread["tid"]),
                c=NOT_KNOWN,
                nlwp=str(len(threads)),
                stime=started(thread["started_ns"], moment),
                tty=NO_TERMINAL,
                time=NOT_KNOWN,
                cmd=process["command"] or NOT_KNOWN,
            )


def _text(value: int | None) -> str:
    return NOT_KNOWN if value is None else str(value)


def _was_there(record: Record, moment: int | None) -> bool:
    begun, ended = record["started_ns"], record["ended_ns"]
    return moment is None or ((begun is None or begun <= moment) and (ended is None or ended > moment))


def most(answer: Record) -> int:
    """Return the first moment at which there were most threads, starters aside: they are gone at once.

    Args:
        answer: its JSON value, of a trace with times.
    """
    begin = int(answer["span"]["begin_ns"])
    threads = [one for one in _threads(answer) if one["role"] != "starter"]
    changes = sorted(
        [(begin if one["started_ns"] is None else int(one["started_ns"]), 1) for one in threads]
        + [(int(one["ended_ns"]), -1) for one in threads if one["ended_ns"] is not None]
    )
    best, highest, count = begin, 0, 0
    for moment, change in changes:
        count += change
        if count > highest:
            best, highest = moment, count
    return best


def _threads(answer: Record) -> list[Record]:
    return [thread for process in answer.get("processes") or () for thread in process["threads"]]


def started(begun_ns: int | None, now_ns: int | None) -> str:
    """Return a start as ps's STIME: the time of the day, the day when it was another, or the year."""
    if begun_ns is None:
        return NOT_KNOWN
    if begun_ns < YEAR_NS:
        return f"{begun_ns // 3600 // 10**9 % 24:02}:{begun_ns // 60 // 10**9 % 60:02}"
    begun = datetime.fromtimestamp(begun_ns // 10**9, UTC).astimezone()
    now = datetime.fromtimestamp((now_ns or begun_ns) // 10**9, UTC).astimezone()
    if begun.year != now.year:
        return str(begun.year)
    return begun.strftime("%H:%M" if begun.date() == now.date() else "%b%d")


def clock(ns: int | None) -> str | None:
    """Return a moment as HH:MM:SS.mmm, local; of a log without dates as it is there."""
    if ns is None:
        return None
    if ns < YEAR_NS:
        seconds = ns // 10**9
        shown = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    else:
        shown = datetime.fromtimestamp(ns // 10**9, UTC).astimezone().strftime("%H:%M:%S")
    return f"{shown}.{ns // 10**6 % 1000:03}"


def duration(seconds: int) -> str:
    """Return a time of the processor as ps's TIME: ``[DD-]HH:MM:SS``."""
    days, rest = divmod(seconds, 24 * 3600)
    return (f"{days}-" if days else "") + f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
