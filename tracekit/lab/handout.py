"""What a student reads of an exercise: its text, for one form, with the places filled in."""

import re
from collections.abc import Mapping
from typing import Final

from tracekit.lab.exercise import BrokenExerciseError, Exercise

BOTH: Final = "both"
PARTS: Final = {"<!-- offline -->": "offline", "<!-- live -->": "live", "<!-- end -->": BOTH}
"""Lines of a text.md that begin a part for one form, and that end it."""

PLACE: Final = re.compile(r"\{\{(\w+)\}\}")
"""What is replaced in a text: ``{{student}}``."""


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
