"""Files of which a process has too many to hold them all open: ``strace -ff`` makes one a task."""

import errno
import io
import os
from pathlib import Path
from typing import Any


class Reopened(io.RawIOBase):
    """The bytes of a regular file, open only while some are read: thousands stay below ``ulimit -n``."""

    def __init__(self, path: Path) -> None:
        """Begin before the first byte.

        Raises:
            OSError: it cannot be opened.
        """
        self._path = path
        self._offset = 0
        with path.open("rb", buffering=0) as file:
            self._is = _identity(file)

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go on from another byte, counted from the beginning or from here."""
        self._offset = offset if whence == io.SEEK_SET else self._offset + offset
        return self._offset

    def readinto(self, buffer: Any) -> int:
        """Read what follows.

        Raises:
            OSError: it cannot be read, or another file took its place since.
        """
        with self._path.open("rb", buffering=0) as file:
            if _identity(file) != self._is:
                raise OSError(errno.ESTALE, "another file took its place while it was read")
            file.seek(self._offset)
            count = file.readinto(buffer) or 0
        self._offset += count
        return count


def _identity(file: io.FileIO) -> tuple[int, int]:
    found = os.fstat(file.fileno())
    return found.st_dev, found.st_ino
