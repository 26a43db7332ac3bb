"""What was computed once, remembered by what it was computed from: lines of a log repeat."""

from collections.abc import Callable
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")

REMEMBERED = 65_536
"""How many answers are remembered."""


class Memory(dict[K, V]):
    """A dictionary that computes what it lacks, and forgets everything when it has grown too large."""

    def __init__(self, compute: Callable[[K], V]) -> None:
        """Begin with nothing."""
        super().__init__()
        self._compute = compute

    def __missing__(self, key: K) -> V:
        """Compute the value of a new key."""
        if len(self) >= REMEMBERED:
            self.clear()
        value = self[key] = self._compute(key)
        return value
