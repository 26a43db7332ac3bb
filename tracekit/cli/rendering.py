"""What rich lays out, as text: folded and in color for a terminal, plain and a line each for a pipe."""

import io
import shutil
import sys

from rich.console import Console, RenderableType

from tracekit.cli import streams

_UNBOUNDED = 1_000
"""Columns for a pipe: no row is as long, so nothing is folded."""


def rendered(*shown: RenderableType, widest: int = _UNBOUNDED) -> str:
    """Return what rich makes of something; words in a text are no markup.

    Args:
        shown: what is to be seen, each below the other.
        widest: columns at most, also of a wider terminal.
    """
    out = io.StringIO()
    color = streams.colored()
    width = min(widest, shutil.get_terminal_size().columns) if sys.stdout.isatty() else widest
    console = Console(
        file=out,
        width=width,
        color_system="standard" if color else None,
        force_terminal=color,
        highlight=False,
        emoji=False,
        markup=False,
    )
    for one in shown:
        console.print(one)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())
