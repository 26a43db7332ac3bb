"""What came in, counted as it came."""

from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from tracekit.events.batches import Batch
from tracekit.stream import IN_PROGRESS

FIRST = 5
"""How many of the lines that could not be read are kept for the summary."""


class Unparsed(NamedTuple):
    """A line that could not be read: where reading stopped, and what was expected there."""

    file: str
    line: int
    column: int
    hint: str


@dataclass(slots=True)
class Counts:
    """What came in.

    Attributes:
        events: events of every kind.
        calls: of these, syscalls.
        incomplete: calls that lack a half that was in the trace once, or are cut.
        in_progress: calls that had not returned when the trace, or their task, ended.
        unparsed: lines that could not be read.
        first_unparsed: the first of these.
    """

    events: int = 0
    calls: int = 0
    incomplete: int = 0
    in_progress: int = 0
    unparsed: int = 0
    first_unparsed: list[Unparsed] = field(default_factory=list)

    def add(self, batch: Batch) -> None:
        """Count the events of a batch."""
        kinds, lacking = batch.columns["kind"], batch.columns["complete"].count(False)
        self.events += len(kinds)
        self.calls += kinds.count("syscall")
        if lacking:
            in_progress = sum(hint in IN_PROGRESS for hint in batch.columns["hint"])
            self.in_progress += in_progress
            self.incomplete += lacking - in_progress
        unparsed = kinds.count("unparsed")
        self.unparsed += unparsed
        if unparsed and len(self.first_unparsed) < FIRST:
            places = zip(*(batch.columns[name] for name in ("file", "line", "column", "hint")), strict=True)
            found = (place for kind, place in zip(kinds, places, strict=True) if kind == "unparsed")
            wanted = FIRST - len(self.first_unparsed)
            self.first_unparsed += [Unparsed(f, n, c or 1, h or "") for f, n, c, h in islice(found, wanted)]
