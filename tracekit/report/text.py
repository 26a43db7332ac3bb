"""Answers as text: tables on a terminal, aligned columns in a pipe."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.box import Box
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tracekit.report.columns import Column, Record, Section
from tracekit.report.escape import visible
from tracekit.report.views import columns, scalars, sections, text_of

ROWS_ON_SCREEN = 100
"""How many records of a list a terminal shows; a pipe and the other formats have them all."""
GAP = "  "
CUT = "..."
RULE = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
"""A line below the headings and none elsewhere, of what every terminal can show."""
COLUMNS = 80
"""The width of what goes to no terminal, where a width is needed."""
LEAST = 12
"""Columns of the terminal that a column keeps on a screen that is too narrow for all."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table, ready to be painted: escaped text, one line a record."""

    columns: tuple[Column, ...]
    rows: list[list[str]]


def render_text(answer: Record, width: int | None, *, color: bool, account: bool, plain: bool = True) -> str:
    """Return an answer as text.

    Args:
        answer: its JSON value.
        width: columns of the terminal; None when it goes to a file or a pipe: nothing is folded or cut then.
        color: whether to use colours.
        account: whether to say what was read of the trace, and what was not.
        plain: whether drawings are to be of ASCII alone.
    """
    out = io.StringIO()
    console = Console(
        file=out,
        width=width or COLUMNS,
        color_system="standard" if color else None,
        force_terminal=color,
        highlight=False,
        emoji=False,
        markup=False,
        soft_wrap=width is None,
    )
    trace = answer.get("trace") or {}
    shown = sections(answer)
    drawn = {section.key for section in shown if section.drawing is not None}
    for name, value in scalars(answer).items():
        if name not in drawn:
            console.print(Text.assemble((f"{name.replace('_', ' ')}: ", "bold"), _said(value)))
    for section in shown:
        if section.drawing is not None:
            _print_drawing(console, section, section.drawing(answer, width or COLUMNS, plain))
            continue
        records = section.arrange(answer) if section.arrange else list(answer.get(section.key) or [])
        _print_section(console, section, records, width, trace)
    if account:
        _print_gap(console)
        for line in _account(trace):
            console.print(Text(line, style="dim"))
    return out.getvalue()


def _print_drawing(console: Console, section: Section, lines: list[str]) -> None:
    """Print a drawing as it is; nothing where there is nothing to draw."""
    if lines:
        _print_gap(console)
        console.print(Text(section.title, style="bold"))
        for line in lines:
            console.print(Text(visible(line)), soft_wrap=True)


def _print_section(
    console: Console, section: Section, records: list[Record], width: int | None, trace: Record
) -> None:
    """Print the table of a section, and below it what bears its records out."""
    if not records:
        if section.none:
            _print_gap(console)
            console.print(Text(section.none))
        return
    ordered = sorted(records, key=section.order) if section.order else records
    shown = ordered[: ROWS_ON_SCREEN if width else None]
    _print_gap(console)
    console.print(Text(section.title, style="bold"))
    if not section.evidence or len(section.columns) != 1:  # below, evidence repeats the first column
        _print_table(console, _grid(section, shown), width)
    if len(shown) < len(records):
        console.print(Text(f"{len(records) - len(shown)} more: a pipe, json and csv show all"))
    if section.evidence:
        below = [record for record in shown if record.get("evidence") or len(section.columns) == 1]
        if below and len(section.columns) != 1:
            _print_gap(console)
        for record in below:
            _print_evidence(console, section, record, width, len(trace.get("files") or ()) == 1)


def _print_table(console: Console, grid: Grid, width: int | None) -> None:
    """Print a table: for a terminal, or for a pipe."""
    if not width:
        console.file.writelines(_aligned(grid))
        return
    table, left_out = _table(grid, width)
    console.print(table)
    if left_out:
        console.print(Text(f"too narrow for: {', '.join(left_out)}", style="dim"))


def _print_gap(console: Console) -> None:
    """Print an empty line, except at the top."""
    if console.file.tell():
        console.print()


def _grid(section: Section, records: list[Record]) -> Grid:
    chosen = columns(section, records)
    rows = [[_said(column.value(record)) for column in chosen] for record in records]
    return Grid(chosen, rows)


def _said(value: Any) -> str:
    """Return a value as a reader has it: in words, and harmless; ``-`` for what is not known."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return visible(text_of(value)) or "-"


def _print_evidence(
    console: Console, section: Section, record: Record, width: int | None, one_file: bool
) -> None:
    """Print why a record is there, and the calls that bear it out, one a line; a terminal cuts their ends."""
    first = text_of(section.columns[0].value(record))
    reason = f": {record.get(section.because)}" if section.because else ""
    console.print(Text(visible(f"{first}{reason}"), style="dim"))
    for proof in record.get("evidence") or ():
        place = f"line {proof['line']}" if one_file else f"{proof['file']}:{proof['line']}"
        tid = f" [{proof['tid']}]" if proof.get("tid") is not None else ""
        line = visible(f"  {place}{tid} {proof['text']}")
        if width and cell_len(line) > width:
            line = set_cell_size(line, width - len(CUT)) + CUT
        console.print(Text(line, style="dim"), soft_wrap=True)


def _table(grid: Grid, width: int) -> tuple[Table, list[str]]:
    """Return a table for a terminal, and the titles of the columns that found no room in it."""
    widths, left_out = _fit(grid, width)
    table = Table(box=RULE, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for place, size in widths.items():
        column = grid.columns[place]
        table.add_column(
            Text(column.title), justify="right" if column.number else "left", overflow="fold", width=size
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
    widths = {place: min(size, grid.columns[place].wide or size) for place, size in whole.items()}
    left_out: list[int] = []
    while _needed(widths) > room:
        last = max(widths, key=lambda place: (grid.columns[place].rank, place))
        if not grid.columns[last].rank:
            break
        left_out.append(last)
        del widths[last]
    for place in [place for place in widths if grid.columns[place].wide]:
        widths[place] = min(whole[place], max(LEAST, widths[place] + room - _needed(widths)))
    return widths, sorted(left_out)


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
