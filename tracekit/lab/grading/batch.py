"""Many submissions: graded, looked at side by side for what was swapped, and shown as one table."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from tracekit.lab.grading import swaps
from tracekit.lab.grading.grade import Graded, Order, Progress, grade_all, worth
from tracekit.lab.score import Score, shown
from tracekit.lab.seeds import Secret
from tracekit.lab.submissions.finding import Found
from tracekit.report.tables import csv_lines

SCHEMA: Final = 1
SEPARATOR: Final = "; "


@dataclass(frozen=True)
class Batch:
    """Submissions that were graded together.

    Attributes:
        graded: in the order in which they were found; last those students who gave in nothing.
        matches: answers that fit another student's variant.
    """

    graded: tuple[Graded, ...]
    matches: tuple[swaps.Match, ...]

    @property
    def scores(self) -> tuple[Score, ...]:
        """The scores alone."""
        return tuple(one.score for one in self.graded)


@dataclass(frozen=True)
class Wanted:
    """How to grade.

    Attributes:
        secret: of the course.
        exercises: that each has to have; none: those that its variant.toml names.
        student: whose a single submission has to be; empty: whose it says.
        roster: the course's students; empty if that is not known.
        keys: where the truth of live servers was noted; the usual place if that is None.
        jobs: how many processes grade.
    """

    secret: Secret
    exercises: tuple[str, ...] = ()
    student: str = ""
    roster: tuple[str, ...] = ()
    keys: Path | None = None
    jobs: int = 1


def graded(found: Sequence[Found], wanted: Wanted, progress: Progress | None = None) -> Batch:
    """Grade submissions and see to whose they are."""
    orders = [Order(one.folder, wanted.secret, wanted.exercises, wanted.keys) for one in found]
    results = _of_course(grade_all(orders, wanted.jobs, progress), wanted.exercises)
    students = {one.score.student for one in results if one.own} | set(wanted.roster)
    owners = [wanted.student or swaps.owner(one, students) for one in found]
    owned = [
        swaps.of_another(one, owner) if owner else one for one, owner in zip(results, owners, strict=True)
    ]
    matches = swaps.matches(owned)
    noted = swaps.noted(swaps.unusual(swaps.repeated(owned)), matches)
    there = {one.score.student for one in noted}
    course = _exercises(owned)
    absent = [swaps.absent(student, course) for student in wanted.roster if student not in there]
    return Batch((*noted, *absent), tuple(matches))


def as_json(batch: Batch) -> str:
    """Return all scores as JSON: an object with ``scores``, each as a single one's form has it."""
    scores: list[Any] = [json.loads(score.to_json()) for score in batch.scores]
    value = {"schema": SCHEMA, "scores": scores, "matches": [str(match) for match in batch.matches]}
    return json.dumps(value, indent=1) + "\n"


def as_csv(batch: Batch) -> str:
    """Return a row for each submission: who, what was earned in all and where, and what was noticed."""
    names = exercises(batch)
    head = ("student", "state", "points", "of", "percent", *names, "problems", "notes", "folder")
    return csv_lines([head, *(_row(one, names) for one in batch.graded)])


def exercises(batch: Batch) -> list[str]:
    """Return the names of all exercises that somebody has, in order."""
    return _exercises(batch.graded)


def earned(score: Score, names: Sequence[str]) -> list[str]:
    """Return the points of each exercise, empty where a submission does not have it."""
    parts = score.by_exercise()
    return [shown(parts[name].points) if name in parts else "" for name in names]


def _exercises(results: Sequence[Graded]) -> list[str]:
    names = dict.fromkeys(check.exercise for one in results for check in one.score.checks)
    return [name for name in worth(()) if name in names]


def _of_course(results: Sequence[Graded], wanted: Sequence[str]) -> list[Graded]:
    """Return results in which those without exercises have the ones that the others have, and no points."""
    names = [*wanted] or _exercises([one for one in results if one.own])
    return [one if one.own or not names else replace(one, score=_void(one.score, names)) for one in results]


def _void(score: Score, names: Sequence[str]) -> Score:
    make = Score.bad if score.state == "bad submission" else Score.failed
    about = {"student": score.student, "course": score.course, "form": score.form}
    return make(*score.problems, worth=worth(names), **about)


def _row(one: Graded, names: Sequence[str]) -> list[object]:
    score = one.score
    sums = (shown(score.points), shown(score.of), score.percent)
    said = (SEPARATOR.join(score.problems), SEPARATOR.join(score.notes))
    return [score.student, score.state, *sums, *earned(score, names), *said, one.folder]
