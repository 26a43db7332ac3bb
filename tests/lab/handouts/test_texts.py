"""What students read: one form at a time, with nothing left in braces, and commands that exist."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest

from tracekit.cli.commands import cli
from tracekit.lab import exercise
from tracekit.lab.exercise import Exercise
from tracekit.lab.handouts import texts

WORDS = {name: f"<{name}>" for name in texts.WORDS}
BOTH = [(one, form) for one in exercise.everything() for form in one.forms]


def names(value: object) -> str:
    return value.name if isinstance(value, Exercise) else str(value)


def commands(text: str) -> Iterator[str]:
    """Yield the commands that a text shows."""
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        yield from re.findall(r"^[$#] (.*)$", block, re.MULTILINE)


@pytest.mark.parametrize(("one", "form"), BOTH, ids=names)
def test_a_text_is_of_one_form_and_complete(one: Exercise, form: str) -> None:
    text = texts.text(one, form, WORDS)
    assert "{{" not in text
    assert "<!--" not in text
    assert text.startswith(f"# {one.title}\n")
    assert ("tracekit attach" in text) == (form == "live")


@pytest.mark.parametrize(("one", "form"), BOTH, ids=names)
def test_a_text_names_every_field_with_its_points(one: Exercise, form: str) -> None:
    text = texts.text(one, form, WORDS)
    for field in one.fields:
        for asked in field.columns[1:] or [field]:
            points = rf" \| {asked.points}" if one.points else ""
            assert re.search(rf"^\| `{asked.name}`{points} \|", text, re.MULTILINE)


@pytest.mark.parametrize(("one", "form"), BOTH, ids=names)
def test_the_commands_of_tracekit_that_a_text_shows_are_there(one: Exercise, form: str) -> None:
    shown = [line.split() for line in commands(texts.text(one, form, WORDS)) if line.startswith("tracekit")]
    assert shown
    for _, *words in shown:
        found: click.Command | None = cli
        while words and isinstance(found, click.Group):
            found = found.get_command(click.Context(found), words.pop(0))
        assert found is not None
        options = {option for parameter in found.params for option in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= options


def test_what_has_no_word_stays(tmp_path: Path) -> None:
    one = replace(exercise.get("tree"), folder=tmp_path)
    (tmp_path / "text.md").write_text("of {{student}}\n<!-- live -->\nat {{url}}\n<!-- end -->\nend\n")
    assert texts.text(one, "live", {"student": "me"}) == "of me\nat {{url}}\nend\n"
    assert texts.text(one, "offline", {"student": "{{url}}"}) == "of {{url}}\nend\n"


def test_an_unknown_place_is_told(tmp_path: Path) -> None:
    one = replace(exercise.get("tree"), folder=tmp_path)
    (tmp_path / "text.md").write_text("of {{studnet}}\n")
    with pytest.raises(exercise.BrokenExerciseError, match="studnet"):
        texts.text(one, "offline", {})
