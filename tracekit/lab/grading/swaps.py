"""Variants that were swapped: a folder with another student's, and answers that belong to another's.

Whose a folder is, its name says, where that is a student of the batch or of the course's list; the names
nearest to what the teacher gave count first, since a student may name what is inside as he likes.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from tracekit.lab.grading.grade import Graded, worth
from tracekit.lab.score import Score
from tracekit.lab.submissions.finding import Found

Value = TypeVar("Value", bound=Hashable)

ENOUGH: Final = 3
"""Numbers of another variant that answers have to name, or one path: tasks of different variants can have
the same number by chance, and nobody guesses a path."""
MOST: Final = 0.6
"""The share that they have to be of all that answers name and only other variants have."""


@dataclass(frozen=True, order=True)
class Match:
    """Answers that are wrong for their own variant and name values of another's.

    Attributes:
        student: who gave the answers.
        other: the student whose variant they fit.
        exercise: in which exercise.
        values: how many values of that variant they name, and not of their own.
    """

    student: str
    other: str
    exercise: str
    values: int

    def __str__(self) -> str:
        values = "a value" if self.values == 1 else f"{self.values} values"
        return f"{self.exercise}: {self.student} names {values} of the variant of {self.other}"


def owner(found: Found, students: Collection[str]) -> str:
    """Return the student that a folder is named for, empty if it is named for none of them."""
    return next((name for name in found.names if name in students), "")


def of_another(graded: Graded, student: str) -> Graded:
    """Return the result of a submission that is somebody's: nothing if the variant is another student's."""
    score = graded.score
    if score.state != "graded" or score.student == student:
        return replace(graded, score=replace(score, student=student))
    problem = f"the variant is that of {score.student}, and this is the submission of {student}"
    points = worth([*score.by_exercise()])
    bad = Score.bad(problem, worth=points, student=student, course=score.course, form=score.form)
    return replace(graded, score=bad)


def absent(student: str, exercises: Sequence[str]) -> Graded:
    """Return the result of a student who gave in nothing."""
    return Graded(Path(), Score.bad("there is no submission", worth=worth(exercises), student=student))


def repeated(batch: Sequence[Graded]) -> list[Graded]:
    """Return a batch in which it is noted where several submissions are a student's.

    By their variants, or by the names of their folders: a broken one that is called like somebody whose
    submission is there may be anybody's.
    """
    times = Counter(one.score.student for one in batch)
    there = {one.score.student for one in batch if one.own}
    return [
        _noted(one, f"{times[student]} submissions are of {student}, by variant or by the folder's name")
        if (student := one.score.student) in there and times[student] > 1
        else one
        for one in batch
    ]


def unusual(batch: Sequence[Graded]) -> list[Graded]:
    """Return a batch in which it is noted whose variant.toml is not like that of most.

    Its tag is right, so it was given out: in another course with the same secret, or before there were more
    exercises. What it has may all be right and yet not be what was to be handed in.
    """
    whole = [one.score for one in batch if one.own]
    course = _most([score.course for score in whole])
    exercises = _most([tuple(score.by_exercise()) for score in whole]) or ()
    result = []
    for one in batch:
        notes = []
        if course is not None and one.score.course != course:
            notes.append(f"the variant is of the course {one.score.course}, and most are of {course}")
        if missing := [name for name in exercises if name not in one.score.by_exercise()]:
            notes.append(f"most have {', '.join(missing)}, too")
        result.append(_noted(one, *notes) if one.own else one)
    return result


def matches(batch: Sequence[Graded]) -> list[Match]:
    """Return the answers of a batch that fit another student's variant and not their own.

    What both variants have tells nothing, nor does an exercise that earned everything. By student.
    """
    holders = _holders(batch)
    found = []
    for one in batch:
        for exercise in _unearned(one):
            foreign = one.said.get(exercise, frozenset()) - one.own.get(exercise, frozenset())
            having = {value: holders[exercise][value] for value in foreign if value in holders[exercise]}
            enough = max(ENOUGH, MOST * sum(map(_weight, having)))
            others: Counter[str] = Counter()
            for value, students in having.items():
                others.update(dict.fromkeys(students, _weight(value)))
            found += [
                Match(one.score.student, other, exercise, _common(having, other))
                for other, weight in sorted(others.items())
                if weight >= enough and other != one.score.student
            ]
    return sorted(found)


def noted(batch: Sequence[Graded], found: Sequence[Match]) -> list[Graded]:
    """Return a batch with a note in the scores of both students for each match; no points change."""
    result = list(batch)
    for match in found:
        for index, one in enumerate(result):
            if one.score.student in (match.student, match.other):
                result[index] = _noted(one, str(match))
    return result


def _holders(batch: Sequence[Graded]) -> dict[str, dict[str, set[str]]]:
    """Return, by exercise and value, the students whose variants have that value."""
    holders: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in batch:
        for exercise, values in one.own.items():
            for value in values:
                holders[exercise][value].add(one.score.student)
    return holders


def _common(having: dict[str, set[str]], student: str) -> int:
    """Return how many of the values a student's variant has."""
    return sum(student in students for students in having.values())


def _weight(value: str) -> int:
    return 1 if value.isdecimal() else ENOUGH


def _unearned(graded: Graded) -> list[str]:
    """Return the exercises of a submission that did not earn everything."""
    return [name for name, score in graded.score.by_exercise().items() if score.points < score.of]


def _most(values: Sequence[Value]) -> Value | None:
    """Return what more than half of some values are."""
    value, times = Counter(values).most_common(1)[0] if values else (None, 0)
    return value if 2 * times > len(values) else None


def _noted(graded: Graded, *notes: str) -> Graded:
    score = graded.score
    return replace(graded, score=replace(score, notes=(*score.notes, *notes)))
