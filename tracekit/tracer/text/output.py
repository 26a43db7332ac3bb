"""Where a trace is written to: a private file, another program, or standard error."""

import contextlib
import os
import stat
import sys
from typing import IO

from tracekit import invoker
from tracekit.errors import ExitCode, TracekitError
from tracekit.tracer.kernel.waiting import IGNORED_BY_PYTHON

_SHELL = "/bin/sh"


class UnwritableError(TracekitError):
    """The trace cannot be written."""

    exit_code = ExitCode.USAGE

    def __init__(self, path: str, error: OSError, opening: bool = False) -> None:
        super().__init__(f"cannot write {path}: {error.strerror}", "choose another file with -o")
        self.path = path
        self.reason = error.strerror or ""
        self.opening = opening
        """It could not even be opened."""


class Output:
    """An open trace: a file, or the standard input of a program."""

    def __init__(self, stream: IO[str], path: str, child: int | None = None, lasting: bool = False) -> None:
        self._stream = stream
        self._path = path
        self.child = child
        """The program that reads it, as a process."""
        self._lasting = lasting
        self._failed = False
        self.live = child is not None or lasting
        """Somebody reads along: a line is passed on as soon as it is there."""

    def write(self, text: str) -> None:
        """Write some text.

        Raises:
            UnwritableError: it cannot be written. That is said once; from then on nothing is
                written, and the tasks can be let go of in peace.
        """
        if not self._failed:
            try:
                self._stream.write(text)
                if self.live:
                    self._stream.flush()
            except OSError as error:
                raise self._failure(error) from error

    def flush(self) -> None:
        """Let readers of the file see everything up to here.

        Raises:
            UnwritableError: it cannot be written.
        """
        if not self._failed:
            try:
                self._stream.flush()
            except OSError as error:
                raise self._failure(error) from error

    def close(self) -> None:
        """End the trace, and wait for the program that reads it. What could not be written is given up.

        Raises:
            UnwritableError: what was left could not be written.
        """
        try:
            self.flush()
        finally:
            if not self._lasting:
                with contextlib.suppress(OSError):
                    self._stream.close()
            if self.child is not None:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(self.child, 0)

    def _failure(self, error: OSError) -> UnwritableError:
        self._failed = True
        return UnwritableError(self._path, error)


def opened(path: str | None, append: bool = False) -> Output:
    """Open a trace: None is standard error, ``|COMMAND`` or ``!COMMAND`` a program (strace's -o).

    Raises:
        UnwritableError: the file cannot be created.
    """
    if path is None:
        return Output(sys.stderr, "standard error", lasting=True)
    if path[:1] in {"|", "!"}:
        return _piped(path)
    return Output(_private(path, append), path)


def _private(path: str, append: bool) -> IO[str]:
    """Create a trace file that only its owner can read; a device or a pipe keeps the mode that it has."""
    flags = os.O_WRONLY | os.O_CLOEXEC | os.O_NOCTTY | (os.O_APPEND if append else os.O_TRUNC)
    try:
        try:
            descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
            invoker.give(descriptor)
        except FileExistsError:
            descriptor = os.open(path, flags | os.O_CREAT, 0o600)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.fchmod(descriptor, 0o600)
    except OSError as error:
        raise UnwritableError(path, error, opening=True) from error
    return _text(descriptor)


def _piped(path: str) -> Output:
    """Start a program that reads the trace: with signals as any program has them, but for Ctrl-C.

    That ends the trace, whose last lines are still to be read.
    """
    reading, writing = os.pipe2(os.O_CLOEXEC)
    try:
        child = os.posix_spawn(
            _SHELL,
            ["sh", "-c", f"trap '' INT; {path[1:]}"],
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, reading, 0)],
            setsigmask=[],
            setsigdef=IGNORED_BY_PYTHON,
        )
    except OSError as error:
        os.close(writing)
        raise UnwritableError(_SHELL, error) from error
    finally:
        os.close(reading)
    return Output(_text(writing), path, child)


def _text(descriptor: int) -> IO[str]:
    return os.fdopen(descriptor, "w", encoding="ascii", errors="backslashreplace", newline="\n")
