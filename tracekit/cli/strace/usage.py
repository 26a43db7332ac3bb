"""The help of ``tracekit strace``, made from the table of its options."""

import textwrap
from collections.abc import Iterable
from itertools import groupby
from typing import Final

from tracekit.cli.strace.getopt import Option, Takes

_WIDTH: Final = 100
_INDENT: Final = " " * 17
_HEAD: Final = """\
Usage: tracekit strace [OPTION]... { -p PID | PROG [ARGS] }

The options are those of strace 6.1, letter by letter, and so is what is written. Trace files are
private (mode 0600), whatever the umask says.
"""


def usage(options: Iterable[Option]) -> str:
    """The whole help."""
    shown = sorted((option for option in options if option.group), key=lambda option: option.group)
    sections = [_section(group, list(members)) for group, members in groupby(shown, lambda one: one.group)]
    return "\n".join([_HEAD, *sections])


def _section(title: str, options: list[Option]) -> str:
    return f"{title}:\n" + "".join(_entry(option) for option in options)


def _entry(option: Option) -> str:
    forms = [f"-{option.letter}"] if option.letter else []
    forms += [f"--{name}" for name in option.names[:1]]
    shown = ", ".join(forms)
    if option.takes is Takes.VALUE:
        shown += ("=" if option.names else " ") + option.metavar
    elif option.takes is Takes.PERHAPS:
        shown += f"[={option.metavar}]"
    text = textwrap.fill(option.help, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)
    return f"  {shown}\n{text}\n"
