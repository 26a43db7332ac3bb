"""One command for each analyzer: from trace files, a live server, or a program that is started for it."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from tracekit import tracer
from tracekit.analyzers import ANALYZERS, Analyzer, Answer
from tracekit.cli.tracing import attach_to, settings, target_options
from tracekit.errors import ExitCode, UsageError
from tracekit.events import Trace, read_trace
from tracekit.report.render import FORMATS, render
from tracekit.tracer.targets import Selection

_PROGRAM = "tracekit.program"


class _AnswerCommand(click.Command):
    """Takes what stands behind ``--`` as a program to start, which click alone does not tell apart."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the program aside and parse the rest."""
        if "--" in args:
            at = args.index("--")
            ctx.meta[_PROGRAM] = args[at + 1 :]
            args = args[:at]
        return super().parse_args(ctx, args)


def _command(analyzer: type[Analyzer]) -> click.Command:
    @click.command(analyzer.name, cls=_AnswerCommand, help=analyzer.question)
    @click.argument("traces", nargs=-1, metavar="[TRACE... | -- PROGRAM [ARG]...]")
    @target_options
    @click.option("-o", "output", metavar="FILE", help="Keep the trace of a live server or program in FILE.")
    @click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
    def command(traces: tuple[str, ...], form: str, **live: Any) -> int:
        program = click.get_current_context().meta.get(_PROGRAM)
        trace = read_trace(list(traces)) if traces else _live(analyzer, program, **live)
        return show(analyzer().answer(trace), form)

    return command


def show(answer: Answer, form: str) -> int:
    """Print an answer and return the exit code that it means."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    click.echo(render(answer, form, width=width, color=width is not None), nl=False)
    return ExitCode.ANSWERED if answer.determined else ExitCode.UNDETERMINED


def _live(
    analyzer: type[Analyzer],
    program: list[str] | None,
    *,
    output: str | None,
    duration: float | None,
    **chosen: Any,
) -> Trace:
    """Trace a program or running processes, the calls that the analyzer needs only, and read that back.

    Raises:
        UsageError: there is neither.
    """
    selection = Selection(**chosen)
    if not program and selection == Selection():
        raise UsageError(
            f"tracekit {analyzer.name} needs something to look at",
            "a TRACE file, -p PID, --name COMM, --port N, or -- PROGRAM",
        )
    with tempfile.TemporaryDirectory(prefix="tracekit-") as folder:
        path = output or str(Path(folder) / "live.strace")
        how = settings(output=path, follow=True, analyses=analyzer.name, duration=duration)
        if program:
            tracer.run(program, how)
        else:
            attach_to(selection, how)
        return read_trace(path)


ANSWERS = {name: _command(analyzer) for name, analyzer in ANALYZERS.items()}
"""One command for each analyzer, by name."""
