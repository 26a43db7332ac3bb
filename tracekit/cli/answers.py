"""One command for each question: from trace files, a live server, or a program that is started for it."""

from typing import TYPE_CHECKING, Any

import click

from tracekit.analyzers.questions import QUESTIONS, Question
from tracekit.cli.headings import Grouped
from tracekit.cli.parse import jobs_option
from tracekit.cli.tracing import target_options
from tracekit.errors import UsageError
from tracekit.report import FORMATS

if TYPE_CHECKING:
    from tracekit.cli.installed import Installed  # rarely there

_PROGRAM = "tracekit.program"

_PS = (
    click.option("--ps", "as_ps", is_flag=True, help="As ps -efL prints it: of a trace, or what runs now."),
    click.option(
        "--at",
        metavar="TIME",
        help="With --ps, the moment of the trace: seconds since 1970, HH:MM:SS, +SECONDS since it began, or "
        "end; without it that of most threads.",
    ),
)
_OWN = {"tasks": _PS}
"""The options that one command has alone."""

HELP = """{0.question}

\b
From a trace:       tracekit {0.name} t.strace
From a live server: sudo tracekit {0.name} --name apache2 --duration 10
From a program:     tracekit {0.name} -- PROGRAM ARG...

TRACE is a file that tracekit or strace wrote, - for standard input, or a folder or prefix of strace -ff
files; .gz, .xz and .zst do, too. A live server is traced until Ctrl-C, with all threads and children;
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


def command(asked: Question, other: "Installed | None" = None) -> click.Command:
    """Return the command that asks a question; one of another package's analyzer, if there is one."""

    @click.command(asked.name, cls=_AnswerCommand, help=HELP.format(asked), short_help=asked.question)
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
    @jobs_option
    def ask(
        traces: tuple[str, ...],
        form: str,
        jobs: int | None,
        *,
        as_ps: bool = False,
        at: str | None = None,
        **live: Any,
    ) -> int:
        from tracekit.cli import answering  # noqa: PLC0415 - the help needs none of it

        program = click.get_current_context().meta.get(_PROGRAM)
        if at is not None and not as_ps:
            raise UsageError("--at is for --ps", "add --ps")
        if as_ps:
            from tracekit.cli import ps  # noqa: PLC0415

            return ps.show(traces, program, live, at, jobs)
        return answering.answer(asked, traces, program, live, form=form, jobs=jobs, other=other)

    for option in reversed(_OWN.get(asked.name, ())):
        ask = option(ask)
    return ask


ANSWERS = {name: command(asked) for name, asked in QUESTIONS.items()}
"""One command for each question, by name."""
