"""One thing that a trace does not show."""

from dataclasses import dataclass
from typing import Final

from tracekit.events import Row

MISSING: Final = "missing"
"""It was there and is not in the trace."""
POSSIBLE: Final = "possible"
"""It may have been there: the trace does not exclude it."""
DETAIL: Final = "detail"
"""The calls are there, but not all that they say."""

ALL: Final = ("docroot", "files", "dispatch", "mpm", "tasks", "scaling", "crashes", "summary", "security")
"""The answers that suffer when tasks or calls are not there."""
WHO: Final = ("dispatch", "mpm", "tasks", "scaling", "crashes")
"""Those that are about who did something."""
NAMES: Final = ("docroot", "files", "dispatch", "security")
"""Those that are about names and texts."""
TIMES: Final = ("dispatch", "scaling", "summary")
"""Those that are about when, and for how long."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One kind of thing that a trace does not show.

    Attributes:
        kind: tasks, connections, calls, strings, addresses, unreadable, beginning, end, times, order
            or invisible.
        loss: missing, possible or detail.
        what: in a sentence.
        count: how many of them; None where that cannot be counted.
        effect: the answers that suffer.
        hint: what to do next time.
        rows: calls that show it.
        tids: the tasks that are missing, where they are known.
    """

    kind: str
    loss: str
    what: str
    count: int | None
    effect: tuple[str, ...]
    hint: str
    rows: tuple[Row, ...] = ()
    tids: tuple[int, ...] = ()
