"""The blank file: nothing is answered in it, and it becomes answers by taking the marks away."""

import re
from pathlib import Path

import pytest

from tracekit.lab.answers import blank_answers, read_answers
from tracekit.lab.exercise import Exercise, everything

ASKED = ("/a.html", '/"odd"\\?x=\u00e4')


@pytest.mark.parametrize("exercise", everything(), ids=lambda exercise: exercise.name)
def test_blank(tmp_path: Path, exercise: Exercise) -> None:
    """As it is given out, it answers nothing, and nothing is wrong with it."""
    asked = ASKED[: exercise.questions]
    (tmp_path / "answers.toml").write_text(blank_answers(exercise, asked), encoding="utf-8")
    answers = read_answers(tmp_path, exercise, asked)
    assert answers.problems == ()
    for value in answers.values.values():
        rows = value.values() if isinstance(value, dict) else ()
        assert value is None or all(
            [name for name, one in row.values.items() if one is not None] == ["target"] for row in rows
        )


@pytest.mark.parametrize("exercise", everything(), ids=lambda exercise: exercise.name)
def test_filled(tmp_path: Path, exercise: Exercise) -> None:
    """With every mark taken off, every field has an answer, and the examples are none of them wrong."""
    asked = ASKED[: exercise.questions]
    text = re.sub(r"(?m)^#(?! )", "", blank_answers(exercise, asked))
    (tmp_path / "answers.toml").write_text(text, encoding="utf-8")
    answers = read_answers(tmp_path, exercise, asked)
    assert answers.problems == ()
    assert None not in answers.values.values()
    for one in asked:
        assert None not in answers.requests[one].values.values()
