"""A log that several processes read: pieces of its text go to them ahead of the rows that come back."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future

from tracekit.events.workers import Workers
from tracekit.stream.leader import Layout
from tracekit.stream.pieces import Piece, read_piece

LARGEST = 1 << 23
"""Characters of a piece, at most; save for its last block."""
AHEAD = 2
"""How many pieces there are in work or waiting to be put together, for each process."""

Blocks = list[str]
"""Texts of whole lines that follow one another."""


class Pieces(Iterator[tuple[Blocks, Piece | None]]):
    """The pieces of a log in their order: their text, and what was read of it; None when nothing was.

    Attributes:
        layout: how the lines of all of them are taken to begin.
    """

    def __init__(
        self,
        blocks: Iterator[str],
        layout: Layout,
        tid: int | None,
        workers: Workers,
        *,
        ahead: int,
        step: int,
    ) -> None:
        """Have the first pieces read.

        Args:
            blocks: the text.
            layout: how its lines begin.
            tid: the task of lines without a pid.
            workers: who reads.
            ahead: how many pieces there are in work or waiting.
            step: characters of a piece.
        """
        self.layout = layout
        self._blocks, self._tid, self._workers = blocks, tid, workers
        self._ahead, self._step = ahead, step
        self._waiting: deque[tuple[Blocks, Future[Piece | None]]] = deque()
        self._fill()

    def __next__(self) -> tuple[Blocks, Piece | None]:
        """Return the next piece."""
        if not self._waiting:
            raise StopIteration
        text, piece = self._waiting.popleft()
        self._fill()
        return text, piece.result()

    def rest(self) -> Iterator[str]:
        """Return the text of the pieces that have not come, and of what follows: they will not."""
        for text, piece in self._waiting:
            piece.cancel()
            yield from text
        yield from self._blocks

    def _fill(self) -> None:
        while len(self._waiting) < self._ahead and (text := self._text()):
            piece = self._workers.submit(read_piece, text, self.layout, self._tid)
            self._waiting.append((text, piece))

    def _text(self) -> Blocks:
        text: Blocks = []
        left = self._step
        while left > 0 and (block := next(self._blocks, None)) is not None:
            text.append(block)
            left -= len(block)
        return text
