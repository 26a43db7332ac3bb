"""What was computed once, remembered by what it was computed from: lines of a log repeat."""

from collections.abc import Callable, Sized
from typing import TypeVar

K = TypeVar("K", bound=Sized)
V = TypeVar("V")

REMEMBERED = 65_536
"""How many answers are remembered."""
HELD = 1 << 25
"""Characters of the texts that they are remembered by, so that long strings do not fill the memory."""


class Memory(dict[K, V]):
    """A dictionary that computes what it lacks, and forgets everything when it has grown too large."""

    def __init__(self, compute: Callable[[K], V], length: Callable[[K], int] = len) -> None:
        """Begin with nothing.

        Args:
            compute: returns the value of a key.
            length: returns how many characters a key has.
        """
        super().__init__()
        self._compute = compute
        self._length = length
        self._held = 0

    def __missing__(self, key: K) -> V:
        """Compute the value of a new key."""
        if len(self) >= REMEMBERED or self._held >= HELD:
            self.clear()
            self._held = 0
        self._held += self._length(key)
        value = self[key] = self._compute(key)
        return value
