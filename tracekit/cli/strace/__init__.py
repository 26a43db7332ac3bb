"""``tracekit strace``: a second command line, which is strace's own."""

import contextlib
import os
import resource
import signal
import sys
from typing import TYPE_CHECKING, Final

from tracekit import __version__
from tracekit.cli.strace.asked import Asked, ComplaintError
from tracekit.cli.strace.getopt import Arguments, OptionError
from tracekit.cli.strace.options import OPTIONS
from tracekit.errors import NotPermittedError, TracekitError, UsageError
from tracekit.syscalls.select import DesignatorError
from tracekit.tracer.text.notices import Notices
from tracekit.tracer.text.output import UnwritableError

if TYPE_CHECKING:
    from tracekit.cli.strace.job import Job
    from tracekit.tracer.kernel.waiting import Waiter

FAILED: Final = 1
"""The exit status of strace for everything that goes wrong with itself."""


def main(words: list[str]) -> int:
    """Do what strace does with these arguments, and return its exit status."""
    try:
        return _run(words)
    except ComplaintError as complaint:
        return _fail(complaint.message, see_help=complaint.see_help)
    except OptionError as error:
        return _fail(str(error), see_help=True)
    except DesignatorError as error:
        return _fail(error.message, see_help=True)
    except UnwritableError as error:
        what = f"Can't fopen '{error.path}'" if error.opening else error.path
        return _fail(f"{what}: {error.reason}")
    except TracekitError as error:
        return _fail(error.message)


def _run(words: list[str]) -> int:
    asked = Asked()
    arguments = Arguments(words, OPTIONS)
    for option, shown, value in arguments:
        try:
            option.apply(asked, value)
        except ValueError:
            raise ComplaintError(f"invalid {shown} argument: '{value or ''}'", see_help=True) from None
        while asked.warnings:
            Notices().say(asked.warnings.pop(0))
        if "h" in asked.times:
            from tracekit.cli.strace.usage import usage  # noqa: PLC0415 - few ask for it

            sys.stdout.write(usage(OPTIONS))
            return 0
    if "V" in asked.times:
        sys.stdout.write(f"tracekit -- version {__version__}: the command line and the text of strace 6.1\n")
        return 0
    from tracekit.cli.strace.job import made  # noqa: PLC0415 - a mistake in an option needs no tracer

    return _trace(made(asked, arguments.rest, Notices().say))


def _trace(job: "Job") -> int:
    from tracekit.tracer import tracing  # noqa: PLC0415

    waiters: list[Waiter] = []
    status = 0
    if job.command:

        def started(waiter: "Waiter") -> None:
            waiters.append(waiter)
            _let_go_of_streams()

        status, _ = tracing.run(list(job.command), job.settings, job.pids, on_start=started)
    else:
        try:
            tracing.attach(job.pids, job.settings, on_ready=lambda _, waiter: waiters.append(waiter))
        except (NotPermittedError, UsageError):
            return FAILED  # the notices have said which process could not be attached to, and why
    requested = [request for waiter in waiters for request in waiter.requested]
    return _ended(-requested[0] if requested else status)


def _let_go_of_streams() -> None:
    """Hold up neither who writes to the program nor who reads from it."""
    for stream in (sys.stdin, sys.stdout):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC), stream.fileno())


def _ended(status: int) -> int:
    """End as the program has ended, or as we were asked to: of a signal, without a further core file."""
    if status >= 0:
        return status
    sys.stdout.flush()
    sys.stderr.flush()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):  # SIGKILL, which needs no more
        signal.signal(-status, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [-status])
    os.kill(os.getpid(), -status)
    return 128 - status


def _fail(message: str, see_help: bool = False) -> int:
    Notices().say(message)
    if see_help:
        sys.stderr.write("Try 'strace -h' for more information.\n")
    return FAILED
