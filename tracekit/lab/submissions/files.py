"""Opening what a student handed in: a regular file, in a folder that is one, and never through a link.

Anything may lie there: a link to the teacher's files, a pipe that nobody writes to, megabytes of nothing.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tracekit.errors import UnreadableError

FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# What is no regular file is refused before it is opened; but a pipe may be put there meanwhile.
FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class BadSubmissionError(UnreadableError):
    """What was handed in cannot be graded."""


@contextmanager
def opened(path: Path, limit: int) -> Iterator[int]:
    """Open a file of a submission for reading; yield its descriptor.

    Args:
        path: of the file. Neither it nor the folder that it lies in may be a link.
        limit: bytes that it may have.

    Raises:
        BadSubmissionError: it is not there, no regular file, too large, or cannot be read.
    """
    try:
        folder = os.open(path.parent, FOLDER)
    except OSError as error:
        raise BadSubmissionError(
            f"there is no folder {path.parent.name}: {_reason(error)}", "hand it in with its files in it"
        ) from None
    try:
        file = _opened(folder, path.name, limit)
    finally:
        os.close(folder)
    try:
        yield file
    finally:
        os.close(file)


def read(path: Path, limit: int) -> bytes:
    """Return all of a file of a submission.

    Raises:
        BadSubmissionError: as `opened` does.
    """
    with opened(path, limit) as file:
        content = b""
        while more := os.read(file, limit + 1 - len(content)):
            content += more
            _limit(path.name, len(content), limit)  # it may grow while it is read
    return content


def _opened(folder: int, name: str, limit: int) -> int:
    try:
        _regular(name, os.stat(name, dir_fd=folder, follow_symlinks=False), limit)
        file = os.open(name, FILE, dir_fd=folder)
    except (OSError, ValueError) as error:
        raise BadSubmissionError(f"{name} cannot be read: {_reason(error)}", "hand it in anew") from None
    try:
        _regular(name, os.fstat(file), limit)
    except BadSubmissionError:
        os.close(file)
        raise
    return file


def _regular(name: str, status: os.stat_result, limit: int) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise BadSubmissionError(f"{name} is a symbolic link", "put the file itself in its place")
    if not stat.S_ISREG(status.st_mode):
        raise BadSubmissionError(f"{name} is no regular file", "put an ordinary file in its place")
    _limit(name, status.st_size, limit)


def _limit(name: str, size: int, limit: int) -> None:
    if size > limit:
        raise BadSubmissionError(f"{name} is too large: {limit:,} bytes at most", "hand in a smaller one")


def _reason(error: OSError | ValueError) -> str:
    return str(getattr(error, "strerror", None) or "it has no usable name")
