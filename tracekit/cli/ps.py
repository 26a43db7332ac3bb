"""``tracekit tasks --ps``: processes and threads as ps -efL prints them, now or at a moment of a trace."""

import os
import pwd
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click

from tracekit.analyzers.questions import TASKS
from tracekit.analyzers.tasks import Tasks
from tracekit.cli import answering, streams
from tracekit.errors import ExitCode, UsageError
from tracekit.report import ps
from tracekit.report.ps import Line
from tracekit.tracer.tasks.targets import Selection

PROC: Final = Path("/proc")
END: Final = "end"
HINT: Final = "--at takes seconds since 1970, HH:MM:SS, +SECONDS since the trace began, or end"
PTS: Final = 136
"""The first of the major numbers of pseudo terminals (Documentation/admin-guide/devices.txt)."""


def show(
    traces: tuple[str, ...], program: list[str] | None, live: dict[str, Any], at: str | None, jobs: int | None
) -> int:
    """Print the list, of a trace, of a program that is traced for it, or of what runs; return the exit code.

    Raises:
        UsageError: a moment of what runs was asked for, or one that the trace does not cover.
    """
    if traces or program:
        _replay(answering.trace_of(TASKS, traces, program, live, jobs), at)
        return ExitCode.ANSWERED
    if at is not None:
        raise UsageError("--at is a moment of a trace, but none was given", "leave it out: ps shows now")
    selection = Selection(**{name: live[name] for name in ("given", "name", "port", "tree")})
    highest = (PROC / "sys/kernel/pid_max").read_text(encoding="ascii").strip()
    lines = [line for pid in selection.pids() for line in running(pid)]
    click.echo(ps.listing(lines, len(highest)), nl=False)
    return ExitCode.ANSWERED


def _replay(trace: Any, at: str | None) -> None:
    answer = Tasks().answer(trace).to_json()
    if span := answer["span"]:
        begin, end = span["begin_ns"], span["end_ns"]
        moment = moment_of(at, begin, end) if at is not None else ps.most(answer)
        streams.tell(f"as of {ps.clock(moment)}, {(moment - begin) / 1e9:.3f} s after the trace began")
    elif at is not None:
        raise UsageError("the log has no times that put its events in order", "leave --at out")
    else:
        moment = None
        streams.tell("the log has no times that put its events in order: these are all tasks that it shows")
    click.echo(ps.listing(ps.replayed(answer, moment)), nl=False)


def moment_of(at: str, begin: int, end: int) -> int:
    """Return the moment that the command line means, in ns.

    Args:
        at: seconds since 1970, a time of the day, ``+`` and seconds since the beginning, or ``end``.
        begin: the first moment of the trace.
        end: the last one.

    Raises:
        UsageError: it is none of these, or the trace does not cover it.
    """
    try:
        moment = end if at == END else _moment(at, begin)
    except ValueError:
        raise UsageError(f"{at!r} is no moment", HINT) from None
    if not begin <= moment <= end:
        raise UsageError(
            f"the trace does not cover {at}",
            f"it goes from {ps.clock(begin)} to {ps.clock(end)}, {(end - begin) / 1e9:.3f} s",
        )
    return moment


def _moment(at: str, begin: int) -> int:
    if at.startswith("+"):
        return begin + round(float(at[1:]) * 1e9)
    if ":" not in at:
        whole, _, rest = at.partition(".")
        return int(whole) * 10**9 + int((rest + "0" * 9)[:9])
    hours, minutes, *seconds = at.split(":")
    of_day = int(hours) * 3600 + int(minutes) * 60 + float(seconds[0] if seconds else 0)
    if begin < ps.YEAR_NS:
        return round(of_day * 1e9)
    first = datetime.fromtimestamp(begin // 10**9)
    midnight = datetime(first.year, first.month, first.day)  # local time, as ps and logs have it
    if of_day + 1 < (first - midnight).total_seconds():
        midnight += timedelta(days=1)
    return int(midnight.timestamp()) * 10**9 + round(of_day * 1e9)


def running(pid: int) -> Iterator[Line]:
    """Yield the threads of a process that runs, from proc(5); none of one that has gone."""
    try:
        tids = sorted(int(entry.name) for entry in (PROC / f"{pid}/task").iterdir())
        fields = (PROC / f"{pid}/status").read_text(encoding="utf-8", errors="replace")
        words = (PROC / f"{pid}/cmdline").read_bytes()
    except OSError:
        return
    uid = int(fields.partition("\nUid:\t")[2].split()[1])
    command = " ".join(word.decode("utf-8", "replace") for word in words.rstrip(b"\0").split(b"\0"))
    for tid in tids:
        line = _running(pid, tid, user_name(uid), command)
        if line is not None:
            yield line


def _running(pid: int, tid: int, user: str, command: str) -> Line | None:
    """Return one thread; None when it has gone (the fields of /proc/PID/stat are counted from 3).

    With the main thread ps shows what the whole process has worked: it takes that from /proc/PID/stat.
    """
    place = f"{pid}/stat" if tid == pid else f"{pid}/task/{tid}/stat"
    try:
        text = (PROC / place).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    name, _, rest = text.partition(" (")[2].rpartition(") ")
    stat = rest.split()
    ticks = os.sysconf("SC_CLK_TCK")
    worked = (int(stat[11]) + int(stat[12])) // ticks  # 14 utime, 15 stime
    up = time.clock_gettime(time.CLOCK_BOOTTIME)
    age = up - int(stat[19]) / ticks  # 22 starttime
    now = time.time()
    return Line(
        uid=user,
        pid=str(pid),
        ppid=stat[1],
        lwp=str(tid),
        c=str(min(99, int(worked * 100 / age)) if age >= 1 else 0),
        nlwp=stat[17],
        stime=ps.started(int((now - age) * 1e9), int(now * 1e9)),
        tty=terminal(int(stat[4])),
        time=ps.duration(worked),
        cmd=command or f"[{name}]",
    )


def user_name(uid: int) -> str:
    """Return the name of a user of this machine, or the number."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def terminal(device: int) -> str:
    """Return a terminal by its device number: ``pts/0``, ``tty1``; ``?`` for none."""
    if not device:
        return ps.NO_TERMINAL
    major, minor = os.major(device), os.minor(device)
    if PTS <= major < PTS + 8:
        return f"pts/{(major - PTS) * 256 + minor}"
    return {4: f"tty{minor}" if minor < 64 else f"ttyS{minor - 64}", 5: "console"}.get(major, ps.NO_TERMINAL)
