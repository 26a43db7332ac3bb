"""All gaps of a trace: each way to find some in turn."""

from collections.abc import Callable, Iterator
from typing import Final

from tracekit.analyzers.gaps.beginning import beginning, end
from tracekit.analyzers.gaps.calls import calls_missing
from tracekit.analyzers.gaps.gap import Gap
from tracekit.analyzers.gaps.record import invisible, unreadable, untimed
from tracekit.analyzers.gaps.service import connections_missing
from tracekit.analyzers.gaps.tasks import tasks_missing
from tracekit.analyzers.gaps.texts import addresses, cut_strings
from tracekit.analyzers.gaps.wakes import threads_missing
from tracekit.analyzers.kept import kept
from tracekit.events import Trace

WAYS: Final[tuple[Callable[[Trace], Iterator[Gap]], ...]] = (
    tasks_missing,
    threads_missing,
    connections_missing,
    calls_missing,
    unreadable,
    addresses,
    beginning,
    end,
    cut_strings,
    untimed,
    invisible,
)


@kept
def gaps(trace: Trace) -> tuple[Gap, ...]:
    """Return what a trace does not show, the worst first; found once for a trace."""
    return tuple(gap for way in WAYS for gap in way(trace))
