"""The standard streams, in whatever state they are handed over."""

import contextlib
import errno
import os
import sys
from typing import TextIO

from tracekit.report.escape import visible

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""What writing ends with where there is no room: a full disk, a quota, a file that may not grow."""


def prepare() -> None:
    """Put the null device where a standard stream is closed, and write out what an encoding lacks.

    Without that the next file opened, the trace itself even, would take the closed one's place.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")


def complain(message: str, hint: str) -> None:
    """Say in one line what is wrong and what to do."""
    tell(f"{message} ({hint})" if hint else message)


def tell(message: str) -> None:
    """Say something in one line on standard error. Names in it may come from anywhere."""
    try:
        sys.stderr.write(f"tracekit: {visible(message)}\n")
        sys.stderr.flush()
    except OSError:
        forget(sys.stderr)


def forget(*streams: TextIO) -> None:
    """Give up what was printed and could not be written, so that it is not tried again at the end."""
    for stream in streams:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def colored() -> bool:
    """Return whether standard output is a terminal that shows colours (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def draws() -> bool:
    """Return whether standard output is a terminal that shows more than ASCII."""
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    return sys.stdout.isatty() and encoding.startswith("utf") and os.environ.get("TERM") != "dumb"
