"""Files that are whole or not there: written beside their place, 0600, and put there when they are done."""

import contextlib
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tracekit.errors import UsageError

ENDINGS = (signal.SIGTERM, signal.SIGHUP)
"""What asks a program to end, besides Ctrl-C."""

SPECIAL = ("/dev/", "/proc/")


@contextlib.contextmanager
def workspace(target: Path | None) -> Iterator[Path]:
    """Yield an empty folder that nobody else can read, on the disk of a target; it is gone at the end.

    Also when a signal asks the program to end, which becomes a KeyboardInterrupt meanwhile.

    Args:
        target: the file that is to be written; None for one that stays nowhere.

    Raises:
        UsageError: there cannot be a file.
    """
    folder = target.parent if target and _is_replaceable(target) else None
    try:
        made = tempfile.TemporaryDirectory(prefix=".tracekit-", dir=folder)
    except OSError as error:
        raise UsageError(f"cannot write {target}: {error.strerror}", "check the folder") from error
    with made as name, _interruptible():
        yield Path(name)


def target_of(given: str) -> Path:
    """Return the file that a path leads to, links followed; pipes and devices are left as they are.

    Raises:
        UsageError: it is a folder.
    """
    target = Path(given)
    if target.is_dir():
        raise UsageError(f"cannot write {given}: it is a folder", "give a file")
    return target.resolve() if _is_replaceable(target) else target


def put(file: Path, target: Path) -> None:
    """Put a file that is done into its place; a pipe or a device gets what is in it."""
    if _is_replaceable(target):
        file.chmod(0o600)
        file.replace(target)
    else:
        with file.open("rb") as source, target.open("wb") as place:
            shutil.copyfileobj(source, place)


def put_out(file: Path) -> None:
    """Put what is in a file onto standard output."""
    with file.open("rb") as source:
        shutil.copyfileobj(source, sys.stdout.buffer)


def _is_replaceable(target: Path) -> bool:
    """Tell whether a file can take a path's place; ``/dev/stdout`` is what is behind it, not a file."""
    return (target.is_file() or not target.exists()) and not str(target).startswith(SPECIAL)


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in ENDINGS if _by_default(number)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _by_default(number: int) -> bool:
    """Tell whether a signal would end the program; nohup(1) has SIGHUP ignored."""
    return signal.getsignal(number) == signal.SIG_DFL
