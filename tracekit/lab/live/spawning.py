"""Processes that live on when the command that started them has ended, and how they are ended."""

import contextlib
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import psutil

from tracekit.lab.live import proc

KEEPER: Final = "tracekit.lab.live.keeper"
SIGNALS: Final = (signal.SIGUSR1, signal.SIGTERM)
"""A keeper takes these when it is ready for them."""
ENDING_S: Final = 12.0
"""httpd kills children that do not end after 9 s."""
POLL_S: Final = 0.02


def spawn(command: list[str], environment: dict[str, str], output: Path, stdin: int | None = None) -> int:
    """Start a program in a session of its own; return its pid.

    Args:
        command: its words.
        environment: its environment.
        output: where standard output and standard error go; a private file.
        stdin: the descriptor that becomes its standard input; nothing otherwise.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    given = (
        (os.POSIX_SPAWN_DUP2, stdin, 0)
        if stdin is not None
        else (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
    )
    return os.posix_spawnp(
        command[0],
        command,
        environment,
        file_actions=[
            given,
            (os.POSIX_SPAWN_OPEN, 1, str(output), flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigdef=(signal.SIGPIPE, signal.SIGXFSZ),  # Python ignores them, and a program would too
        setsigmask=SIGNALS if stdin is not None else (),
    )


def keeper(given: bytes, output: Path) -> int:
    """Start a keeper and give it what it needs to know; return its pid.

    That has a key in it: it does not go by way of the command line, which everybody may read.
    """
    with tempfile.TemporaryFile() as stream:
        stream.write(given)
        stream.seek(0)
        # -P: what lies in the current folder is not to be run
        return spawn([sys.executable, "-P", "-m", KEEPER], dict(os.environ), output, stream.fileno())


def gone(pid: int) -> bool:
    """Whether a process has ended; its status is taken if it is a child of ours."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    found = proc.stat(pid)
    return found is None or found.ended


def end(first: int, started: int | None = None) -> None:
    """End a process that `spawn` started, and all of its session.

    Args:
        first: its pid.
        started: when it was started; another process that has its pid now is left alone.
    """
    if started is not None and not proc.same(first, started):
        gone(first)
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(first, signal.SIGTERM)
    if not wait(first, ENDING_S):
        for pid in _session(first):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait(first, ENDING_S)


def wait(pid: int, seconds: float) -> bool:
    """Wait for the end of a process; return whether it came."""
    deadline = time.monotonic() + seconds
    while not gone(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def _session(first: int) -> list[int]:
    """Return the processes of the session that a process leads."""
    found = []
    for pid in psutil.pids():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getsid(pid) == first:
                found.append(pid)
    return found
