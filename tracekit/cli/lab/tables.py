"""Tables as the lab's commands print them."""

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from tracekit.cli.rendering import rendered
from tracekit.report.escape import visible


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


def _is_number(cell: str) -> bool:
    return not cell or cell.replace(".", "", 1).isdecimal()
