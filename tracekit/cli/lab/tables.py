"""What the lab's commands print: tables and texts, for a terminal or, without escapes, for a pipe."""

import io
import shutil
import sys
from collections.abc import Iterable, Sequence

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from tracekit.cli import streams
from tracekit.report.escape import visible

_UNBOUNDED = 1_000
"""Columns for a pipe: no row is as long, so nothing is folded."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return rows below a head; columns of numbers stand to the right. Names in it may come from anywhere."""
    shown = [[visible(cell) for cell in row] for row in rows]
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for number, name in enumerate(head):
        numbers = all(_is_number(row[number]) for row in shown)
        made.add_column(name, justify="right" if numbers and shown else "left", overflow="fold")
    for row in shown:
        made.add_row(*map(Text, row))
    return rendered(made)


def rendered(shown: RenderableType, widest: int = _UNBOUNDED) -> str:
    """Return what rich makes of something."""
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
    )
    console.print(shown)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def _is_number(cell: str) -> bool:
    return not cell or cell.replace(".", "", 1).isdecimal()
