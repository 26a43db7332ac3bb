"""strace's options for ``run`` and ``attach``: the letters, names and meaning of the one table of them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

import click

from tracekit.cli.headings import Headed
from tracekit.cli.strace import options as table
from tracekit.cli.strace.asked import Asked, ComplaintError
from tracekit.cli.strace.getopt import Option, Takes
from tracekit.errors import UsageError
from tracekit.tracer.options.filters import EVERY_WORD, Filters
from tracekit.tracer.options.layout import Stamp
from tracekit.tracer.options.settings import STRING_LIMIT

Command = Callable[..., Any]

_OTHERWISE: Final = frozenset({"p", "f", "I", "D"})
"""Letters that stand for something else, or more, here."""
_OTHERWISE_NAMED: Final = frozenset({"follow-forks", "seccomp-bpf", "daemonize"})
_KEY: Final = "tracekit.asked"

HEADINGS: Final = {
    table.STARTUP: "What to trace",
    table.TRACING: "What to trace",
    table.FILTERING: "What to write",
    table.FORMAT: "How to write it",
    table.STATISTICS: "Statistics",
    table.TAMPERING: "Tampering",
}
"""Over which heading of our help a group of strace's stands; the other groups are not for us."""


def asked() -> Asked:
    """What the options of the command that is being run ask for: by default, ``-ttt -T -yy -s 1024``."""
    found = click.get_current_context().meta.setdefault(_KEY, _defaults())
    assert isinstance(found, Asked)
    return found


def without_lines(asked: Asked) -> Asked:
    """What is asked for where there is only a summary (-c): of our defaults, none that is about lines."""
    usual, nothing = _defaults(), Asked()
    if asked.stamp == usual.stamp:
        asked.stamp = nothing.stamp
    if asked.durations == usual.durations:
        asked.durations = nothing.durations
    if asked.filters.decode_fds == usual.filters.decode_fds:
        asked.filters = replace(asked.filters, decode_fds=nothing.filters.decode_fds)
    return asked


def _defaults() -> Asked:
    return Asked(
        filters=Filters(decode_fds=EVERY_WORD),
        strings=STRING_LIMIT,
        stamp=Stamp(),
        stamp_digits=Stamp().digits,
        durations=6,
    )


def trace_options(starting: bool) -> Callable[[Command], Command]:
    """Give a command strace's options; those of a program's start when it is ``starting`` one."""

    def decorate(command: Command) -> Command:
        for option in reversed(list(_options(starting))):
            command = option(command)
        return command

    return decorate


def _options(starting: bool) -> Iterator[Callable[[Command], Command]]:
    for option in table.OPTIONS:
        ours = option.letter not in _OTHERWISE and not _OTHERWISE_NAMED & set(option.names)
        if option.group in HEADINGS and ours and (starting or option.group != table.STARTUP):
            yield from _forms(option)


def _forms(option: Option) -> Iterator[Callable[[Command], Command]]:
    """The letter and the name of an option; they are two where only the name takes an argument."""
    letter = [f"-{option.letter}"] if option.letter else []
    names = [f"--{name}" for name in option.names]
    if option.takes is Takes.PERHAPS and letter:
        yield _click_option(option, letter, Takes.NOTHING)
        yield _click_option(option, names, Takes.VALUE)
    else:
        yield _click_option(option, letter + names, option.takes)


def _click_option(option: Option, forms: list[str], takes: Takes) -> Callable[[Command], Command]:
    def callback(_context: click.Context, _option: click.Parameter, given: int | tuple[str, ...]) -> None:
        for value in given if isinstance(given, tuple) else (None,) * given:
            _apply(option, forms[0], value)

    how: dict[str, Any] = (
        {"count": True} if takes is Takes.NOTHING else {"multiple": True, "metavar": option.metavar}
    )
    # click would name -t and -T alike, and count one as the other.
    name = "_".join(f"{ord(form[1]):x}" if len(form) == 2 else form.strip("-") for form in forms)
    return click.option(
        *forms,
        f"strace_{name.replace('-', '_')}",
        cls=Headed,
        heading=HEADINGS[option.group],
        callback=callback,
        expose_value=False,
        help=option.help,
        **how,
    )


def _apply(option: Option, shown: str, value: str | None) -> None:
    try:
        option.apply(asked(), value)
    except ValueError:
        raise UsageError(f"invalid {shown} argument: '{value}'", "see strace(1)") from None
    except ComplaintError as complaint:
        raise UsageError(complaint.message) from None
