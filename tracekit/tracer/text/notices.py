"""Messages of a tracer to whoever started it, in strace's words (strace.c: error_msg)."""

import contextlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

from tracekit.tracer.options.filters import NO_WORD, Members


def _to_standard_error(line: str) -> None:
    """Write a line; that nobody can read it is no reason to end a trace."""
    with contextlib.suppress(OSError):
        sys.stderr.write(line)
        sys.stderr.flush()


@dataclass(frozen=True, slots=True)
class Notices:
    """What is said about tasks, on standard error."""

    program: str = "strace"
    """Who speaks."""
    quiet: Members[str] = NO_WORD
    """What is not said: attach, exit."""
    write: Callable[[str], None] = _to_standard_error

    def say(self, message: str) -> None:
        """Write one line."""
        self.write(f"{self.program}: {message}\n")

    def attached(self, pid: int, threads: int = 1) -> None:
        """A process was attached to, with so many threads."""
        if "attach" not in self.quiet:
            self.say(f"Process {pid} attached" + (f" with {threads} threads" if threads > 1 else ""))

    def detached(self, tid: int) -> None:
        """A task was let go of."""
        if "attach" not in self.quiet:
            self.say(f"Process {tid} detached")

    def refused(self, tid: int, error: OSError) -> None:
        """A task could not be attached to."""
        self.say(f"attach: ptrace(PTRACE_SEIZE, {tid}): {os.strerror(error.errno or 0)}")

    def detached_unknown(self, tid: int) -> None:
        """A task that asked to be traced was let go of: nothing is followed."""
        if "attach" not in self.quiet:
            self.say(f"Detached unknown pid {tid}")

    def exited_unknown(self, tid: int) -> None:
        """A child that we do not trace has ended."""
        if "exit" not in self.quiet:
            self.say(f"Exit of unknown pid {tid} ignored")
