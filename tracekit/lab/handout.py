"""What a student gets of an exercise: its text for one form, and an answers.toml to fill in."""

import json
import re
from collections.abc import Mapping
from typing import Final

from tracekit.lab.exercise import BrokenExerciseError, Exercise, Field

BOTH: Final = "both"
PARTS: Final = {"<!-- offline -->": "offline", "<!-- live -->": "live", "<!-- end -->": BOTH}
"""Lines of a text.md that begin a part for one form, and that end it."""

PLACE: Final = re.compile(r"\{\{(\w+)\}\}")
"""What is replaced in a text: ``{{student}}``."""

EMPTY: Final = {
    "int": "",
    "text": '""',
    "path": '"/"',
    "choice": '""',
    "ints": "[ ]",
    "evidence": "[ ]",
}
"""What stands behind the ``=`` of a field that nobody has answered, by type."""


def text(exercise: Exercise, form: str, words: Mapping[str, str]) -> str:
    """Return the text of an exercise for one form.

    Args:
        exercise: the exercise.
        form: ``offline`` or ``live``.
        words: what stands for a placeholder, by its name: ``{{student}}`` becomes ``words["student"]``.

    Raises:
        BrokenExerciseError: the text has a placeholder without a word.
    """
    kept, part = [], BOTH
    for line in exercise.text.splitlines():
        if line in PARTS:
            part = PARTS[line]
        elif part in (BOTH, form):
            kept.append(line)
    whole = "\n".join(kept) + "\n"
    if unknown := sorted(set(PLACE.findall(whole)) - set(words)):
        raise BrokenExerciseError(f"{exercise.folder / 'text.md'}: nothing stands for {', '.join(unknown)}")
    return PLACE.sub(lambda place: words[place[1]], whole)


def template(exercise: Exercise, asked: tuple[str, ...]) -> str:
    """Return an ``answers.toml`` without answers: each field a comment, what is asked about filled in.

    Args:
        exercise: the exercise.
        asked: what its table asks about, if it has one: for each a table with the first column set.
    """
    lines = [f"# {exercise.title}: write your answers behind the =, and take the # away.", ""]
    for field in exercise.fields:
        if field.columns:
            lines += _tables(field, asked)
        else:
            lines += [*_comment(field), f"# {field.name} = {EMPTY[field.type]}".rstrip(), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _tables(field: Field, asked: tuple[str, ...]) -> list[str]:
    """Return the lines of a table for each thing that is asked about."""
    first, *others = field.columns
    lines = [f"# {column.name}: {column.title}" for column in others]
    for one in asked:
        # a JSON string is a TOML string, but for DEL
        lines += ["", f"[[{field.name}]]", f"{first.name} = {json.dumps(one)}"]
        lines += [f"# {column.name} = {EMPTY[column.type]}".rstrip() for column in others]
    return [*lines, ""]


def _comment(field: Field) -> list[str]:
    """Return the lines that say what a field means."""
    choices = [f"# One of: {', '.join(field.choices)}"] if field.choices else []
    return [f"# {field.title}", *choices]
