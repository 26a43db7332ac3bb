"""What an exercise is: read from its folder, and refused when it is broken."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.lab_samples import POINTS
from tracekit.errors import UsageError
from tracekit.lab import exercise


def test_eight_exercises_of_a_hundred_points() -> None:
    assert {one.name: one.points for one in exercise.everything()} == POINTS
    assert sum(POINTS.values()) == 100
    assert [one.name for one in exercise.everything()] == list(exercise.ORDER)


def test_every_exercise_has_both_forms() -> None:
    assert {one.forms for one in exercise.everything()} == {("offline", "live")}


def test_a_field_by_its_name() -> None:
    mpm = exercise.get("mpm")
    assert mpm.field("mpm").choices == ("prefork", "worker", "event")
    with pytest.raises(KeyError):
        mpm.field("nothing")


def test_the_worth_of_a_table_is_that_of_its_columns() -> None:
    (requests,) = exercise.get("dispatch").fields
    assert requests.type == "table"
    assert requests.columns[0].name == "target"
    assert requests.worth == 20


def test_an_exercise_that_is_not_there() -> None:
    with pytest.raises(UsageError) as error:
        exercise.get("nothing")
    assert "dispatch" in error.value.hint


def changed(old: str, new: str) -> Callable[[Path], None]:
    """Return what replaces a text in an exercise.toml."""

    def change(folder: Path) -> None:
        path = folder / "exercise.toml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return change


BROKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "no toml": (changed("name", "name ="), "TOMLDecodeError"),
    "no exercise.toml": (lambda folder: (folder / "exercise.toml").unlink(), "FileNotFoundError"),
    "no name": (changed('name = "mpm"', ""), "KeyError"),
    "another name": (changed('name = "mpm"', 'name = "other"'), "called 'other'"),
    "no such scene": (changed('"site"', '"sight"'), "no scenes are called 'sight'"),
    "no such form": (changed('"live"', '"alive"'), "its forms are"),
    "points that do not add up": (changed("points = 20", "points = 21"), "worth 20 points, and it 21"),
    "no text": (lambda folder: (folder / "text.md").unlink(), "no text.md"),
    "no checks": (lambda folder: (folder / "test_checks.py").unlink(), "no test_checks.py"),
    "an unknown type": (changed('"evidence"', '"proof"'), "unknown type 'proof'"),
    "an unknown key": (changed("at_most", "most"), "TypeError"),
    "a choice without choices": (changed('choices = ["prefork", "worker", "event"]\n', ""), "needs choices"),
    "a table without columns": (changed('"evidence"', '"table"'), "needs columns"),
    "questions without a table": (changed("points = 20", "points = 20\nquestions = 3"), "belong to a table"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_exercise_is_refused(what: str, tmp_path: Path) -> None:
    folder = tmp_path / "mpm"
    shutil.copytree(exercise.FOLDER / "mpm", folder)
    change, message = BROKEN[what]
    assert exercise.read(folder).points == 20
    change(folder)
    with pytest.raises(exercise.BrokenExerciseError, match=message):
        exercise.read(folder)
