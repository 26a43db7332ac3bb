"""Writing a score to a file: the whole of it or nothing, for its owner alone."""

import contextlib
import os
import tempfile
from pathlib import Path

from tracekit.errors import UsageError

SPECIAL = ("/dev/", "/proc/")
"""Where names stand for what is open (``/dev/stdout``): there text is written, and nothing is replaced."""


def write_atomically(path: Path, text: str) -> None:
    """Write a file with mode 0600; whoever reads it meanwhile sees the old one or the new one.

    A link of that name is replaced, and what it points to left alone; unless it is one of the system's.

    Raises:
        UsageError: it cannot be written; nothing has changed then.
    """
    if str(path).startswith(SPECIAL):
        _write_into(path, text)
        return
    temporary = ""
    try:
        number, temporary = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)  # mode 0600
        with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(number)
        Path(temporary).replace(path)
    except (OSError, ValueError) as error:
        with contextlib.suppress(OSError):
            if temporary:
                Path(temporary).unlink()
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"{path} cannot be written: {why}", "name another place") from error


def _write_into(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", "name another place") from error
