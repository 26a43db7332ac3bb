"""What a trace took in, and what it missed."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Counts:
    """Shown at the end of a trace and written into it."""

    tasks: int = 0
    """Tasks that were traced."""
    attached: int = 0
    """Those of them that ran before the trace began."""
    calls: int = 0
    signals: int = 0
    others: int = 0
    """Further events: group-stops, execs by threads, ends."""
    refused: list[str] = field(default_factory=list)
    """Tasks that could not be attached to, and why."""
    unseen: int = 0
    """Calls of which an end that a task's death took with it could not be read."""
    cut: int = 0
    """Calls that were still running at the end of the trace."""
    left: int = 0
    """Tasks that were left to the kernel: a second request to end came before they could be let go of."""
    unwritten: int = 0
    """Entries that may not be in the file, since it could not be written."""
    unmoved: int = 0
    """Tasks that could not be put on the tracer's core."""

    @property
    def events(self) -> int:
        """All that the lines tell of."""
        return self.calls + self.signals + self.others

    def facts(self) -> dict[str, Any]:
        """Return the payload of the closing header line; what is missing is named only if there is some."""
        whole = asdict(self)
        always = ("tasks", "attached", "calls", "signals", "refused")
        missed = ("unseen", "cut", "left", "unwritten", "unmoved")
        return {
            "events": self.events,
            **{key: whole[key] for key in always},
            **{key: whole[key] for key in missed if whole[key]},
        }
