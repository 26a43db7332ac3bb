"""A folder with a student's answers to `Answers`: what is wrong in one field voids that field alone."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from tracekit.lab.answers.model import Answers, Problem, Row
from tracekit.lab.answers.parsing import parse
from tracekit.lab.answers.places import Path as Way
from tracekit.lab.answers.places import Places
from tracekit.lab.answers.source import NAMES, RefusedError, decode, find
from tracekit.lab.answers.values import WrongError, convert
from tracekit.lab.answers.words import meant, shown
from tracekit.lab.exercise import Exercise, Field

MOST: Final = 30
"""Problems of one file that are told one by one."""
LAST: Final = 1 << 30
"""Sorts what has no line behind all that have one."""


def read_answers(folder: Path, exercise: Exercise, asked: Sequence[str] | None = ()) -> Answers:
    """Read the answers to one exercise.

    Never fails for what a student wrote: what cannot be read is a problem, and a missing answer is None.

    Args:
        folder: of the exercise in the submission; holds ``answers.toml`` or ``answers.json``.
        exercise: what is asked for.
        asked: the things that its table asks about, such as targets; each has a row, answered or not. None
            where they are not known: whatever the file has a table about.
    """
    name = ""
    try:
        name, data = find(folder)
        text = decode(data)
        parsed = parse(name, text)
    except RefusedError as error:
        return Answers(_nothing(exercise.fields, asked), name, (_told(name or NAMES[0], error),))
    reading = _Reading(name, Places(parsed.text, toml=name.endswith(".toml")), asked)
    reading.problems += [_told(name, fault) for fault in parsed.faults]
    return reading.answers(parsed.data, exercise.fields)


def _told(file: str, error: RefusedError) -> Problem:
    return Problem(file, error.line, error.column, error.field, str(error))


def _nothing(fields: Iterable[Field], asked: Sequence[str] | None) -> dict[str, Any]:
    """Return the values of fields of which none was answered."""
    return {
        field.name: {one: Row(_nothing(field.columns, ())) for one in asked or ()} if field.columns else None
        for field in fields
    }


class _Reading:
    """The reading of one file: what is wrong with it is gathered on the way."""

    def __init__(self, file: str, places: Places, asked: Sequence[str] | None) -> None:
        self.file, self.places, self.asked = file, places, asked
        self.problems: list[Problem] = []
        self.more = 0

    def answers(self, found: dict[str, Any], fields: Sequence[Field]) -> Answers:
        """Return the answers that parsed data holds."""
        values = self.values(found, fields, ())
        own = {field.name: place for field in fields if (place := self.places.nearest((field.name,)))}
        if self.more:
            self.problems.append(Problem(self.file, None, None, "", f"and {self.more} more of the kind"))
        in_order = sorted(self.problems, key=lambda problem: (problem.line or LAST, problem.column or 0))
        return Answers(values, self.file, tuple(in_order), own)

    def values(self, found: dict[str, Any], fields: Sequence[Field], way: Way) -> dict[str, Any]:
        """Return the values of some fields, and tell what else there is."""
        known = {field.name: field for field in fields}
        values = _nothing(fields, self.asked)
        for name, value in found.items():
            field = known.get(name)
            if field is None:
                self.tell(f"there is no field of this name{self.near(name, known)}", *way, name)
            elif field.columns:
                values[name].update(self.rows(value, field, (*way, name)))
            else:
                values[name] = self.value(value, field, (*way, name))
        return values

    def value(self, value: Any, field: Field, way: Way) -> Any:
        """Return the value of a field; None when it is void."""
        try:
            return convert(value, field)
        except WrongError as error:
            self.tell(str(error), *way, *error.path)
            return None

    def rows(self, value: Any, field: Field, way: Way) -> dict[str, Row]:
        """Return the rows of a table, by what each is about."""
        tables = value if isinstance(value, list) else [value]
        rows: dict[str, Row] = {}
        for number, table in enumerate(tables):
            here = (*way, number) if isinstance(value, list) else way
            if not isinstance(table, dict):
                self.tell(f"found {shown(table)}, wanted a table: [[{field.name}]]", *here)
                continue
            row = Row(self.values(table, field.columns, here))
            about = row[field.columns[0].name]
            if fault := self._fault(about, field, rows):
                self.tell(fault, *here)
            else:
                rows[about] = row
        return rows

    def _fault(self, about: Any, field: Field, rows: dict[str, Row]) -> str:
        """Return what is wrong with what a row is about."""
        if about is None:
            return f"this table does not say which {field.columns[0].name} it is about"
        if about in rows:
            return f"{shown(about)} has a table already; the first one counts"
        if self.asked is not None and about not in self.asked:
            return f"nothing is asked about {shown(about)}{self.near(about, self.asked)}"
        return ""

    def near(self, found: str, known: Iterable[str]) -> str:
        """Return what may have been meant, while it is worth the while."""
        return meant(found, known) if len(self.problems) < MOST else ""

    def tell(self, message: str, *way: str | int) -> None:
        """Add a problem at the place of a key or member; beyond so many they are only counted."""
        if len(self.problems) >= MOST:
            self.more += 1
            return
        place = self.places.nearest(way)
        line, column = place or (None, None)
        self.problems.append(Problem(self.file, line, column, _named(way), message))


def _named(way: Way) -> str:
    """Return a path as people write it, members counted from 1: ``requests[2].pid``."""
    text = ""
    for part in way:
        text += f"[{part + 1}]" if isinstance(part, int) else ("." if text else "") + shown(part)[1:-1]
    return text
