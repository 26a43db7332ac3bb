"""What a student reads of an exercise: its text, for one form, with the places filled in."""

import re
from collections.abc import Mapping
from typing import Final

from tracekit.lab.exercise import FOLDER, BrokenExerciseError, Exercise

BOTH: Final = "both"
PARTS: Final = {"<!-- offline -->": "offline", "<!-- live -->": "live", "<!-- end -->": BOTH}
"""Lines of a text.md that begin a part for one form, and that end it."""

WORDS: Final = frozenset(
    (
        "student",
        "course",
        "form",
        "server",
        "exercise",
        "points",
        "questions",
        "url",
        "host",
        "port",
        "pid",
        "command",
    )
)
"""What a text may have in braces."""

PLACE: Final = re.compile(r"\{\{(\w+)\}\}")
"""What is replaced in a text: ``{{student}}``."""


def text(exercise: Exercise, form: str, words: Mapping[str, str]) -> str:
    """Return the text of an exercise for one form.

    Args:
        exercise: the exercise.
        form: ``offline`` or ``live``.
        words: what stands for a placeholder, by its name: ``{{student}}`` becomes ``words["student"]``;
            without a word it stays.

    Raises:
        BrokenExerciseError: the text has a placeholder that is none.
    """
    kept, part = [], BOTH
    for line in _whole(exercise).splitlines():
        if line in PARTS:
            part = PARTS[line]
        elif part in (BOTH, form):
            kept.append(line)
    whole = "\n".join(kept) + "\n"
    if unknown := sorted(set(PLACE.findall(whole)) - WORDS):
        raise BrokenExerciseError(f"{exercise.folder / 'text.md'}: nothing stands for {', '.join(unknown)}")
    return PLACE.sub(lambda place: words.get(place[1], place[0]), whole)


def _whole(exercise: Exercise) -> str:
    """Return the text with what all exercises have in common: ``{{handling}}`` is in a file beside them."""
    common = FOLDER / "handling.md"
    return exercise.text.replace("{{handling}}", common.read_text(encoding="utf-8").strip())
