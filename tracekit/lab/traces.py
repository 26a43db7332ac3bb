"""Traces as checks read them: by the number of a line, from whatever they are made of."""

import os
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final, Protocol

from tracekit.errors import UsageError
from tracekit.lab.hostile import opened
from tracekit.lab.mixing import Mixed
from tracekit.lab.renaming import Pieces, Renaming

LARGEST: Final = 512 << 20
"""Bytes of a student's trace."""
LONGEST: Final = 1 << 20
"""Bytes of one line of it; more are left out."""
STEP: Final = 64
"""Only the place of every so many lines is kept."""
BLOCK: Final = 1 << 20


class Trace(Protocol):
    """A trace whose lines can be had one at a time."""

    def __len__(self) -> int:
        """Return how many lines it has."""

    def line(self, number: int) -> str:
        """Return a line, counted from 1, without its end.

        Raises:
            TracekitError: there is no such line.
        """

    def lines(self) -> Iterator[str]:
        """Yield all of them."""


def no_line(number: int, length: int) -> UsageError:
    """Return what is raised for a line that is not there."""
    return UsageError(f"there is no line {number}", f"the trace has {length}")


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


class StudentTrace:
    """The trace that a student made of a live server: what stands in it is not to be believed.

    A byte that is no UTF-8 becomes U+FFFD, and what a line has beyond a million bytes is left out.
    """

    def __init__(self, path: Path) -> None:
        """Find its lines.

        Raises:
            BadSubmissionError: it is no regular file of 512 MiB at most, or lies behind a link.
        """
        self._path = path
        self._starts = array("q", [0])
        self._length = 0
        with opened(path, LARGEST) as file:
            self._index(file)

    def __len__(self) -> int:
        """Return how many lines it has."""
        return self._length

    def line(self, number: int) -> str:
        """Return a line, counted from 1.

        Raises:
            UsageError: there is no such line.
            BadSubmissionError: the file cannot be read any more.
        """
        if not 1 <= number <= self._length:
            raise no_line(number, self._length)
        step, skipped = divmod(number - 1, STEP)
        for index, line in enumerate(self._from(self._starts[step])):
            if index == skipped:
                return line
        raise no_line(number, self._length)

    def lines(self) -> Iterator[str]:
        """Yield all lines.

        Raises:
            BadSubmissionError: the file cannot be read any more.
        """
        for _, line in zip(range(self._length), self._from(0), strict=False):
            yield line

    def _index(self, file: int) -> None:
        offset, last = 0, b"\n"
        while offset < LARGEST and (block := os.read(file, BLOCK)):
            found = -1
            while (found := block.find(b"\n", found + 1)) >= 0:
                self._length += 1
                if self._length % STEP == 0:
                    self._starts.append(offset + found + 1)
            offset += len(block)
            last = block[-1:]
        self._length += last != b"\n"

    def _from(self, offset: int) -> Iterator[str]:
        with opened(self._path, LARGEST) as file, os.fdopen(os.dup(file), "rb") as stream:
            stream.seek(offset)
            while line := stream.readline(LONGEST):
                ended = line.endswith(b"\n")
                while not ended and (rest := stream.readline(LONGEST)):
                    ended = rest.endswith(b"\n")
                yield line.rstrip(b"\r\n").decode("utf-8", "replace")
