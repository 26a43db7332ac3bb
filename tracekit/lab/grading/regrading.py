"""Grading again, beside what was graded before: which checks changed for whom, and the sums."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from tracekit.errors import UnreadableError
from tracekit.lab.forms import FORMS
from tracekit.lab.score import Check, Score, shown

GRADED: Final = "graded"
NOTHING: Final = "-"
"""Stands for a check, or a score, that is not there."""


@dataclass(frozen=True)
class Change:
    """One check that came out otherwise.

    Attributes:
        check: EXERCISE.CHECK.
        before: what it was; None if there was no such check.
        after: what it is; None if there is none any more.
    """

    check: str
    before: Check | None
    after: Check | None

    def __str__(self) -> str:
        said = " -> ".join(f"{_points(one)} {one.outcome}" if one else NOTHING for one in self._both)
        reason = self.after.reason if self.after else ""
        return f"{self.check}: {said}{f': {reason}' if reason else ''}"

    @property
    def _both(self) -> tuple[Check | None, Check | None]:
        return self.before, self.after


@dataclass(frozen=True)
class Difference:
    """What is other for one student.

    Attributes:
        student: who.
        before: the earlier score; None if there was none.
        after: the score now; None if there is none.
        changes: the checks that came out otherwise.
    """

    student: str
    before: Score | None
    after: Score | None
    changes: tuple[Change, ...]

    def lines(self) -> list[str]:
        """Return a line for the student, and one a change below it; or why there are no points any more."""
        below: Iterable[object] = self.changes
        if self.after and self.after.state != GRADED:
            below = self.after.problems
        return [f"{self.student}: {_sum(self.before)} -> {_sum(self.after)}", *(f"  {one}" for one in below)]


def differences(before: Sequence[Score], after: Sequence[Score]) -> list[Difference]:
    """Return what is other, by student; who is the same in both is left out."""
    earlier, later = _by_student(before), _by_student(after)
    found = []
    for student in dict.fromkeys((*later, *earlier)):
        one, other = earlier.get(student), later.get(student)
        changes = _changes(one, other)
        if changes or (one is None) != (other is None) or _sum(one) != _sum(other):
            found.append(Difference(student, one, other, changes))
    return found


def report(before: Sequence[Score], after: Sequence[Score]) -> str:
    """Return the differences as text, with the sums of all."""
    found = differences(before, after)
    same = len(_by_student(after)) - sum(one.after is not None for one in found)
    sums = " -> ".join(_sums(scores) for scores in (before, after))
    lines = [line for one in found for line in one.lines()]
    return "\n".join([*lines, f"{len(found)} changed, {same} as before; points of all: {sums}"]) + "\n"


def read(path: Path) -> list[Score]:
    """Return earlier scores: from a file with one or many as JSON, or from a folder of such files.

    Raises:
        UnreadableError: there are none.
    """
    files = sorted(one for one in path.glob("*.json") if not _is_other(one)) if path.is_dir() else [path]
    scores = [score for file in files for score in _scores(file)]
    if not scores:
        raise UnreadableError(f"no earlier scores in {path}", "give JSON of tracekit lab grade")
    return scores


def _is_other(file: Path) -> bool:
    """Tell whether a file is JSON in another form: several are written into one folder."""
    return any(file.name.endswith(form.suffix) for form in FORMS.values() if form.name != "json")


def _scores(file: Path) -> list[Score]:
    try:
        text = file.read_text(encoding="utf-8")
        data = json.loads(text)
        several = isinstance(data, dict) and isinstance(data.get("scores"), list)
        return [Score.from_json(one) for one in (map(json.dumps, data["scores"]) if several else [text])]
    except (OSError, ValueError, RecursionError, UnreadableError) as error:
        raise UnreadableError(f"cannot read {file}: {error}", "give JSON of tracekit lab grade") from None


def _by_student(scores: Sequence[Score]) -> dict[str, Score]:
    """Return scores by student; of several submissions of one, the last is that of #2 and so on."""
    found: dict[str, Score] = {}
    for score in scores:
        number, name = 1, score.student
        while name in found:
            number += 1
            name = f"{score.student} #{number}"
        found[name] = score
    return found


def _changes(before: Score | None, after: Score | None) -> tuple[Change, ...]:
    earlier, later = _by_name(before), _by_name(after)
    return tuple(
        Change(name, earlier.get(name), later.get(name))
        for name in dict.fromkeys((*later, *earlier))
        if _result(earlier.get(name)) != _result(later.get(name))
    )


def _by_name(score: Score | None) -> Mapping[str, Check]:
    return {f"{check.exercise}.{check.name}": check for check in score.checks} if score else {}


def _result(check: Check | None) -> tuple[object, ...]:
    return (check.outcome, check.points, check.of) if check else ()


def _points(check: Check) -> str:
    return f"{shown(check.points)}/{shown(check.of)}"


def _sum(score: Score | None) -> str:
    if score is None:
        return NOTHING
    state = "" if score.state == GRADED else f" ({score.state})"
    return f"{shown(score.points)}/{shown(score.of)}{state}"


def _sums(scores: Sequence[Score]) -> str:
    return shown(sum((score.points for score in scores), Decimal()))
