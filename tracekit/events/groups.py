"""Which process (thread group) each task belongs to."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tracekit.stream import Event


@dataclass(frozen=True, slots=True)
class Groups:
    """The thread group of each task.

    Attributes:
        pids: tgid by tid.
        known: the tids whose group the log states; the others' was inferred.
        reasons: how the inferred ones were, one sentence each.
    """

    pids: dict[int, int] = field(default_factory=dict)
    known: frozenset[int] = frozenset()
    reasons: tuple[str, ...] = ()

    def pid(self, tid: int | None) -> int | None:
        """Return the process of a task; a task that nothing is known of is its own."""
        return None if tid is None else self.pids.get(tid, tid)

    def is_known(self, tid: int | None) -> bool:
        """Tell whether the log states the process of a task."""
        return tid in self.known


def infer_groups(events: Iterable[Event]) -> Groups:
    """Return the groups of the tasks of a trace."""
    return Groups({tid: tid for event in events if (tid := event.tid) is not None})
