"""What is shown of each answer: the sections of its text.

An answer that has no view is shown with all its columns.
"""

from collections.abc import Mapping
from typing import Any

from tracekit.report.columns import PATH, Column, Record, Section, field, figure
from tracekit.report.views.coverage import COVERAGE
from tracekit.report.views.dispatch import DISPATCH
from tracekit.report.views.docroot import DOCROOT
from tracekit.report.views.events import EVENTS
from tracekit.report.views.files import FILES
from tracekit.report.views.mpm import MPM
from tracekit.report.views.processes import CRASHES, SCALING, TASKS
from tracekit.report.views.security import SECURITY
from tracekit.report.views.summary import SUMMARY

VIEWS: dict[str, tuple[Section, ...]] = {
    "docroot": DOCROOT,
    "files": FILES,
    "dispatch": DISPATCH,
    "mpm": MPM,
    "tasks": TASKS,
    "scaling": SCALING,
    "crashes": CRASHES,
    "coverage": COVERAGE,
    "security": SECURITY,
    "summary": SUMMARY,
    "events": EVENTS,
}
"""The views that are made for one answer, and for the events themselves."""


def sections(answer: Record) -> tuple[Section, ...]:
    """Return the sections of an answer: those of its view, or one for each list of records in it."""
    view = VIEWS.get(answer_name(answer))
    if view is not None:
        return view
    lists = [key for key, value in answer.items() if _is_records(value)]
    return tuple(Section(key.replace("_", " ").capitalize(), key) for key in lists)


def columns(section: Section, records: list[Record]) -> tuple[Column, ...]:
    """Return the columns of a section; all of the records' members where it names none."""
    if section.columns:
        return section.columns
    keys = dict.fromkeys(key for record in records for key in record if key != "evidence")
    return tuple(
        figure(key, key) if _all_numbers(key, records) else field(key, key, wide=PATH) for key in keys
    )


def answer_name(answer: Record) -> str:
    """Return ``docroot`` for the schema ``tracekit.docroot/1``."""
    return str(answer.get("schema", "")).partition(".")[2].partition("/")[0]


def scalars(answer: Record) -> dict[str, Any]:
    """Return the members of an answer that stand above its tables: plain values.

    Of an answer without a view these are all but its tables, since nothing else shows its other lists.
    """
    own = answer_name(answer) in VIEWS
    tables = {"schema", "trace", *(() if own else (section.key for section in sections(answer)))}
    return {
        key: value
        for key, value in answer.items()
        if key not in tables and (not isinstance(value, list | dict) or (value and not own))
    }


def text_of(value: Any) -> str:
    """Return a value as one line of text; lists with blanks between, records as ``key=value``."""
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(text_of(item) for item in value)
    if isinstance(value, Mapping):
        return ",".join(f"{key}={text_of(item)}" for key, item in value.items())
    return str(value)


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _all_numbers(key: str, records: list[Record]) -> bool:
    return all(isinstance(record.get(key), int | float | None) for record in records)
