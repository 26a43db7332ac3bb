"""How the work was shared out: who took and served how much, how evenly, and how long it took."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tracekit.analyzers.state.state import State

NO_STATUS: Final = "none"
"""The class of requests to which no final response was seen."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one thread did for clients.

    Attributes:
        tid: the thread; None in a log of one task.
        pid: its process.
        accepted: connections that it accepted.
        requests: requests that it served.
    """

    tid: int | None
    pid: int | None
    accepted: int
    requests: int


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles of spans of time in ns, by the nearest rank; None when no span is known."""

    p50: int | None = None
    p90: int | None = None
    p99: int | None = None
    max: int | None = None


def shares(state: State) -> tuple[Share, ...]:
    """Return the threads that accepted or served, in the order of their processes and numbers."""
    takers = (care.taker for care in state.service.cares.values() if care.taker)
    taken = Counter((taker.pid, taker.tid) for taker in takers)
    served = Counter((request.row.pid, request.serve_tid) for request in state.requests)
    who = sorted(taken | served, key=lambda one: (one[0] or 0, one[1] or 0))
    return tuple(Share(tid, pid, taken[pid, tid], served[pid, tid]) for pid, tid in who)


def fairness(threads: Iterable[Share]) -> float | None:
    """Return Jain's index of the requests of each thread that served any; None without any.

    It is, to three decimals, (sum x)^2 / (n * sum x^2): 1 when all served as many, 1/n when one of n did
    nearly everything (Jain, Chiu and Hawe, DEC-TR-301, 1984). Threads that served none do not count: whether
    they were there to serve, a trace does not say.
    """
    counts = [share.requests for share in threads if share.requests]
    if not counts:
        return None
    return round(sum(counts) ** 2 / (len(counts) * sum(count * count for count in counts)), 3)


def spread(spans: Iterable[int | None]) -> Spread:
    """Return the percentiles of the spans that are known."""
    known = sorted(span for span in spans if span is not None)
    if not known:
        return Spread()
    return Spread(_rank(known, 50), _rank(known, 90), _rank(known, 99), known[-1])


def _rank(ascending: Sequence[int], percent: int) -> int:
    return ascending[max(0, -(-len(ascending) * percent // 100) - 1)]


def classes(statuses: Iterable[int | None]) -> dict[str, int]:
    """Return how many responses there were of each class (RFC 9110, section 15): ``{"2xx": 5}``."""
    counts = Counter(NO_STATUS if status is None else f"{status // 100}xx" for status in statuses)
    return dict(sorted(counts.items()))
