"""Stopped tasks that go on later, while all others are served."""

import math
from collections.abc import Iterator


class Delays:
    """When each delayed task goes on. Times are seconds of the monotonic clock."""

    def __init__(self) -> None:
        self._due: dict[int, tuple[float, int]] = {}

    def __bool__(self) -> bool:
        return bool(self._due)

    def add(self, tid: int, due: float, signal: int) -> None:
        """Let a stopped task stand until a time; then it goes on with a signal, or 0."""
        self._due[tid] = due, signal

    def drop(self, tid: int) -> None:
        """Forget a task that has ended."""
        self._due.pop(tid, None)

    def next(self) -> float:
        """Return when the next task goes on; infinity when there is none."""
        return min((due for due, _ in self._due.values()), default=math.inf)

    def over(self, now: float) -> Iterator[tuple[int, int]]:
        """Take out the tasks whose time has come, and yield each with its signal."""
        for tid in [tid for tid, (due, _) in self._due.items() if due <= now]:
            yield tid, self._due.pop(tid)[1]
