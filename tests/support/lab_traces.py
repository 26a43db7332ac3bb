"""Traces of a few lines, as checks read them."""

from collections.abc import Iterator
from dataclasses import dataclass

from tracekit.errors import UsageError


@dataclass(frozen=True)
class Few:
    """A trace of a few lines."""

    texts: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def line(self, number: int) -> str:
        if not 0 < number <= len(self.texts):
            raise UsageError(f"there is no line {number}")
        return self.texts[number - 1]

    def lines(self) -> Iterator[str]:
        return iter(self.texts)
