"""Answers as the checks see them: a value for each field, None where there is none, and what was wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tracekit.errors import TracekitError


class NoSuchFieldError(TracekitError, AttributeError, KeyError):
    """A check asks for a field that its exercise does not have."""

    __str__ = TracekitError.__str__


class Place(NamedTuple):
    """Where something stands in a file, both from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Problem:
    """Something that is wrong in a file of answers, told to its author.

    Attributes:
        file: its name, without folders.
        line: from 1; None when it is about the whole file.
        column: from 1; None as before.
        field: the field that is void because of it; empty when it is about the whole file.
        message: what was found, and what is wanted; one line without control characters.
    """

    file: str
    line: int | None
    column: int | None
    field: str
    message: str

    def __str__(self) -> str:
        """Return it as one line: ``answers.toml:3:1: workers: ...``."""
        place = "" if self.line is None else f":{self.line}" + (f":{self.column}" if self.column else "")
        return f"{self.file}{place}: " + (f"{self.field}: " if self.field else "") + self.message


@dataclass(frozen=True)
class Cited:
    """A line of a trace that is named as evidence.

    Attributes:
        line: its number, from 1.
        tid: the thread that it is said to be about; None where nothing is said.
        file: the name of the trace; empty for the exercise's own.
    """

    line: int
    tid: int | None = None
    file: str = ""


@dataclass(frozen=True)
class Row:
    """Values by name, as attributes or items; None for what was not answered, or is void."""

    values: Mapping[str, Any]

    def __getattr__(self, name: str) -> Any:
        """Return the value of a field."""
        if name.startswith("__") or name == "values":
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> Any:
        """Return the value of a field.

        Raises:
            NoSuchFieldError: the exercise has none of that name.
        """
        try:
            return self.values[name]
        except KeyError:
            raise NoSuchFieldError(f"there is no field {name}", "name one of exercise.toml") from None


@dataclass(frozen=True)
class Answers(Row):
    """The answers to one exercise.

    A field's value has the type of its field: ``int``: int; ``text``, ``path``, ``choice``: str; ``ints``:
    a tuple of int, each once; ``evidence``: a tuple of `Cited`, each line once; ``table``: a dict with a
    `Row` for each thing that was asked about, in the order of the questions.

    Attributes:
        file: the name of the file that they stand in; empty when there is none.
        problems: what is wrong with it, in the order of its lines.
        places: where the fields stand that are in the file, by name.
    """

    file: str = ""
    problems: tuple[Problem, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)

    def evidence(self, name: str = "evidence") -> tuple[Cited, ...]:
        """Return the lines that a field cites; none when it was not answered."""
        value = self[name]
        return value if isinstance(value, tuple) else ()

    def row(self, name: str, asked: str) -> Row:
        """Return what was answered about one thing that a table asks about."""
        rows: dict[str, Row] = self[name]
        return rows[asked]

    def place(self, name: str) -> str:
        """Return where a field stands, as ``answers.toml:3``; the file alone when it is not there."""
        found = self.places.get(name)
        return f"{self.file}:{found.line}" if found else self.file or "answers.toml"
