"""One trace from its start to its end: attach to processes or run a program, and let go of them."""

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from tracekit import __version__
from tracekit.errors import UsageError
from tracekit.tracer import decode
from tracekit.tracer.annotations.descriptors import Descriptors
from tracekit.tracer.annotations.pids import Pids
from tracekit.tracer.counts import Counts
from tracekit.tracer.kernel.affinity import OneCore
from tracekit.tracer.kernel.waiting import FROM_OUTSIDE, REQUESTS, Waiter
from tracekit.tracer.loop import Tracer
from tracekit.tracer.options.settings import STRING_LIMIT, Settings
from tracekit.tracer.tampering.inject import Rules
from tracekit.tracer.tampering.tamper import Tamper
from tracekit.tracer.tasks import starting
from tracekit.tracer.tasks.aside import step_aside
from tracekit.tracer.tasks.task import Task, Tasks
from tracekit.tracer.text.output import UnwritableError
from tracekit.tracer.text.record import BACKLOG, Record
from tracekit.tracer.text.summary import Tally
from tracekit.tracer.text.writer import Layout, Writer


def attach(
    pids: Iterable[int],
    settings: Settings,
    rescan: Callable[[], Iterable[int]] | None = None,
    on_ready: Callable[[int, Waiter], None] | None = None,
    on_end: Callable[[Counts], None] | None = None,
) -> Counts:
    """Trace running processes until they end or a request to stop comes (SIGINT, SIGTERM, SIGHUP).

    Args:
        pids: the processes, or single threads when not following.
        settings: what to write, and where.
        rescan: tells, while attaching, which processes are meant by now.
        on_ready: called once every task is attached, with how many they are.
        on_end: called when the trace is closed, however it has ended.

    Raises:
        TracekitError: nothing could be attached to, or the trace cannot be written.
    """
    requests = REQUESTS if settings.requests is None else settings.requests
    writer = _writer(settings)
    with (
        Waiter(requests, suspendable=settings.suspendable) as waiter,
        _tracer(settings, writer, waiter, on_end) as tracer,
    ):
        tracer.counts.refused = starting.attach(tracer.tasks, pids, settings.follow, rescan, settings.notices)
        if on_ready:
            on_ready(len(tracer.tasks), waiter)
        tracer.run(waiter)
    return tracer.counts


def run(
    command: list[str],
    settings: Settings,
    pids: Iterable[int] = (),
    on_start: Callable[[Waiter], None] | None = None,
    on_end: Callable[[Counts], None] | None = None,
) -> tuple[int, Counts]:
    """Start a program under trace and return its exit status (-N for a signal N) once it has ended.

    Args:
        command: the program and its arguments.
        settings: what to write, and where.
        pids: running processes that are traced beside it.
        on_start: called once the program has been started.
        on_end: called when the trace is closed, however it has ended; the program may go on.

    Raises:
        TracekitError: there is no such program, or the trace cannot be written.
    """
    program = settings.launch.program or shutil.which(command[0])
    if program is None:
        if "/" in command[0]:
            raise UsageError(f"{command[0]} is no program", "give the path of an executable file")
        raise UsageError(f"no program {command[0]!r} in PATH", "give its path")
    requests = FROM_OUTSIDE if settings.requests is None else settings.requests
    how = settings.launch
    become = partial(starting.become, program, command, how, lambda: None)
    place = step_aside(how.aside, become) if how.aside else None
    writer = _writer(settings)
    started: list[Tracer] = []
    unwritable: UnwritableError | None = None
    with Waiter(requests, suspendable=settings.suspendable) as waiter:
        try:
            with _tracer(settings, writer, waiter, on_end) as tracer:
                tracer.program = (
                    starting.take_over(tracer.tasks, place, settings.follow)
                    if place
                    else _launch(tracer, program, command, settings, waiter)
                ).tid
                started.append(tracer)
                if on_start:
                    on_start(waiter)
                if pids:
                    tracer.counts.refused = starting.attach(
                        tracer.tasks, pids, settings.follow, notices=settings.notices
                    )
                tracer.run(waiter)
        except UnwritableError as error:  # the program goes on, and who has started us may wait for it
            unwritable = error
            if settings.notices:
                settings.notices.say(f"{error.path}: {error.reason}")
        status = 0 if place else _exit_status(started[0], waiter)
        if unwritable and not settings.notices:
            raise unwritable
        return status, started[0].counts


def _launch(tracer: Tracer, program: str, command: list[str], settings: Settings, waiter: Waiter) -> Task:
    """Start the program."""
    sieve = _sieve(settings)
    tracer.release.guardian = sieve.guardian if sieve else None
    how = settings.launch
    return starting.launch(tracer.tasks, program, command, settings.follow, waiter, how=how, sieve=sieve)


def _sieve(settings: Settings) -> starting.Sieve | None:
    """Return the filter for a program that we start; none where something happens at every call.

    What its threads and children do is filtered, too, so they have to be followed.
    """
    filters = settings.filters
    if not settings.seccomp_bpf or not settings.follow or filters.trace.everything or filters.inject:
        return None
    return starting.sieve(filters.trace, settings.notices.say if settings.notices else None)


def _exit_status(tracer: Tracer, waiter: Waiter) -> int:
    """Return the launched program's status; 0 of one that was let go of at an execve (-b).

    One that has not ended goes on untraced: requests to end were meant for it
    too, so they are passed on, as strace does; a stopped one takes them once
    it is continued.
    """
    passed_on = 0
    while tracer.status is None and tracer.program is not None:
        for request in waiter.requested[passed_on:]:
            os.kill(tracer.program, request)
            os.kill(tracer.program, signal.SIGCONT)
            passed_on += 1
        tracer.serve(waiter)
    return 0 if tracer.released else os.waitstatus_to_exitcode(tracer.status or 0)


def _writer(settings: Settings) -> Writer:
    """Open the trace: before signals are ours, since to open a pipe lasts until it has a reader."""
    return Writer(settings.output, settings.layout, settings.filters.status)


@contextmanager
def _tracer(
    settings: Settings, writer: Writer, waiter: Waiter, on_end: Callable[[Counts], None] | None
) -> Iterator[Tracer]:
    """Begin the trace, and whatever happens in it, let go of every task before it is closed."""
    pids = Pids(settings.filters.decode_pids)
    how = settings.decoding
    descriptors = Descriptors(how.annotate, settings.filters.decode_fds, pids.command, how.hex_strings)
    tracer = _made(settings, waiter, writer, descriptors, pids)
    if settings.duration is not None:
        waiter.deadline = time.monotonic() + settings.duration
    try:
        yield tracer
    finally:
        try:
            _end(tracer, waiter)
        finally:
            descriptors.close()
            if on_end:
                on_end(tracer.counts)


def _made(settings: Settings, waiter: Waiter, writer: Writer, descriptors: Descriptors, pids: Pids) -> Tracer:
    """Return a tracer that does what the settings say."""
    summary = settings.summary
    tells_of_pids = bool(settings.filters.decode_pids)  # which has to be done while a task stands still
    backlog = 0 if writer.live or tells_of_pids else BACKLOG
    decoder = decode.Decoder(settings.decoding, settings.filters, pids if tells_of_pids else None)
    record = Record(writer, decoder, settings.notices, backlog, lines=summary is None or not summary.only)
    record.header("trace", _about(settings))
    tasks = Tasks(record, descriptors, OneCore() if settings.same_cpu else None)
    tracer = Tracer(record, decoder, tasks, settings)
    if settings.filters.inject:
        rules = Rules(settings.filters.inject)
        for warning in () if settings.notices else rules.warnings:  # who has notices has said them
            _say(warning)
        tracer.calls.tamper = Tamper(rules, settings.notices.say if settings.notices else _say)
    if summary is not None:
        tracer.calls.tally = Tally(summary)
        waiter.system = None if summary.wall_clock else tracer.calls.tally.system
    return tracer


def _end(tracer: Tracer, waiter: Waiter) -> None:
    """Let go of every task, then write what was put off, and what the trace has and has not."""
    try:
        tracer.detach(waiter)
    finally:
        if tracer.tasks.core:
            tracer.counts.unmoved = tracer.tasks.core.unmoved
            tracer.tasks.core.close()
        tracer.close(waiter)


def _say(message: str) -> None:
    sys.stderr.write(f"tracekit: {message}\n")


def _about(settings: Settings) -> dict[str, object]:
    """Return the payload of the first header line: what an analysis has to know of the trace itself."""
    trace, machine = settings.filters.trace, os.uname().machine
    return {
        "tracekit": __version__,
        "time_ns": time.time_ns(),
        "strings": settings.decoding.string_limit,
        "annotate": settings.decoding.annotate,
        "follow": settings.follow,
        "calls": None if trace.everything else sorted(trace.names(machine)),
        "argv": sys.argv,
        "machine": machine,
    }


__all__ = ["STRING_LIMIT", "Counts", "Layout", "Settings", "Waiter", "attach", "run"]
