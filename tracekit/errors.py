"""What tracekit says when it cannot go on.

Every failure that can have a cause outside our own code is a TracekitError:
one message, one hint and the exit code of the command line.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of every command (``run`` passes on its program's own)."""

    ANSWERED = 0
    CHECK_FAILED = 1
    USAGE = 2
    UNDETERMINED = 3
    NOT_PERMITTED = 4
    UNREADABLE = 5
    BUG = 70


class TracekitError(Exception):
    """A failure that the user is told about in one line and a hint."""

    exit_code = ExitCode.BUG

    def __init__(self, message: str, hint: str = "") -> None:
        """Keep what went wrong and what to do about it."""
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(TracekitError):
    """What was asked for does not make sense: no such process, no such option value."""

    exit_code = ExitCode.USAGE


class NotPermittedError(TracekitError):
    """The kernel does not let us trace this task."""

    exit_code = ExitCode.NOT_PERMITTED


class UnreadableError(TracekitError):
    """The input cannot be read, or is no trace."""

    exit_code = ExitCode.UNREADABLE
