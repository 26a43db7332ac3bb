"""Files that are whole or not there: written beside their place, 0600, and put there when they are done."""

import contextlib
import fcntl
import os
import re
import shutil
import signal
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tracekit.errors import UsageError

ENDINGS = (signal.SIGTERM, signal.SIGHUP)
"""What asks a program to end, besides Ctrl-C."""

SPECIAL = ("/dev/", "/proc/")
PREFIX = ".tracekit-"
NAME = re.compile(re.escape(PREFIX) + "[a-z0-9_]{8}")
"""The names of the folders that files are written in: the prefix and what tempfile adds."""
NEW = 60
"""Seconds for which a folder may not have been locked yet by who made it."""


@contextlib.contextmanager
def workspace(target: Path | None) -> Iterator[Path]:
    """Yield an empty folder that nobody else can read, on the disk of a target; it is gone at the end.

    Also when a signal asks the program to end, which becomes a KeyboardInterrupt meanwhile; what one left
    that was killed (SIGKILL, no memory, no power) is gone with the next that writes there.

    Args:
        target: the file that is to be written; None for one that stays nowhere.

    Raises:
        UsageError: there cannot be a file.
    """
    folder = target.parent if target and _is_replaceable(target) else None
    try:
        made = tempfile.TemporaryDirectory(prefix=PREFIX, dir=folder)
    except OSError as error:
        raise UsageError(f"cannot write {target}: {error.strerror}", "check the folder") from error
    with made as name, _held(Path(name)), _interruptible():
        _clear(Path(name).parent)
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


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[int | None]:
    """Hold a folder's lock (flock(2)), which goes with the process however that ends.

    Yields a descriptor of the folder, None where the lock cannot be had: another process has it, or the
    file system has none.
    """
    descriptor = None
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        held = descriptor
        if descriptor is not None:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                held = None
        yield held
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _clear(place: Path) -> None:
    """Remove this user's folders whose processes are gone; what cannot be removed stays.

    Not where others could give a folder such a name: who may write there may rename what is there.
    """
    with contextlib.suppress(OSError):
        mode = place.stat().st_mode
        if mode & (stat.S_IWGRP | stat.S_IWOTH) and not mode & stat.S_ISVTX:
            return
        for folder in place.iterdir():
            if NAME.fullmatch(folder.name):
                with _held(folder) as descriptor:
                    if descriptor is not None and _is_left(os.fstat(descriptor)):
                        shutil.rmtree(folder, ignore_errors=True)


def _is_left(found: os.stat_result) -> bool:
    """Tell whether a folder that nobody holds is one that a process of this user made a while ago."""
    ours = found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) == 0o700
    return ours and time.time() - found.st_mtime > NEW


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
