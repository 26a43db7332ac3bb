"""The documentation of the events is what the schema says."""

import re

import pytest

from tests.support.events_page import PAGE, page
from tracekit.events.schema import ARGUMENTS, DERIVED, REMARKS, STORED, UNPARSED, Row


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "make events writes it anew"


@pytest.mark.parametrize("column", [*STORED, *REMARKS, *DERIVED, *UNPARSED], ids=lambda column: column.name)
def test_every_column_is_documented(column: object) -> None:
    name, dtype, doc = column.name, column.dtype, column.doc  # type: ignore[attr-defined]
    rows = [
        re.split(r" \| ", row.strip("| ")) for row in page().splitlines() if row.startswith(f"| `{name}`")
    ]
    assert any(row[1] == dtype and row[-1] == doc for row in rows)
    assert doc.endswith(".")


def test_a_row_has_the_columns() -> None:
    assert Row._fields == tuple(column.name for column in STORED)
    assert ARGUMENTS in DERIVED
    assert not {column.name for column in STORED} & {column.name for column in (*REMARKS, *DERIVED)}
