"""The file of answers that a student begins with: every field is there, explained, and none is answered."""

import json
from collections.abc import Iterator, Sequence
from typing import Final

from tracekit.lab.exercise import Exercise, Field

EXAMPLES: Final = {
    "int": "4711",
    "text": '"..."',
    "path": '"/..."',
    "ints": "[4711, 4712]",
    "evidence": "[1203, 1210]",
}
"""For each type what a value looks like; of a choice it is the first."""


def example(field: Field) -> str:
    """Return what a value of a field looks like in TOML."""
    if field.choices:
        return f'"{field.choices[0]}"'
    text = EXAMPLES[field.type]
    return text.replace(", 1210", "").replace(", 4712", "") if field.at_most == 1 else text


def blank_answers(exercise: Exercise, asked: Sequence[str] = ()) -> str:
    """Return an ``answers.toml`` in which nothing is answered so far.

    Args:
        exercise: what is asked for.
        asked: the things that its table asks about; each gets one, with the first column filled in.
    """
    lines = [f"# {exercise.title}: take the # off where you have an answer, and put yours in.", ""]
    for field in exercise.fields:
        lines += [f"# {field.title}", *_lines(field, asked), ""]
    return "\n".join(lines)


def _lines(field: Field, asked: Sequence[str]) -> Iterator[str]:
    if not field.columns:
        if field.choices:
            yield f"# One of: {', '.join(field.choices)}."
        yield f"#{field.name} = {example(field)}"
        return
    first, *others = field.columns
    for column in others:
        yield f"# {column.name}: {column.title}"
    for one in asked:
        yield ""
        yield f"[[{field.name}]]"
        yield f"{first.name} = {_quoted(one)}"
        for column in others:
            yield f"#{column.name} = {example(column)}"


def _quoted(text: str) -> str:
    """Return a basic string of TOML; the escapes of JSON are among its own."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
