"""The tracer: live tasks to text in strace's format.

``attach`` and ``run`` are all that the rest of tracekit knows of it.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

from tracekit import __version__
from tracekit.errors import UsageError
from tracekit.syscalls import ARCHITECTURES
from tracekit.syscalls.select import named
from tracekit.tracer import decode, starting
from tracekit.tracer.descriptors import DETAILS, Descriptors
from tracekit.tracer.inject import Rules
from tracekit.tracer.loop import Counts, Tracer
from tracekit.tracer.record import Record
from tracekit.tracer.tamper import Tamper
from tracekit.tracer.task import Tasks
from tracekit.tracer.waiting import FROM_OUTSIDE, Waiter
from tracekit.tracer.writer import Layout, Writer

STRING_LIMIT = 1024
"""Bytes of a string that are printed. strace's 32 would cut a request's head short."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to trace."""

    output: str | None = None
    """The trace file; None for standard error."""
    follow: bool = True
    """Follow threads and children (strace's -f)."""
    wanted: frozenset[str] | None = None
    """Names of the calls to print; None for all."""
    decoding: decode.Options = field(
        default_factory=lambda: decode.Options(string_limit=STRING_LIMIT, annotate=DETAILS)
    )
    layout: Layout = field(default_factory=Layout)
    seccomp_bpf: bool = False
    """Let the kernel pass over calls that are not wanted, in a program that we start."""
    inject: tuple[tuple[str, str], ...] = ()
    """What is done to calls, as given: (``inject`` or ``fault``, text), in order."""
    duration: float | None = None
    """Seconds after which the trace ends by itself."""


def attach(
    pids: Iterable[int],
    settings: Settings,
    rescan: Callable[[], Iterable[int]] | None = None,
    on_ready: Callable[[int, Waiter], None] | None = None,
) -> Counts:
    """Trace running processes until they end or a request to stop comes (SIGINT, SIGTERM, SIGHUP).

    Args:
        pids: the processes, or single threads when not following.
        settings: what to write, and where.
        rescan: tells, while attaching, which processes are meant by now.
        on_ready: called once every task is attached, with how many they are.

    Raises:
        TracekitError: nothing could be attached to, or the trace cannot be written.
    """
    with Waiter() as waiter, _tracer(settings, waiter) as tracer:
        tracer.counts.refused = starting.attach(tracer.tasks, pids, settings.follow, rescan)
        if on_ready:
            on_ready(len(tracer.tasks), waiter)
        tracer.run(waiter)
        return tracer.counts


def run(command: list[str], settings: Settings) -> tuple[int, Counts]:
    """Start a program under trace and return its exit status (128 + N for a signal N) once it has ended.

    Raises:
        TracekitError: there is no such program, or the trace cannot be written.
    """
    program = shutil.which(command[0])
    if program is None:
        raise UsageError(f"no program {command[0]!r} in PATH", "give its path, and a file that is executable")
    with Waiter(FROM_OUTSIDE) as waiter, _tracer(settings, waiter) as tracer:
        sieve = _sieve(settings)
        tracer.guardian = sieve.guardian if sieve else None
        started = starting.launch(tracer.tasks, program, command, settings.follow, waiter, sieve=sieve)
        tracer.program = started.tid
        tracer.run(waiter)
        tracer.detach(waiter)
        return _exit_status(tracer.program, tracer, waiter), tracer.counts


def _sieve(settings: Settings) -> starting.Sieve | None:
    """Return the filter for a program that we start; none where something happens at every call.

    What its threads and children do is filtered, too, so they have to be followed.
    """
    if not settings.seccomp_bpf or not settings.follow or settings.wanted is None or settings.inject:
        return None
    return starting.sieve(named(settings.wanted, ARCHITECTURES))


def _exit_status(program: int, tracer: Tracer, waiter: Waiter) -> int:
    """Return the launched program's status.

    One that has not ended goes on untraced: requests to end were meant for it
    too, so they are passed on, as strace does; a stopped one takes them once
    it is continued.
    """
    passed_on = 0
    while tracer.status is None:
        for request in waiter.requested[passed_on:]:
            os.kill(program, request)
            os.kill(program, signal.SIGCONT)
            passed_on += 1
        tracer.serve(waiter)
    code = os.waitstatus_to_exitcode(tracer.status)
    return code if code >= 0 else 128 - code


@contextmanager
def _tracer(settings: Settings, waiter: Waiter) -> Iterator[Tracer]:
    """Open the trace, and whatever happens in it, let go of every task before it is closed."""
    writer = Writer(settings.output, settings.layout)
    decoder = decode.Decoder(settings.decoding)
    descriptors = Descriptors(settings.decoding.annotate)
    record = Record(writer, decoder)
    record.header("trace", _about(settings))
    tracer = Tracer(record, decoder, Tasks(record, descriptors), settings.wanted)
    if settings.inject:
        rules = Rules(settings.inject)
        for warning in rules.warnings:
            _say(warning)
        tracer.tamper = Tamper(rules, _say)
    if settings.duration is not None:
        waiter.deadline = time.monotonic() + settings.duration
    try:
        yield tracer
    finally:
        try:
            tracer.detach(waiter)
            record.write_all()
        finally:
            record.header("end", {"time_ns": time.time_ns(), **asdict(tracer.counts)})
            record.write_all()
            writer.close()
            descriptors.close()


def _say(message: str) -> None:
    sys.stderr.write(f"tracekit: {message}\n")


def _about(settings: Settings) -> dict[str, object]:
    """Return the payload of the first header line: what an analysis has to know of the trace itself."""
    return {
        "tracekit": __version__,
        "time_ns": time.time_ns(),
        "strings": settings.decoding.string_limit,
        "annotate": settings.decoding.annotate,
        "follow": settings.follow,
        "calls": None if settings.wanted is None else sorted(settings.wanted),
        "argv": sys.argv,
        "machine": os.uname().machine,
    }


__all__ = ["STRING_LIMIT", "Counts", "Layout", "Settings", "Waiter", "attach", "run"]
