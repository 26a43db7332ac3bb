"""``tracekit run`` and ``tracekit attach``: write a trace."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click

from tracekit.analyzers.questions import QUESTIONS
from tracekit.cli import closing, letters, streams
from tracekit.cli.headings import Grouped
from tracekit.cli.progress import Growth
from tracekit.cli.strace.asked import ComplaintError, processes
from tracekit.cli.strace.job import settings_of
from tracekit.errors import UsageError
from tracekit.report.escape import visible
from tracekit.syscalls import ARCHITECTURES
from tracekit.syscalls.select import ALL_CALLS, CallSet, named
from tracekit.tracer import tracing
from tracekit.tracer.tasks.targets import Selection

Command = Callable[..., Any]


def _options(*options: Command) -> Callable[[Command], Command]:
    """Combine options into one decorator, in the order in which the help shows them."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _pids(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[int, ...]:
    """Take processes as strace does: ``-p "$(pgrep -d, apache2)"`` is many of them."""
    try:
        return tuple(pid for one in given for pid in processes(one))
    except ComplaintError as complaint:
        raise UsageError(complaint.message, "`ps -e` lists all") from None


process_options = _options(
    click.option(
        "-p",
        "--pid",
        "given",
        multiple=True,
        metavar="PID,...",
        callback=_pids,
        help="These processes; may be repeated.",
    ),
    click.option("--name", metavar="COMM", help="All processes of this command name, such as apache2."),
    click.option(
        "--port", type=int, metavar="N", help="All that listen on this TCP port, and their children."
    ),
    click.option("--tree", is_flag=True, help="All descendants of these processes, too."),
)
"""Which processes are meant."""


def _seconds(_context: click.Context, _option: click.Parameter, given: float | None) -> float | None:
    if given is not None and math.isnan(given):
        raise UsageError("--duration takes a number of seconds", "a trace of NaN seconds would have no end")
    return given


_duration_option = click.option(
    "--duration",
    type=click.FloatRange(min=0),
    metavar="S",
    callback=_seconds,
    help="End the trace after S seconds; what is traced goes on.",
)

target_options = _options(process_options, _duration_option)

_own_options = _options(
    click.option(
        "--for",
        "analyses",
        metavar="ANSWER,...",
        help="Only the calls that these answers need: docroot,dispatch.",
    ),
    click.option("--plain", is_flag=True, help="strace's lines alone, without '# tracekit' headers."),
    click.option(
        "--same-cpu",
        is_flag=True,
        help="Tracer and traced tasks on one core: cheaper stops, but threads take turns.",
    ),
)

_follow_option = click.option(
    "-f",
    "--follow-threads",
    "follow",
    count=True,
    help="All threads, and every thread and process that they start (one option, two names);"
    " -ff: each task into a file of its own.",
)


def settings(
    *,
    output: str | None,
    follow: bool,
    analyses: str | None = None,
    duration: float | None = None,
) -> tracing.Settings:
    """Return the settings of a trace of ours: every thread, or the answers' calls alone.

    Raises:
        UsageError: an analyzer that does not exist.
    """
    base = tracing.Settings()
    return replace(
        base,
        output=output,
        follow=follow,
        filters=replace(base.filters, trace=ALL_CALLS if analyses is None else _needed(analyses)),
        layout=replace(base.layout, tids=follow, headers=output is not None),
        seccomp_bpf=True,
        duration=duration,
    )


def _asked_for(
    command: list[str],
    follow: int,
    *,
    tids: bool,
    analyses: str | None,
    plain: bool,
    same_cpu: bool,
    duration: float | None,
) -> tracing.Settings:
    """Return the settings that the options of the command that is being run ask for.

    Raises:
        UsageError: options that do not go together, or an analyzer that does not exist.
    """
    asked = letters.asked()
    if asked.summary == "c":
        asked = letters.without_lines(asked)
    if follow:
        asked.times["f"] = follow
    try:
        given = settings_of(asked, command, _warn)
    except ComplaintError as complaint:
        raise UsageError(complaint.message, "see strace(1)") from None
    filters = given.filters
    if analyses is not None:
        wanted = _needed(analyses)
        filters = replace(filters, trace=wanted | filters.trace if "trace" in asked.given else wanted)
    piped = given.output is not None and given.output[:1] in {"|", "!"}
    return replace(
        given,
        filters=filters,
        layout=replace(
            given.layout,
            tids=tids and not given.layout.separate,
            brackets=False,
            headers=given.output is not None and not piped and not plain,
        ),
        notices=None,
        requests=None,
        seccomp_bpf=True,
        same_cpu=same_cpu,
        duration=duration,
    )


def _warn(message: str) -> None:
    click.echo(visible(f"tracekit: {message}"), err=True)


def _needed(analyses: str) -> CallSet:
    """Return the calls that answers need."""
    names = [name for one in analyses.split(",") for name in _needs(one.strip())]
    return named(names, ARCHITECTURES)


def _needs(name: str) -> frozenset[str]:
    if name in QUESTIONS:
        return QUESTIONS[name].needs
    from tracekit.cli import installed  # noqa: PLC0415 - few packages bring answers

    found = installed.find(name)
    if found is None:
        raise UsageError(f"there is no answer called {name!r}", f"known are {', '.join(QUESTIONS)}")
    return found.question.needs


@click.command(
    cls=Grouped,
    context_settings={"allow_interspersed_args": False},
    short_help="Start a program and write its system calls.",
)
@_follow_option
@_duration_option
@letters.trace_options(starting=True)
@_own_options
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- PROGRAM [ARG]...")
def run(command: tuple[str, ...], follow: int, **options: Any) -> int:
    """Start a program and write its system calls, as strace -ttt -T -yy -s 1024 does.

    Options have strace's letters and meaning. The exit status is the program's own.

    \b
    tracekit run -f -o t.strace -- python3 -m http.server
    """
    how = _asked_for(list(command), follow, tids=bool(follow), **options)
    status, _ = tracing.run(list(command), how, on_end=closing.teller(how.output))
    return status if status >= 0 else 128 - status


@click.command(cls=Grouped, short_help="Write the system calls of a running server, until Ctrl-C.")
@_follow_option
@target_options
@letters.trace_options(starting=False)
@_own_options
def attach(
    given: tuple[int, ...], name: str | None, port: int | None, tree: bool, follow: int, **options: Any
) -> None:
    """Write the system calls of running processes until Ctrl-C, and let them go on as they were.

    Options have strace's letters and meaning; without any, it writes what strace -ttt -T -yy does.

    \b
    sudo tracekit attach --follow-threads --name apache2 -o t.strace
    """
    selection = Selection(given, name, port, tree)
    one = len(given) == 1 and selection == Selection(given)
    how = _asked_for([], follow, tids=bool(follow) or not one, **options)
    attach_to(selection, how, how.output)


def attach_to(
    selection: Selection, how: tracing.Settings, kept: str | None, growth: Growth | None = None
) -> tracing.Counts:
    """Attach to what was selected; say on standard error when that is done, and at the end how it was.

    ``kept`` is the trace's file, if it is one to be named; ``growth`` shows meanwhile how it grows.
    """
    tell = closing.teller(kept)

    def ready(tasks: int, _waiter: tracing.Waiter) -> None:
        streams.tell(f"attached to {closing.number(tasks, 'task')}; Ctrl-C ends the trace")
        if growth:
            growth.start()

    def end(counts: tracing.Counts) -> None:
        if growth:
            growth.stop()
        tell(counts)

    found = selection.pids()
    how = replace(how, suspendable=False)
    for pid in selection.gone():
        streams.tell(f"there is no process {pid}; the others are traced")
    return tracing.attach(found, how, rescan=selection.rescan, on_ready=ready, on_end=end)
