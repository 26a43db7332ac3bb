"""A variant's trace: made a line at a time from a scene's, and never written out whole."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property

from tracekit.lab.traces import no_line
from tracekit.lab.variants.noise import Mixed
from tracekit.lab.variants.renaming import Pieces, Renaming


class VariantTrace:
    """A scene's trace as one student gets it; a line is made when it is asked for, and not kept."""

    def __init__(self, pieces: Pieces, renaming: Renaming, mixed: Mixed) -> None:
        """Combine the scene's lines, what its words become, and the lines of another process."""
        self._pieces = pieces
        self._renaming = renaming
        self._mixed = mixed

    def __len__(self) -> int:
        """Return how many lines it has."""
        return len(self._pieces) + len(self._mixed.texts)

    def line(self, number: int) -> str:
        """Return a line, counted from 1.

        Raises:
            UsageError: there is no such line.
        """
        if not 1 <= number <= len(self):
            raise no_line(number, len(self))
        noise = bisect_right(self._places, number - 1)
        if noise and self._places[noise - 1] == number - 1:
            return self._mixed.texts[noise - 1]
        return self._pieces.renamed(number - 1 - noise, self._renaming)

    def lines(self) -> Iterator[str]:
        """Yield all lines."""
        begin = 0
        for after, text in zip(self._mixed.after, self._mixed.texts, strict=True):
            for index in range(begin, after):
                yield self._pieces.renamed(index, self._renaming)
            yield text
            begin = after
        for index in range(begin, len(self._pieces)):
            yield self._pieces.renamed(index, self._renaming)

    @cached_property
    def _places(self) -> Sequence[int]:
        """The indexes of the other process's lines in the whole."""
        return [after + before for before, after in enumerate(self._mixed.after)]
