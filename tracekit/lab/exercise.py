"""What an exercise is: a folder with ``exercise.toml``, its text and its checks.

``exercise.toml`` says what is asked and what it is worth; ``text.md`` is what
students read; ``test_checks.py`` judges. The folders hold data alone: an
exercise is added by adding a folder.
"""

import functools
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tracekit.errors import TracekitError, UsageError

FOLDER: Final = Path(__file__).resolve().parent / "exercises"

ORDER: Final = ("tour", "tree", "docroot", "mpm", "dispatch", "scaling", "crash", "coverage")
"""The order in which they are done; others follow by name."""

FORMS: Final = ("offline", "live")
KINDS: Final = ("site", "rush", "crash", "partial")
TYPES: Final = ("int", "text", "path", "choice", "ints", "evidence", "table")
AT_MOST: Final = 64
"""Members of a list, unless its field says otherwise."""


class BrokenExerciseError(TracekitError):
    """An exercise's own files are wrong: nothing that a student did."""


@dataclass(frozen=True)
class Field:
    """One thing that is asked for in ``answers.toml``.

    Attributes:
        name: the key there.
        type: one of TYPES. ``ints`` and ``evidence`` are lists; a ``table`` is an array of tables,
            one for each thing that is asked about, with ``columns``.
        title: what it means, one sentence for students.
        choices: of a ``choice``, the words that are allowed.
        points: what a right answer is worth.
        at_most: of a list, how many members it may have.
        columns: of a ``table``, its fields; the first names what is asked about, and is filled in.
    """

    name: str
    type: str
    title: str
    choices: tuple[str, ...] = ()
    points: float = 0
    at_most: int = AT_MOST
    columns: "tuple[Field, ...]" = ()

    @property
    def worth(self) -> float:
        """The points of the field and of its columns."""
        return self.points + sum(column.worth for column in self.columns)


@dataclass(frozen=True)
class Mistake:
    """A wrong way to the answer, and what it earns: the samples are held to it.

    Attributes:
        name: one word.
        title: what somebody does who makes it.
        score: the most that it earns.
    """

    name: str
    title: str
    score: float


@dataclass(frozen=True)
class Exercise:
    """One exercise of the lab.

    Attributes:
        name: that of its folder and of its commands.
        title: in a heading.
        points: of 100 in all; 0 for one that is not graded.
        kind: of the scenes that it is about (``site``, ``rush``, ``crash``, ``partial``).
        forms: ``offline``, ``live``.
        fields: what is asked for, in the order of the text.
        questions: how many things a ``table`` asks about.
        mistakes: the wrong ways that it knows, each with what it earns.
        folder: where its files lie.
    """

    name: str
    title: str
    points: float
    kind: str
    forms: tuple[str, ...]
    fields: tuple[Field, ...]
    questions: int
    mistakes: tuple[Mistake, ...]
    folder: Path

    @property
    def text(self) -> str:
        """What students read, with its placeholders."""
        return (self.folder / "text.md").read_text(encoding="utf-8")

    @property
    def checks(self) -> Path:
        """The file of its checks."""
        return self.folder / "test_checks.py"

    def field(self, name: str) -> Field:
        """Return a field by name.

        Raises:
            KeyError: there is none of that name.
        """
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)


@functools.cache
def everything() -> tuple[Exercise, ...]:
    """Return the exercises that ship with tracekit, in the order in which they are done."""
    names = {folder.name for folder in FOLDER.iterdir() if (folder / "exercise.toml").is_file()}
    in_order = [name for name in ORDER if name in names] + sorted(names - set(ORDER))
    return tuple(read(FOLDER / name) for name in in_order)


def get(name: str) -> Exercise:
    """Return the exercise of that name.

    Raises:
        UsageError: there is none.
    """
    for exercise in everything():
        if exercise.name == name:
            return exercise
    raise UsageError(
        f"there is no exercise {name!r}", "the exercises are " + ", ".join(e.name for e in everything())
    )


def read(folder: Path) -> Exercise:
    """Read an exercise from its folder.

    Raises:
        BrokenExerciseError: a file is missing or not as it has to be.
    """
    path = folder / "exercise.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        exercise = _exercise(folder, data)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenExerciseError(f"{path}: {type(error).__name__}: {error}") from error
    if faults := list(_faults(exercise)):
        raise BrokenExerciseError(f"{path}: {'; '.join(faults)}")
    return exercise


def _exercise(folder: Path, data: dict[str, Any]) -> Exercise:
    """Turn a parsed ``exercise.toml`` into an exercise."""
    return Exercise(
        name=data["name"],
        title=data["title"],
        points=data["points"],
        kind=data["scene"],
        forms=tuple(data["forms"]),
        fields=tuple(_field(one) for one in data["field"]),
        questions=data.get("questions", 0),
        mistakes=tuple(Mistake(**one) for one in data.get("mistake", ())),
        folder=folder,
    )


def _field(data: dict[str, Any]) -> Field:
    """Turn one table of an ``exercise.toml`` into a field."""
    plain: dict[str, Any] = {key: value for key, value in data.items() if key not in ("choices", "column")}
    return Field(
        **plain,
        choices=tuple(data.get("choices", ())),
        columns=tuple(_field(one) for one in data.get("column", ())),
    )


def _faults(exercise: Exercise) -> Iterator[str]:
    """Yield what is wrong with an exercise that could be read."""
    if exercise.name != exercise.folder.name:
        yield f"it is called {exercise.name!r} in a folder called {exercise.folder.name!r}"
    if exercise.kind not in KINDS:
        yield f"no scenes are called {exercise.kind!r}"
    if not exercise.forms or not set(exercise.forms) <= set(FORMS):
        yield f"its forms are {exercise.forms}"
    worth = sum(field.worth for field in exercise.fields)
    if worth != exercise.points:
        yield f"its fields are worth {worth:g} points, and it {exercise.points:g}"
    for file in ("text.md", "test_checks.py"):
        if not (exercise.folder / file).is_file():
            yield f"there is no {file} beside it"
    for field in exercise.fields:
        yield from _field_faults(field)
    if bool(exercise.questions) != any(field.columns for field in exercise.fields):
        yield "questions belong to a table, and a table to questions"


def _field_faults(field: Field) -> Iterator[str]:
    """Yield what is wrong with a field."""
    if field.type not in TYPES:
        yield f"the field {field.name} has the unknown type {field.type!r}"
    if (field.type == "choice") != bool(field.choices):
        yield f"the field {field.name} needs choices, or another type"
    if (field.type == "table") != bool(field.columns):
        yield f"the field {field.name} needs columns, or another type"
    for column in field.columns:
        yield from _field_faults(column)
