"""How many processes, threads and connections were there, and did the server come to its limit?"""

from dataclasses import dataclass
from typing import ClassVar, Final

from tracekit.analyzers.answer import FOUND, UNDETERMINED, Evidence, Judged, counted, evidence
from tracekit.analyzers.gaps.select import names_in
from tracekit.analyzers.processes import growth
from tracekit.analyzers.processes.growth import Point, Step
from tracekit.analyzers.processes.limit import reached
from tracekit.analyzers.processes.parts import IDLE, UNKNOWN, Parts
from tracekit.analyzers.processes.roles import parts_of
from tracekit.analyzers.questions import SCALING
from tracekit.analyzers.state.observe import observe
from tracekit.events import Trace
from tracekit.syscalls.families import doing

SHOWN: Final = 12
"""Steps that the reason names; all are in ``steps``."""
CLOSES: Final = frozenset(doing("closes"))
NO_CLOSES: Final = (
    "; no call that closes is in the trace (-e trace=): which connections are open is not known"
)


@dataclass(frozen=True, slots=True)
class Spawn:
    """One process that serves was made.

    Attributes:
        time_ns: when the fork returned, or the process made its first call, whichever came first.
        parent: the process that made it.
        pid: its id.
        evidence: the fork.
    """

    time_ns: int | None
    parent: int | None
    pid: int | None
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingAnswer(Judged):
    """The size of a server over time: of what serves, without its parent and what started it.

    Attributes:
        verdict: found, or undetermined.
        reason: what the numbers are of, or what is missing.
        peak_processes: the most processes at one time; None where the trace does not tell.
        peak_threads: the most threads of those processes, as /proc would show them; also those that live for
            a moment, as the one that makes the others in httpd's threaded children.
        peak_connections: the most connections, accepted and not closed; None where no close was traced.
        limit_reached: whether the server could make no more processes although it would have; None where
            the trace does not tell.
        limit_reason: why, in a sentence.
        timeline: the counts at each change of them.
        steps: the processes that came or went together.
        spawns: each process that was made; also where the counts are not told.
    """

    name: ClassVar[str] = SCALING.name
    reason: str
    peak_processes: int | None
    peak_threads: int | None
    peak_connections: int | None
    limit_reached: bool | None
    limit_reason: str
    steps: tuple[Step, ...]
    spawns: tuple[Spawn, ...]
    timeline: tuple[Point, ...]


class Scaling:
    """Counts what serves from when it was made, accepted, closed and ended."""

    name: ClassVar[str] = SCALING.name
    question: ClassVar[str] = SCALING.question
    needs: ClassVar[frozenset[str]] = SCALING.needs

    def answer(self, trace: Trace) -> ScalingAnswer:
        """Answer from a trace."""
        parts, state = parts_of(trace), observe(trace)
        times = trace.events["time_ns"].dropna()
        missing = _missing(parts, timed=bool(len(times)), ordered=trace.ordered)
        if missing:
            return _undetermined(missing, parts, trace)
        connections = [one for one in state.connections if one.accepted is not None]
        closes = bool(CLOSES & names_in(trace)) or not connections
        found = growth.changes(parts, connections, int(times.min()))
        limit, why = reached(parts, connections, trace)
        steps = growth.steps(found)
        return ScalingAnswer(
            verdict=FOUND,
            reason=_reason(parts, steps) + ("" if closes else NO_CLOSES),
            peak_processes=growth.peak(found, "processes"),
            peak_threads=growth.peak(found, "threads"),
            peak_connections=growth.peak(found, "connections") if closes else None,
            limit_reached=limit,
            limit_reason=why,
            steps=tuple(steps),
            spawns=tuple(_spawns(parts)),
            timeline=tuple(growth.timeline(found)),
            trace=trace.summary(),
        )


def _missing(parts: Parts, *, timed: bool, ordered: bool) -> str:
    """Say what keeps the numbers from being known; nothing where they are."""
    if not parts.serving:
        return "the trace shows no process that serves: it is no server's, or those were not traced"
    if not timed or not ordered:
        return "the log has no times that put its events in order: trace with -ttt"
    doubtful = [process for process in parts.serving if process in parts.headless]
    if doubtful:
        return "the log does not say which process the threads that serve are of, so these cannot be counted"
    return ""


def _undetermined(reason: str, parts: Parts, trace: Trace) -> ScalingAnswer:
    """Return what is told all the same: a process that was made is, whatever the others are."""
    return ScalingAnswer(
        verdict=UNDETERMINED,
        reason=reason,
        peak_processes=None,
        peak_threads=None,
        peak_connections=None,
        limit_reached=None,
        limit_reason=reason,
        steps=(),
        spawns=tuple(_spawns(parts)),
        timeline=(),
        trace=trace.summary(),
    )


def _reason(parts: Parts, steps: list[Step]) -> str:
    """Say how the number of processes went, and what is not in the numbers."""
    counts = [str(step.processes) for step in steps]
    if len(counts) > SHOWN:
        counts[SHOWN - 1 : -1] = ["..."]
    said = ["processes: " + " -> ".join(counts)]
    if not any(process.made or process.execs for process in parts.serving) and not parts.parents:
        said.append("no process that makes others was traced: more may have come and gone unseen")
    unknown = [one for one, part in parts.processes.items() if part in (UNKNOWN, IDLE)]
    if unknown:
        said.append(
            f"not counted, as what they do is not shown: {counted(len(unknown), 'process', 'processes')}"
        )
    return "; ".join(said)


def _spawns(parts: Parts) -> list[Spawn]:
    made = [process for process in parts.serving if process.made is not None]
    return [
        Spawn(process.started_ns, process.ppid, process.pid, (evidence(process.made),))
        for process in sorted(made, key=lambda process: process.born)
        if process.made is not None
    ]
