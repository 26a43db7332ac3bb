"""Writing a score to a file: the whole of it or nothing, for its owner alone."""

import contextlib
import os
import tempfile
from pathlib import Path

from tracekit.errors import UsageError


def write_atomically(path: Path, text: str) -> None:
    """Write a file with mode 0600; whoever reads it meanwhile sees the old one or the new one.

    A link of that name is replaced, and what it points to left alone.

    Raises:
        UsageError: it cannot be written; nothing has changed then.
    """
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
