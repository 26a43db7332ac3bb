"""Answering a question: read the trace, or make one first, ask the analyzer and print what it says."""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tracekit.analyzers.answer import Answer
from tracekit.analyzers.catalogue import ANALYZERS
from tracekit.analyzers.questions import Question
from tracekit.cli import closing, streams
from tracekit.cli.progress import Growth, Progress
from tracekit.cli.tracing import attach_to, settings
from tracekit.errors import ExitCode, UnreadableError, UsageError
from tracekit.events import Trace, read_trace
from tracekit.report.escape import visible
from tracekit.report.render import render
from tracekit.tracer import tracing
from tracekit.tracer.counts import Counts
from tracekit.tracer.tasks.targets import Selection

if TYPE_CHECKING:
    from tracekit.cli.installed import Installed  # rarely there


def answer(
    question: Question,
    traces: tuple[str, ...],
    program: list[str] | None,
    live: dict[str, Any],
    *,
    form: str,
    jobs: int | None,
    other: "Installed | None" = None,
) -> int:
    """Answer a question and return the exit code.

    Args:
        question: what is asked.
        traces: files to read; if there are none, something live is traced.
        program: one to start.
        live: what else of the command line says what to trace, and where to.
        form: text, json or csv.
        jobs: how many processes read the files; None to have that found out.
        other: who answers, if that is an analyzer of another package.
    """
    analyzer = other or ANALYZERS[question.name]()
    return show(analyzer.answer(trace_of(question, traces, program, live, jobs)), form)


def trace_of(
    question: Question,
    traces: tuple[str, ...],
    program: list[str] | None,
    live: dict[str, Any],
    jobs: int | None,
) -> Trace:
    """Return the trace that a question is asked of: read, or made now.

    Raises:
        TracekitError: it cannot be read, or made.
    """
    return _recorded(question, traces, program, live, jobs) if traces else _live(question, program, **live)


def show(answer: Answer, form: str, *, account: bool = True) -> int:
    """Print an answer and return the exit code that it means.

    Args:
        answer: the answer.
        form: text, json or csv. A table has no place for warnings: they go to standard error.
        account: of text: whether to say what was read of the trace.
    """
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    look = {"color": streams.colored(), "plain": not streams.draws()}
    click.echo(render(answer, form, width=width, account=account, **look), nl=False)
    if form == "csv":
        for warning in answer.trace.get("warnings", ()):
            click.echo(visible(f"tracekit: warning: {warning}"), err=True)
    return ExitCode.ANSWERED if answer.determined else ExitCode.UNDETERMINED


def _recorded(
    question: Question,
    traces: tuple[str, ...],
    program: list[str] | None,
    live: dict[str, Any],
    jobs: int | None,
) -> Trace:
    """Read trace files.

    Raises:
        UsageError: something to trace was given, too, or a program stands where a trace should.
        UnreadableError: a file cannot be read, or is no trace.
    """
    if program or any(live.values()):
        raise UsageError(
            f"{traces[0]} is a trace to read, but something to trace was given, too", "leave one of them out"
        )
    try:
        with Progress() as progress:
            return read_trace(list(traces), jobs=jobs, progress=progress.reading)
    except UnreadableError as error:
        if Path(traces[0]).exists() or not shutil.which(traces[0]):
            raise
        words = " ".join(traces)
        raise UsageError(
            error.message, f"to start that program: tracekit {question.name} -- {words}"
        ) from None


def _live(
    question: Question,
    program: list[str] | None,
    *,
    output: str | None,
    duration: float | None,
    **chosen: Any,
) -> Trace:
    """Trace a program or running processes, the calls that the analyzer needs only, and read that back.

    Raises:
        UsageError: there is neither, or both.
    """
    selection = Selection(**chosen)
    if program and selection != Selection():
        raise UsageError(
            f"{program[0]} is a program to start, but running processes to trace were given, too",
            "leave one of them out",
        )
    if not program and selection == Selection():
        raise UsageError(
            f"tracekit {question.name} needs something to look at",
            "a TRACE file, -p PID, --name COMM, --port N, or -- PROGRAM",
        )
    with tempfile.TemporaryDirectory(prefix="tracekit-") as folder:
        path = output or str(Path(folder) / "live.strace")
        how = settings(output=path, follow=True, analyses=question.name, duration=duration)
        if program:
            tracing.run(program, how, on_end=_teller(output, duration))
        else:
            attach_to(selection, how, output, Growth(path))
        if not output:
            click.echo("tracekit: this trace is not kept; -o FILE keeps one", err=True)
        with Progress() as progress:
            return read_trace(path, progress=progress.reading)


def _teller(output: str | None, duration: float | None) -> Callable[[Counts], None]:
    """Return who says at the end of a trace what it has, and that a program which goes on is waited for."""
    began, tell = time.monotonic(), closing.teller(output)

    def end(counts: Counts) -> None:
        tell(counts)
        if duration is not None and time.monotonic() - began >= duration:
            streams.tell("the time is up: the answer comes once the program has ended (Ctrl-C ends it)")

    return end
