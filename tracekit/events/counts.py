"""How many events of which sort there are, and the first lines that could not be read."""

from dataclasses import dataclass
from typing import NamedTuple

from tracekit.events.duck import Duck
from tracekit.stream import IN_PROGRESS

FIRST = 5
"""How many of the lines that could not be read are shown."""
LACKING = "kind = 'syscall' AND NOT complete"


class Unparsed(NamedTuple):
    """A line that could not be read: where reading stopped, and what was expected there."""

    file: str
    line: int
    column: int
    hint: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What there is.

    Attributes:
        events: events of every kind.
        calls: of these, syscalls.
        incomplete: calls that lack a half that was in the trace once, or are cut.
        in_progress: calls that had not returned when the trace, or their task, ended.
        unparsed: lines that could not be read.
        first_unparsed: the first of these.
    """

    events: int
    calls: int
    incomplete: int
    in_progress: int
    unparsed: int
    first_unparsed: tuple[Unparsed, ...]


def count_events(duck: Duck, table: str) -> Counts:
    """Count the events of a table."""
    hints = ", ".join("'" + hint.replace("'", "''") + "'" for hint in sorted(IN_PROGRESS))
    running = f"coalesce(hint IN ({hints}), false)"
    conditions = (
        "true",
        "kind = 'syscall'",
        f"{LACKING} AND NOT {running}",
        f"{LACKING} AND {running}",
        "kind = 'unparsed'",
    )
    sums = ", ".join(f"count(*) FILTER ({condition})" for condition in conditions)
    ((events, calls, incomplete, in_progress, unparsed),) = duck.all(f"SELECT {sums} FROM {table}")
    first = duck.all(
        f"SELECT file, line, coalesce(\"column\", 1), coalesce(hint, '') FROM {table} "
        f"WHERE kind = 'unparsed' ORDER BY seq LIMIT {FIRST}"
    )
    return Counts(events, calls, incomplete, in_progress, unparsed, tuple(map(Unparsed._make, first)))
