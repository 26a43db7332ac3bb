"""What is recorded, and a recording under way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.recording.client import Log
from tests.support.recording.lab_place import Home
from tests.support.recording.lab_watch import Watch
from tests.support.recording.lab_words import Words


@dataclass(frozen=True)
class Plan:
    """What is recorded.

    Attributes:
        kind: site, rush, crash or partial.
        mpm: prefork, worker or event.
        server: apache2 or tracekit.
        numbers: the directives with a number.
        hold: how many connections are held, by rush and partial.
        traced: how many of the first worker processes are traced; None: all.
        main: whether the main process is traced.
        back: how many worker processes rush waits for after its peak; 0: it does not wait.
    """

    kind: str
    mpm: str
    server: str
    numbers: Mapping[str, int]
    hold: int = 0
    traced: int | None = None
    main: bool = True
    back: int = 0

    @property
    def size(self) -> int:
        """Threads of a worker process."""
        return 1 if self.mpm == "prefork" else self.numbers["ThreadsPerChild"] + 2

    @property
    def limit(self) -> int:
        """Worker processes at most: MaxRequestWorkers is the number of threads that serve."""
        return self.numbers["MaxRequestWorkers"] // self.numbers.get("ThreadsPerChild", 1)


@dataclass
class Recording:
    """One recording under way, and what it has found out."""

    plan: Plan
    words: Words
    home: Home
    watch: Watch
    out: Path
    log: Log = field(default_factory=Log)
    parts: dict[str, Any] = field(default_factory=dict)
    launcher: int | None = None
    ps: str = ""
    attached: int = 0
    """The number of the look at which the tracer was there."""

    @property
    def address(self) -> tuple[str, int]:
        """Where the server listens."""
        return ("127.0.0.1", self.home.port)

    def count(self) -> int:
        """Return how many worker processes there are."""
        return len(self.watch.now())
