"""One command for each analyzer: from trace files, a live server, or a program that is started for it."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from tracekit.analyzers import ANALYZERS, Analyzer, Answer
from tracekit.cli import closing, streams
from tracekit.cli.tracing import Grouped, attach_to, settings, target_options
from tracekit.errors import ExitCode, UnreadableError, UsageError
from tracekit.events import Trace, read_trace
from tracekit.report.escape import visible
from tracekit.report.render import FORMATS, render
from tracekit.tracer import tracing
from tracekit.tracer.tasks.targets import Selection

_PROGRAM = "tracekit.program"

HELP = """{0.question}

\b
From a trace:       tracekit {0.name} t.strace
From a live server: sudo tracekit {0.name} --name apache2 --duration 10
From a program:     tracekit {0.name} -- PROGRAM ARG...

TRACE is a file that tracekit or strace wrote, - for standard input, or a folder or prefix of strace -ff
files; .gz and .xz do, too. A live server is traced until Ctrl-C, with all threads and children;
send it requests meanwhile.
"""


class _AnswerCommand(Grouped):
    """Takes what stands behind ``--`` as a program to start, which click alone does not tell apart."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the program aside and parse the rest."""
        if "--" in args:
            at = args.index("--")
            ctx.meta[_PROGRAM] = args[at + 1 :]
            args = args[:at]
        return super().parse_args(ctx, args)


def _command(analyzer: type[Analyzer]) -> click.Command:
    @click.command(
        analyzer.name, cls=_AnswerCommand, help=HELP.format(analyzer), short_help=analyzer.question
    )
    @click.argument("traces", nargs=-1, metavar="[TRACE... | -- PROGRAM [ARG]...]")
    @target_options
    @click.option("-o", "output", metavar="FILE", help="Keep the trace in FILE (mode 0600).")
    @click.option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        default="text",
        show_default=True,
        help="How to print it.",
    )
    def command(traces: tuple[str, ...], form: str, **live: Any) -> int:
        program = click.get_current_context().meta.get(_PROGRAM)
        trace = _recorded(analyzer, traces, program, live) if traces else _live(analyzer, program, **live)
        return show(analyzer().answer(trace), form)

    return command


def show(answer: Answer, form: str, *, account: bool = True) -> int:
    """Print an answer and return the exit code that it means.

    Args:
        answer: the answer.
        form: text, json or csv. A table has no place for warnings: they go to standard error.
        account: of text: whether to say what was read of the trace.
    """
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    click.echo(render(answer, form, width=width, color=streams.colored(), account=account), nl=False)
    if form == "csv":
        for warning in answer.trace.get("warnings", ()):
            click.echo(visible(f"tracekit: warning: {warning}"), err=True)
    return ExitCode.ANSWERED if answer.determined else ExitCode.UNDETERMINED


def _recorded(
    analyzer: type[Analyzer], traces: tuple[str, ...], program: list[str] | None, live: dict[str, Any]
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
        return read_trace(list(traces))
    except UnreadableError as error:
        if Path(traces[0]).exists() or not shutil.which(traces[0]):
            raise
        words = " ".join(traces)
        raise UsageError(
            error.message, f"to start that program: tracekit {analyzer.name} -- {words}"
        ) from None


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
            tracing.run(program, how, on_end=closing.teller(output))
        else:
            attach_to(selection, how, output)
        if not output:
            click.echo("tracekit: this trace is not kept; -o FILE keeps one", err=True)
        return read_trace(path)


ANSWERS = {name: _command(analyzer) for name, analyzer in ANALYZERS.items()}
"""One command for each analyzer, by name."""
