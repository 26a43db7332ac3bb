"""The key of a live exercise: what the keeper noted of the server, for the time of the student's trace."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from tracekit.lab.live import records
from tracekit.lab.live.assignment import Assignment
from tracekit.lab.live.census import Census, Life
from tracekit.lab.live.launching import HOST
from tracekit.lab.seeds import Secret
from tracekit.lab.submissions import BadSubmissionError
from tracekit.lab.traces import Trace
from tracekit.lab.truth import Alias, Coverage, Crash, Process, Request, Scaling, Thread, Truth
from tracekit.lab.variants import Variant

LINE: Final = re.compile(r"(?:\[pid +)?(\d{1,10})\]? +(?:(\d{9,11})\.(\d{1,9}) )?")
"""How a line of a trace begins: the thread, and perhaps the time (strace's -ttt)."""
PORT: Final = re.compile(r"htons\((\d{1,5})\)|(?<=[0-9a-f.:\]]):(\d{1,5})\]>")
"""Where a line has a port: in an address, or behind a descriptor (strace's -yy). It reads each character of
a line a few times at most: the line is a student's, and has a million of them if need be."""
ATTACHING_NS: Final = 300_000_000
"""A thread that ended so soon after the trace began may have been missed by no fault of the student's."""
SEEING_NS: Final = 200_000_000
"""So late the keeper may see what is new."""


@dataclass
class Seen:
    """What a student's trace shows of itself: its threads, its times, the ports in it.

    Attributes:
        tids: the threads that have lines.
        since: time of the first line, in nanoseconds since the epoch; 0 without times.
        until: of the last; 0 without times.
        ports: all that stand in it.
    """

    tids: set[int]
    since: int
    until: int
    ports: set[int]

    @classmethod
    def of(cls, lines: Iterable[str]) -> "Seen":
        """Look at the lines of a trace."""
        seen = cls(set(), 0, 0, set())
        for line in lines:
            if found := LINE.match(line):
                seen.tids.add(int(found[1]))
                if found[2]:
                    seen.until = int(found[2] + found[3].ljust(9, "0"))
                    seen.since = seen.since or seen.until
                seen.ports.update(int(a or b) for a, b in PORT.findall(line))
        return seen


def truth_of(record: dict[str, Any], lines: Iterable[str]) -> Truth:
    """Return the truth of a server, for the time of a trace of it.

    Args:
        record: what the keeper noted.
        lines: of the student's trace; none for the server's whole life.
    """
    seen = Seen.of(lines)
    census = Census.of(record["first"], record["mpm"] != "prefork", record["lives"])
    lives = [one for one in census.lives if not seen.since or one.lived(seen.since, seen.until)]
    return Truth(
        server=record["server"],
        mpm=record["mpm"],
        numbers=record["numbers"],
        docroot=record["docroot"],
        aliases=tuple(Alias(**one) for one in record["aliases"]),
        decoys=tuple(record["decoys"]),
        processes=_processes(lives),
        requests=_requests(record, seen, census),
        scaling=_scaling(record, census),
        crash=_crash(record, seen),
        coverage=_coverage(lives, seen),
    )


def _processes(lives: list[Life]) -> tuple[Process, ...]:
    """Return processes with their threads, oldest first."""
    by_pid: dict[int, list[Life]] = {}
    for one in lives:
        by_pid.setdefault(one.pid, []).append(one)
    return tuple(
        Process(
            pid,
            own[0].ppid,
            "worker" if own[0].ppid else "main",
            tuple(Thread(one.tid, one.role) for one in own),
        )
        for pid, own in by_pid.items()
    )


def _requests(record: dict[str, Any], seen: Seen, census: Census) -> tuple[Request, ...]:
    """Return the requests that are in the trace: by the client's port, where it has ports."""
    listeners = {one.pid: one.tid for one in census.lives if one.role == "listener"}
    prefork = record["mpm"] == "prefork"
    found = []
    for row in record["requests"]:
        tid = row["pid"] if prefork else row["tid"]
        timely = not seen.since or seen.since - SEEING_NS <= row["time_ns"] <= seen.until
        if tid is None or not timely or (seen.ports and row["port"] not in seen.ports):
            continue
        accepted = row["pid"] if prefork else row["accept_tid"] or listeners.get(row["pid"])
        file = record["files"].get(row["target"]) if row["status"] in (200, 206) else None
        asked = f"{HOST}:{row['port']}", row["nth"], row["method"], row["target"], row["status"]
        found.append(Request(*asked, row["pid"], tid, accepted, file))
    return tuple(found)


def _scaling(record: dict[str, Any], census: Census) -> Scaling:
    """Return how the server grew in its whole life; what it was started with is not counted as spawned."""
    members = [one for one in census.lives if one.pid != census.first and one.role != "starter"]
    leaders = [one for one in members if one.tid == one.pid]
    series = _levels(leaders)
    peak = max(series, default=0)
    first_look = min((one.began for one in members), default=0)
    return Scaling(
        peak_processes=peak,
        peak_threads=max(_levels(members), default=0),
        limit=record["limit"],
        limit_reached=peak >= record["limit"],
        spawned=tuple(one.pid for one in leaders if one.began > first_look),
        series=series,
    )


def _levels(lives: list[Life]) -> tuple[int, ...]:
    """Return how many lived at a time: each number that differs from the one before."""
    changes: dict[int, int] = {}
    for one in lives:
        changes[one.began] = changes.get(one.began, 0) + 1
        if one.ended is not None:
            changes[one.ended] = changes.get(one.ended, 0) - 1
    levels: list[int] = []
    level = 0
    for time in sorted(changes):
        level += changes[time]
        if not levels or levels[-1] != level:
            levels.append(level)
    return tuple(levels)


def _crash(record: dict[str, Any], seen: Seen) -> Crash | None:
    """Return the last crash that was in the trace, or the last one."""
    whole = [one for one in record["crashes"] if one["replacement"]]
    within = [one for one in whole if seen.since <= one["time_ns"] <= seen.until]
    for one in (within or whole)[-1:]:
        return Crash(
            signal=one["signal"],
            tid=one["tid"],
            pid=one["pid"],
            main_tid=one["pid"],
            victims=tuple(one["victims"]),
            survivors=tuple(one["survivors"]),
            replacement=one["replacement"],
        )
    return None


def _coverage(lives: list[Life], seen: Seen) -> Coverage:
    """Return which threads of the server the trace has lines of."""
    due = [one for one in lives if one.role != "starter"]
    if seen.since:
        attached = min(seen.since + ATTACHING_NS, seen.until)
        known = max(seen.since, seen.until - SEEING_NS)
        due = [one for one in due if one.lived(attached, known)]
    missed = [one for one in due if one.tid not in seen.tids]
    return Coverage(
        complete=bool(due) and not missed,
        traced=tuple(sorted({one.tid for one in lives} & seen.tids)),
        untraced=tuple(sorted(one.tid for one in missed)),
        untraced_pids=tuple(sorted({one.pid for one in missed})),
    )


def live_variant(
    assignment: Assignment, secret: Secret, trace: Trace | None, keys: Path | None = None
) -> Variant:
    """Return a student's live exercise, as `tracekit.lab.variants.variant` does the offline one.

    Args:
        assignment: whose server, and which.
        secret: the course's.
        trace: the student's own.
        keys: the key store.

    Raises:
        BadSubmissionError: the student has made no trace.
        NoRecordError: the key store has no record of the server that could be believed.
    """
    if trace is None:
        raise BadSubmissionError("there is no trace", "write your trace of the server to trace.strace")
    place = records.folder(assignment, keys)
    record = records.opened(place, records.sealing_key(secret, assignment))
    key = truth_of(record, trace.lines())
    if key.coverage and not key.coverage.complete:
        key = replace(key, coverage=None)  # here it is the task that nobody is missing
    asked = tuple(record["targets"]) if assignment.exercise.questions else ()
    return Variant(assignment.exercise.name, key, trace, questions=asked)
