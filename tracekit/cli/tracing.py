"""``tracekit run`` and ``tracekit attach``: write a trace."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click

from tracekit import syscalls, tracer
from tracekit.errors import UsageError
from tracekit.report.escape import visible
from tracekit.tracer.targets import Selection
from tracekit.tracer.waiting import threads_kept_away

Command = Callable[..., Any]


def _options(*options: Command) -> Callable[[Command], Command]:
    """Combine options into one decorator, in the order in which the help shows them."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


target_options = _options(
    click.option(
        "-p", "--pid", "given", type=int, multiple=True, metavar="PID", help="A process; may be repeated."
    ),
    click.option("--name", metavar="COMM", help="Every process with this command name."),
    click.option("--port", type=int, help="The processes that listen on this TCP port, with their children."),
    click.option("--tree", is_flag=True, help="All descendants of these processes, too."),
    click.option("--duration", type=click.FloatRange(min=0), metavar="S", help="End after S seconds."),
)

_trace_options = _options(
    click.option("-o", "output", metavar="FILE", help="Write to FILE (mode 0600) instead of standard error."),
    click.option("-e", "expression", metavar="EXPR", help="strace's filter: trace=open,%network,!futex ..."),
    click.option("--for", "analyses", metavar="ANALYZER,...", help="Only the calls that these answers need."),
    click.option(
        "-s",
        "strings",
        type=click.IntRange(min=0),
        default=tracer.STRING_LIMIT,
        show_default=True,
        help="Print at most this many bytes of a string.",
    ),
    click.option("-v", "verbose", is_flag=True, help="Print structures unabbreviated."),
    click.option("--plain", is_flag=True, help="Leave out the '# tracekit' header lines."),
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
    for name in (analyses or "").split(",") if analyses is not None else ():
        names |= _needs(name.strip())
    return frozenset(names)


def _needs(name: str) -> frozenset[str]:
    with threads_kept_away():
        from tracekit.analyzers import ANALYZERS  # noqa: PLC0415 - pandas comes with them; few traces need it

    if name not in ANALYZERS:
        raise UsageError(f"there is no answer called {name!r}", f"known are {', '.join(ANALYZERS)}")
    return ANALYZERS[name].needs


@click.command(context_settings={"allow_interspersed_args": False})
@click.option("-f", "--follow-threads", "follow", is_flag=True, help="Follow threads and child processes.")
@_trace_options
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- PROGRAM [ARG]...")
def run(command: tuple[str, ...], follow: bool, **options: Any) -> int:
    """Start a program under trace; the exit status is the program's own."""
    status, _ = tracer.run(list(command), settings(follow=follow, tids=follow, **options))
    return status


@click.command()
@click.option("-f", "--follow-threads", "follow", is_flag=True, help="All threads, new ones and children.")
@target_options
@_trace_options
def attach(
    given: tuple[int, ...], name: str | None, port: int | None, tree: bool, follow: bool, **options: Any
) -> None:
    """Trace running processes until Ctrl-C, and let them go on as they were."""
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
