"""Tables as CSV (RFC 4180), for spreadsheets. Of an answer it is the first list, a record a line."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from tracekit.report.columns import Record
from tracekit.report.escape import cell
from tracekit.report.views import scalars, sections, text_of

SEPARATOR = "; "


def render_csv(answer: Record) -> str:
    """Return an answer as CSV with a heading.

    The members of the answer itself (verdict, reason) stand in front of every record.
    """
    shown = sections(answer)
    records: list[Record] = list(answer.get(shown[0].key) or []) if shown else []
    keys = list(dict.fromkeys(key for record in records for key in record))
    always = {
        f"answer_{key}" if key in keys else key: _text(key, value) for key, value in scalars(answer).items()
    }
    rows = [(*always.values(), *(_text(key, record.get(key)) for key in keys)) for record in records or [{}]]
    return csv_lines([(*always, *keys), *rows])


def csv_lines(rows: Iterable[Iterable[object]]) -> str:
    """Return rows as lines of CSV.

    Every cell is quoted, so that no separator of another locale splits one, and none can be taken
    for a formula.
    """
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def _text(key: str, value: Any) -> Any:
    """Return a member as one cell: evidence as the places where it stands."""
    if key == "evidence":
        return SEPARATOR.join(f"{proof['file']}:{proof['line']}" for proof in value or ())
    if isinstance(value, list):
        return SEPARATOR.join(text_of(item) for item in value)
    return text_of(value) if isinstance(value, dict) else value
