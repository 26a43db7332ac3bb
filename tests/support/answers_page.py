"""docs/lab/answers.md, from the exercises (``python -m tests.support.answers_page``)."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from tracekit.lab.answers.source import LIMIT
from tracekit.lab.answers.template import example
from tracekit.lab.answers.values import LARGEST, LONGEST
from tracekit.lab.exercise import AT_MOST, Exercise, Field, everything

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "lab" / "answers.md"

INTRODUCTION: Final = f"""\
# Answers

Answers to an exercise of the lab are data: `answers.toml` in the exercise's folder, or `answers.json` with
the same names, but not both. `tracekit lab start` puts a file there in which every field is explained and
none is answered: take the `#` off and put your value in. `make lab-answers` writes this page from the
`exercise.toml` files.

- The file is an ordinary one (no link), in UTF-8, {LIMIT // 1024} KiB at most. A byte order mark and
  either kind of line end are fine. Nothing in it is ever run.
- A field that you leave out is not answered, and nothing is wrong with that. A text of blanks is no answer
  either; an empty list is one.
- A field with a wrong value or a misspelt name counts as not answered, and so does a line of TOML that
  breaks the rules; the other fields count. A name that is given twice makes the whole file void.
- `tracekit lab check` tells every such thing with its place:
  `answers.toml:3:1: mpm: found 'evnt', wanted one of prefork, worker, event; did you mean 'event'?`

## Types

| type | value | also taken |
|---|---|---|
| int | a whole number from 0 to {LARGEST} | `"4711"`, `"pid 4711"`, `"tid: 4711"`, and nothing around it |
| text | a text of {LONGEST} characters at most | blanks around it |
| path | an absolute path | blanks around it, a `/` at its end, `//`, `/./` |
| choice | one of the words | letters of either case; for `yes` and `no` also `true` and `false` |
| ints | a list of whole numbers, each counts once | a single number; `"4711, 4712"` |
| evidence | a list of lines: `[1203, {{line = 1210, tid = 4711}}]` | a single line; `"line 1203"` |
| table | one `[[name]]` for each thing that is asked about | |

A list has {AT_MOST} members at most, unless its field says otherwise. Lines of the trace count from 1. Either
line of a call that was interrupted (`<unfinished ...>`, `resumed`) stands for the whole call. A `tid` beside
a line has to be that of the thread that the line is about; it may be left out.
"""


def page() -> str:
    """Return the page."""
    parts = [INTRODUCTION, *("\n".join(_exercise(exercise)) + "\n" for exercise in everything())]
    return "\n".join(parts)


def _exercise(exercise: Exercise) -> Iterator[str]:
    worth = f"{exercise.points:g} points" if exercise.points else "not graded"
    yield f"## {exercise.name}: {exercise.title} ({worth})"
    yield ""
    yield from _rows(exercise.fields)
    for field in exercise.fields:
        if field.columns:
            yield ""
            yield f"In each `[[{field.name}]]`; there are {exercise.questions}, which share the points:"
            yield ""
            yield from _rows(field.columns)


def _rows(fields: Iterable[Field]) -> Iterator[str]:
    yield "| field | type | points | what | for example |"
    yield "|---|---|---|---|---|"
    for field in fields:
        points = f"{field.points:g}" if field.points else ""
        shown = f"`[[{field.name}]]`" if field.columns else f"`{field.name} = {example(field)}`"
        yield f"| `{field.name}` | {field.type} | {points} | {field.title}{_limits(field)} | {shown} |"


def _limits(field: Field) -> str:
    if field.choices:
        return f" One of {', '.join(f'`{word}`' for word in field.choices)}."
    if field.type in ("ints", "evidence") and field.at_most != AT_MOST:
        return f" {field.at_most} at most."
    return ""


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
