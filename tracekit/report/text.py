"""Answers as text: tables on a terminal, aligned columns in a pipe."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tracekit.report.escape import visible
from tracekit.report.views import Column, Record, Section, columns, scalars, sections, text_of

ROWS_ON_SCREEN = 100
"""How many records of a list a terminal shows; a pipe and the other formats have them all."""
GAP = "  "
EDGES = 2
"""Columns of the terminal that a table's two edges take."""
FOLDED = 24
"""Columns of the terminal that a wide text keeps at least."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table, ready to be painted: escaped text, one line a record."""

    title: str
    columns: tuple[Column, ...]
    rows: list[list[str]]
    left_out: int
    notes: list[str]


def render_text(answer: Record, width: int | None, *, color: bool) -> str:
    """Return an answer as text.

    Args:
        answer: its JSON value.
        width: columns of the terminal; None when it goes to a file or a pipe: nothing is folded then.
        color: whether to use colours.
    """
    out = io.StringIO()
    console = Console(
        file=out,
        width=width or 80,
        color_system="standard" if color else None,
        force_terminal=color,
        highlight=False,
        emoji=False,
        markup=False,
    )
    for name, value in scalars(answer).items():
        console.print(Text.assemble((f"{name}: ", "bold"), visible(text_of(value))), soft_wrap=True)
    for section in sections(answer):
        grid = _grid(section, list(answer.get(section.key) or []), ROWS_ON_SCREEN if width else None)
        if grid is None:
            continue
        console.print(Text(f"\n{grid.title}", style="bold"), soft_wrap=True)
        if width:
            table, left_out = _table(grid, width)
            console.print(table)
            if left_out:
                console.print(Text(f"too narrow for: {', '.join(left_out)}", style="dim"), soft_wrap=True)
        else:
            out.writelines(_aligned(grid))
        for note in grid.notes:
            console.print(Text(note, style="dim"), soft_wrap=True)
        if grid.left_out:
            console.print(Text(f"{grid.left_out} more: a pipe, json and csv show all"), soft_wrap=True)
    console.print(Text("\n" + "\n".join(_account(answer.get("trace") or {})), style="dim"), soft_wrap=True)
    return out.getvalue()


def _grid(section: Section, records: list[Record], limit: int | None) -> Grid | None:
    """Return the table of a section; None when it would be empty."""
    if not records:
        return None
    shown = records[:limit]
    chosen = columns(section, shown)
    rows = [[visible(text_of(column.value(record))) for column in chosen] for record in shown]
    notes = [note for record in shown for note in _notes(section, chosen[0], record)]
    return Grid(section.title, chosen, rows, len(records) - len(shown), notes)


def _notes(section: Section, first: Column, record: Record) -> Iterator[str]:
    """Yield why a record is there, and the calls that bear it out, one a line."""
    if section.because or section.evidence:
        reason = f": {record.get(section.because)}" if section.because else ""
        yield visible(f"{text_of(first.value(record))}{reason}")
    if not section.evidence:
        return
    for proof in record.get("evidence") or ():
        tid = f" [{proof['tid']}]" if proof.get("tid") is not None else ""
        yield visible(f"  {proof['file']}:{proof['line']}{tid} {proof['text']}")


def _table(grid: Grid, width: int) -> tuple[Table, list[str]]:
    """Return a table for a terminal, and the titles of the columns that found no room in it."""
    widths, left_out = _fit(grid, width - EDGES)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for place, size in widths.items():
        column = grid.columns[place]
        table.add_column(
            Text(column.title),
            justify="right" if column.number else "left",
            overflow="fold",
            width=size,
        )
    for row in grid.rows:
        table.add_row(*(Text(row[place]) for place in widths))
    return table, [grid.columns[place].title for place in left_out]


def _fit(grid: Grid, room: int) -> tuple[dict[int, int], list[int]]:
    """Return the width of each column that fits, and the places of the others.

    A column is shown whole, folded (the wide ones), or not at all.
    """
    whole = {
        place: max(cell_len(column.title), *(cell_len(row[place]) for row in grid.rows))
        for place, column in enumerate(grid.columns)
    }
    widths = {p: min(size, FOLDED) if grid.columns[p].wide else size for p, size in whole.items()}
    left_out: list[int] = []
    while _needed(widths) > room:
        last = max(widths, key=lambda place: (grid.columns[place].rank, place))
        if not grid.columns[last].rank:
            break
        left_out.append(last)
        del widths[last]
    for place in [place for place in widths if grid.columns[place].wide]:
        widths[place] = min(whole[place], widths[place] + max(0, room - _needed(widths)))
    return widths, left_out


def _needed(widths: dict[int, int]) -> int:
    return sum(widths.values()) + len(GAP) * max(0, len(widths) - 1)


def _aligned(grid: Grid) -> Iterator[str]:
    """Yield the lines of a table for a pipe: columns as wide as their widest entry."""
    lines = [[column.title for column in grid.columns], *grid.rows]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = [
            " " * (width - cell_len(text)) + text if column.number else text + " " * (width - cell_len(text))
            for text, width, column in zip(line, widths, grid.columns, strict=True)
        ]
        yield GAP.join(cells).rstrip() + "\n"


def _account(trace: dict[str, Any]) -> Iterator[str]:
    """Yield what was read of the trace, and what was not."""
    files = trace.get("files") or []
    name = files[0] if len(files) == 1 else f"{len(files)} files"
    lost = f"{trace.get('unparsed', 0)} unreadable lines, {trace.get('incomplete', 0)} incomplete calls"
    yield visible(f"trace: {name}, {trace.get('lines', 0)} lines, {trace.get('calls', 0)} calls; {lost}")
    for warning in trace.get("warnings") or ():
        yield visible(f"warning: {warning}")
