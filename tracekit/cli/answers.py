"""One command for each question: from trace files, a live server, or a program that is started for it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

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


class _Own(NamedTuple):
    """What one command has alone.

    Attributes:
        options: its options.
        instead: takes them out of what else was given, and does what they ask for in place of an answer:
            returns the exit code, None when they ask for nothing.
    """

    options: tuple[Callable[[Any], Any], ...]
    instead: Callable[[tuple[str, ...], list[str] | None, dict[str, Any], int | None], int | None]


def _ps(
    traces: tuple[str, ...], program: list[str] | None, given: dict[str, Any], jobs: int | None
) -> int | None:
    """List the threads if --ps was given."""
    as_ps, at = given.pop("as_ps"), given.pop("at")
    if as_ps:
        from tracekit.cli import ps  # noqa: PLC0415 - the help needs none of it

        return ps.show(traces, program, given, at, jobs)
    if at is not None:
        raise UsageError("--at is for --ps", "add --ps")
    return None


_OWN = {
    "tasks": _Own(
        (
            click.option(
                "--ps", "as_ps", is_flag=True, help="As ps -efL prints it: of a trace, or what runs now."
            ),
            click.option(
                "--at",
                metavar="TIME",
                help="With --ps, the moment of the trace: seconds since 1970, HH:MM:SS, +SECONDS since it "
                "began, or end; without it that of most threads.",
            ),
        ),
        _ps,
    )
}
"""The commands that have something alone."""

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
    own = _OWN.get(asked.name)

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
    def ask(traces: tuple[str, ...], form: str, jobs: int | None, **given: Any) -> int:
        from tracekit.cli import answering  # noqa: PLC0415 - the help needs none of it

        program = click.get_current_context().meta.get(_PROGRAM)
        if own and (code := own.instead(traces, program, given, jobs)) is not None:
            return code
        return answering.answer(asked, traces, program, given, form=form, jobs=jobs, other=other)

    for option in reversed(own.options if own else ()):
        ask = option(ask)
    return ask


ANSWERS = {name: command(asked) for name, asked in QUESTIONS.items()}
"""One command for each question, by name."""
