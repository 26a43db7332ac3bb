"""Plain text for people: a line a check, and the total at the end."""

import textwrap
from collections.abc import Iterator
from typing import Final

from tracekit.lab.forms.words import remarks, whole, why
from tracekit.lab.score import Check, Score, shown

WIDE: Final = 80
TITLE: Final = 90
_INDENT: Final = " " * 6


def write(score: Score) -> str:
    """Return a score as text; without points where the hidden checks, which give them, were not run."""
    total = [] if score.hidden else [f"Total: {whole(score)}"]
    return "\n".join([*body(score), *total]) + "\n"


def body(score: Score) -> list[str]:
    """Return all lines but the one with the total."""
    about = ", ".join(filter(None, (score.student, score.course, score.form)))
    lines = [about] if about else []
    graded = score.by_exercise() if score.state == "graded" else {}
    for name, part in graded.items():
        if part.judged:
            lines += ["", name if score.hidden else f"{name}  {whole(part)}"]
            for check in part.judged:
                lines += _check(check, points=not score.hidden)
    return [*lines, "", *(line for one in remarks(score) for line in textwrap.wrap(one, WIDE))]


def _check(check: Check, *, points: bool) -> Iterator[str]:
    title = textwrap.shorten(check.title, TITLE, placeholder=" ...")
    end = f" {check.outcome}" + (f" ... {shown(check.points)}" if points else "")
    yield f"  {title} {'.' * max(3, WIDE - len(title) - len(end) - 3)}{end}"
    if told := why(check):
        yield from textwrap.wrap(told, WIDE, initial_indent=_INDENT, subsequent_indent=_INDENT)
