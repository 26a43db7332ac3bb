"""``tracekit run`` and ``tracekit attach``: write a trace."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click

from tracekit import syscalls, tracer
from tracekit.errors import UsageError
from tracekit.report.escape import visible
from tracekit.tracer.targets import Selection

Command = Callable[..., Any]


def _options(*options: Command) -> Callable[[Command], Command]:
    """Combine options into one decorator, in the order in which the help shows them."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


GROUPS = {
    "follow": "What to trace",
    "given": "What to trace",
    "name": "What to trace",
    "port": "What to trace",
    "tree": "What to trace",
    "duration": "What to trace",
    "expression": "What to write",
    "analyses": "What to write",
    "strings": "What to write",
    "verbose": "What to write",
    "plain": "What to write",
    "output": "What to write",
    "form": "What to write",
}
"""Over which heading of the help an option stands, by its parameter's name."""


class Grouped(click.Command):
    """A command whose help has its options under headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, group by group."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record:
                groups.setdefault(GROUPS.get(parameter.name or "", "Options"), []).append(record)
        for title, records in groups.items():
            with formatter.section(title):
                formatter.write_dl(records)


process_options = _options(
    click.option(
        "-p", "--pid", "given", type=int, multiple=True, metavar="PID", help="This process; may be repeated."
    ),
    click.option("--name", metavar="COMM", help="All processes of this command name, such as apache2."),
    click.option(
        "--port", type=int, metavar="N", help="All that listen on this TCP port, and their children."
    ),
    click.option("--tree", is_flag=True, help="All descendants of these processes, too."),
)
"""Which processes are meant."""

target_options = _options(
    process_options,
    click.option(
        "--duration",
        type=click.FloatRange(min=0),
        metavar="S",
        help="End after S seconds, not at Ctrl-C only.",
    ),
)

_trace_options = _options(
    click.option("-o", "output", metavar="FILE", help="Write to FILE (mode 0600), not to standard error."),
    click.option(
        "-e", "expression", metavar="trace=SET", help="Only these calls: open,%network,/^fut,!read."
    ),
    click.option(
        "--for",
        "analyses",
        metavar="ANSWER,...",
        help="Only the calls that these answers need: docroot,dispatch.",
    ),
    click.option(
        "-s",
        "strings",
        type=click.IntRange(min=0),
        default=tracer.STRING_LIMIT,
        show_default=True,
        metavar="N",
        help="Print at most N bytes of a string.",
    ),
    click.option("-v", "verbose", is_flag=True, help="Print structures unabbreviated."),
    click.option("--plain", is_flag=True, help="strace's lines alone, without '# tracekit' headers."),
)


def _follow(_context: click.Context, _option: click.Parameter, times: int) -> bool:
    """Tell ``-f`` from ``-ff``, which is another thing with strace.

    Raises:
        UsageError: it is given twice.
    """
    if times > 1:
        raise UsageError("there is no -ff: all tasks go to one file", "use -f; each line names its thread")
    return bool(times)


_follow_option = click.option(
    "-f",
    "--follow-threads",
    "follow",
    count=True,
    callback=_follow,
    help="All threads, and every thread and process that they start (one option, two names).",
)


def settings(
    *,
    output: str | None,
    follow: bool,
    tids: bool = True,
    expression: str | None = None,
    analyses: str | None = None,
    strings: int = tracer.STRING_LIMIT,
    verbose: bool = False,
    plain: bool = False,
    duration: float | None = None,
) -> tracer.Settings:
    """Turn options into the settings of a trace.

    Raises:
        UsageError: a filter or an analyzer that does not exist.
    """
    base = tracer.Settings()
    return replace(
        base,
        output=output,
        follow=follow,
        wanted=_wanted(expression, analyses),
        decoding=replace(base.decoding, string_limit=strings, verbose=verbose),
        layout=replace(base.layout, tids=tids, headers=output is not None and not plain),
        seccomp_bpf=True,
        duration=duration,
    )


def _wanted(expression: str | None, analyses: str | None) -> frozenset[str] | None:
    """Return the names of the calls to trace: those of ``-e`` and those that the answers need."""
    if expression is None and analyses is None:
        return None
    names: set[str] = set()
    if expression is not None:
        key, equals, value = expression.partition("=")
        if equals and key not in {"trace", "t"}:
            raise UsageError(f"-e {key}= is not known here", "use -e trace=SET")
        names |= syscalls.select(value if equals else expression)
    if analyses is not None:
        for name in analyses.split(","):
            names |= _needs(name.strip())
    return frozenset(names)


def _needs(name: str) -> frozenset[str]:
    from tracekit.analyzers import ANALYZERS  # noqa: PLC0415 - pandas comes with them; few traces need it

    if name not in ANALYZERS:
        raise UsageError(f"there is no answer called {name!r}", f"known are {', '.join(ANALYZERS)}")
    return ANALYZERS[name].needs


@click.command(
    cls=Grouped,
    context_settings={"allow_interspersed_args": False},
    short_help="Start a program and write its system calls.",
)
@_follow_option
@_trace_options
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- PROGRAM [ARG]...")
def run(command: tuple[str, ...], follow: bool, **options: Any) -> int:
    """Start a program and write its system calls, as strace -ttt -T -yy does.

    The exit status is the program's own.

    \b
    tracekit run -f -o t.strace -- python3 -m http.server
    """
    status, _ = tracer.run(list(command), settings(follow=follow, tids=follow, **options))
    return status


@click.command(cls=Grouped, short_help="Write the system calls of a running server, until Ctrl-C.")
@_follow_option
@target_options
@_trace_options
def attach(
    given: tuple[int, ...], name: str | None, port: int | None, tree: bool, follow: bool, **options: Any
) -> None:
    """Write the system calls of running processes until Ctrl-C, and let them go on as they were.

    \b
    sudo tracekit attach --follow-threads --name apache2 -o t.strace
    """
    selection = Selection(given, name, port, tree)
    one = len(given) == 1 and selection == Selection(given)
    counts = attach_to(selection, settings(follow=follow, tids=follow or not one, **options))
    where = f" -> {options['output']}" if options["output"] else ""
    click.echo(f"tracekit: {counts.tasks} tasks, {counts.calls} calls{where}", err=True)


def attach_to(selection: Selection, how: tracer.Settings) -> tracer.Counts:
    """Attach to what was selected, and say on standard error when that is done and what was refused."""

    def ready(tasks: int, _waiter: tracer.Waiter) -> None:
        click.echo(f"tracekit: attached to {tasks} tasks; Ctrl-C ends the trace", err=True)

    counts = tracer.attach(selection.pids(), how, rescan=selection.rescan, on_ready=ready)
    for refused in counts.refused:
        click.echo(visible(f"tracekit: not traced: {refused}"), err=True)
    return counts
