"""Traces as checks read them: by the number of a line, from whatever they are made of."""

import os
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

from tracekit.errors import UsageError
from tracekit.lab.submissions.files import opened

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
