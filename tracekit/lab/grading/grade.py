"""Grading: from a submission's folder to its score, and from many folders to theirs.

Nothing that a student did is an error here: what cannot be graded is a bad submission, with no points and
a line that says why. What breaks in the grader is told apart from that, and every other submission is
graded all the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tracekit.errors import TracekitError
from tracekit.lab import exercise as exercises
from tracekit.lab.grading.parts import Part, for_grader, for_student
from tracekit.lab.grading.workers import Crew, Lost
from tracekit.lab.plugin import run_all
from tracekit.lab.score import Check, Score, exact
from tracekit.lab.seeds import Secret
from tracekit.lab.submissions import BadSubmissionError, Submission

PRACTICE: Final = "graded with the public practice secret: anybody can make this variant's key"
Progress = Callable[[int, int], None]
"""Takes how many submissions are graded, and how many there are."""


@dataclass(frozen=True)
class Order:
    """What to grade.

    Attributes:
        folder: of the submission.
        secret: of the course; None on a student's machine, where the public checks alone can be run.
        exercises: those that it has to have; those that variant.toml names if there are none.
        keys: where the truth of live servers was noted; the usual place if that is None.
    """

    folder: Path
    secret: Secret | None
    exercises: tuple[str, ...] = ()
    keys: Path | None = None


@dataclass(frozen=True)
class Graded:
    """A submission that was graded.

    Attributes:
        folder: of the submission.
        score: what it has earned.
        own: by exercise, the values that tell its variant from others.
        said: by exercise, the values that its answers name.
    """

    folder: Path
    score: Score
    own: dict[str, frozenset[str]] = field(default_factory=dict)
    said: dict[str, frozenset[str]] = field(default_factory=dict)


def grade(order: Order) -> Graded:
    """Grade one submission. It takes time-limited checks along: call it in a process's main thread."""
    wanted = order.exercises
    about = {"student": order.folder.absolute().name}
    try:
        submission = Submission.open(order.folder, order.secret)
        wanted = wanted or submission.exercises
        about = {"student": submission.student, "course": submission.course, "form": submission.form}
        return _judged(submission, order, wanted)
    except BadSubmissionError as error:
        score = Score.bad(told(error), worth=worth(wanted), **about)
    except Exception as error:  # noqa: BLE001 - a bug of ours is told as one, and stops no other grading
        score = Score.failed(told(error), worth=worth(wanted), **about)
    return Graded(order.folder, score)


def grade_all(orders: Sequence[Order], jobs: int, progress: Progress | None = None) -> list[Graded]:
    """Grade many submissions; the results do not depend on how many processes do it.

    Args:
        orders: what to grade.
        jobs: how many processes grade, at least 1.
        progress: told after each submission.

    Returns:
        One for each order, in their order.
    """
    done: dict[int, Graded] = {}
    for index, result in Crew(grade, jobs).results(orders):
        done[index] = _lost(orders[index], result) if isinstance(result, Lost) else result
        if progress:
            progress(len(done), len(orders))
    return [done[index] for index in range(len(orders))]


def told(error: Exception) -> str:
    """Return an error as one line: with its hint if it is one of ours, else with its type."""
    if isinstance(error, TracekitError):
        return f"{error.message} ({error.hint})" if error.hint else error.message
    return f"{type(error).__name__}: {error}"


def worth(names: Sequence[str]) -> dict[str, float]:
    """Return the points of exercises, of all if none is named; unknown ones have none."""
    known = {one.name: one.points for one in exercises.everything()}
    return {name: known.get(name, 0) for name in names} if names else known


def _lost(order: Order, lost: Lost) -> Graded:
    student = order.folder.absolute().name
    score = Score.failed(f"grading broke off: {lost.reason}", worth=worth(order.exercises), student=student)
    return Graded(order.folder, score)


def _judged(submission: Submission, order: Order, wanted: Sequence[str]) -> Graded:
    """Run the checks of every exercise that is wanted; what breaks in one of them leaves out that one."""
    parts: dict[str, Part] = {}
    checks: dict[str, list[Check]] = {}
    for name in wanted:
        try:
            if name in submission.exercises:
                parts[name] = _part(submission, name, order)
            else:
                checks[name] = [_whole(name, "failed", f"variant.toml does not have the exercise {name}")]
        except BadSubmissionError as error:
            checks[name] = [_whole(name, "failed", told(error))]
        except Exception as error:  # noqa: BLE001 - the other exercises are judged all the same
            checks[name] = [_whole(name, "not judged", told(error))]
    contexts = [(part.exercise, part.context) for part in parts.values()]
    judged = run_all(contexts, public_only=order.secret is None)
    checks |= dict(zip(parts, judged, strict=True))
    score = Score(
        student=submission.student,
        course=submission.course,
        form=submission.form,
        checks=tuple(check for name in wanted for check in checks[name]),
        problems=tuple(f"{name}/{one}" for name, part in parts.items() for one in part.answers.problems),
        notes=(PRACTICE,) if order.secret and order.secret.practice else (),
    )
    return Graded(
        order.folder,
        score,
        own={name: part.own for name, part in parts.items()},
        said={name: part.said for name, part in parts.items()},
    )


def _whole(name: str, outcome: str, reason: str) -> Check:
    """Return a check that stands for an exercise of which nothing could be looked at."""
    of = worth([name])[name]
    return Check(name, name, "the whole exercise", exact(of), exact(0), outcome, reason)


def _part(submission: Submission, name: str, order: Order) -> Part:
    exercise = exercises.get(name)
    if order.secret is None:
        return for_student(submission, exercise)
    return for_grader(submission, exercise, order.secret, order.keys)
