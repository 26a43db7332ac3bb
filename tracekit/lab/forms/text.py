"""Plain text for people: a line a check, and the total at the end."""

import textwrap
from collections.abc import Iterator
from typing import Final

from tracekit.lab.forms.words import remarks, whole, why
from tracekit.lab.score import Check, Score, shown

WIDE: Final = 72
_INDENT: Final = " " * 6


def write(score: Score) -> str:
    """Return a score as text."""
    return "\n".join([*body(score), f"Total: {whole(score)}"]) + "\n"


def body(score: Score) -> list[str]:
    """Return all lines but the one with the total."""
    about = ", ".join(filter(None, (score.student, score.course, score.form)))
    lines = [about] if about else []
    for name, part in score.by_exercise().items():
        if part.judged:
            lines += ["", f"{name}  {whole(part)}"]
            for check in part.judged:
                lines += _check(check)
    return [*lines, "", *(line for one in remarks(score) for line in textwrap.wrap(one, WIDE) or [""])]


def _check(check: Check) -> Iterator[str]:
    title, end = check.title[: WIDE - 30], f" {check.outcome} ... {shown(check.points)}"
    yield f"  {title} {'.' * (WIDE - len(title) - len(end) - 3)}{end}"
    if told := why(check):
        yield from textwrap.wrap(told, WIDE, initial_indent=_INDENT, subsequent_indent=_INDENT)
