"""The parts of a submission, one for each exercise: what is judged, and what it is held against."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tracekit.lab.answers import Answers, read_answers
from tracekit.lab.evidence import Evidence
from tracekit.lab.exercise import Exercise
from tracekit.lab.grading.fingerprints import own, said
from tracekit.lab.plugin import Context
from tracekit.lab.seeds import Secret
from tracekit.lab.submissions import PS, TRACE, BadSubmissionError, Submission
from tracekit.lab.submissions.files import read
from tracekit.lab.traces import StudentTrace
from tracekit.lab.variants import Variant, variant

LONGEST: Final = 1 << 20
"""Bytes of what ps showed."""
HINTS: Final = {"offline": "start the exercise again", "live": "write your trace of the server to it"}
"""What to do where it is missing, by form."""


@dataclass(frozen=True)
class Part:
    """One exercise of a submission.

    Attributes:
        exercise: what it is.
        answers: as read.
        context: all that its checks see.
        own: the values that tell its variant from others; empty where its key is not known.
    """

    exercise: Exercise
    answers: Answers
    context: Context
    own: frozenset[str] = frozenset()

    @property
    def said(self) -> frozenset[str]:
        """The values that its answers name."""
        return said(self.answers, self.exercise)


def for_grader(submission: Submission, exercise: Exercise, secret: Secret, keys: Path | None) -> Part:
    """Make an exercise's variant again, and read the answers to it: the student's own trace is not looked at.

    Args:
        submission: whose variant.toml is to be believed.
        exercise: which one.
        secret: of the course.
        keys: where the truth of live servers was noted; the usual place if that is None.
    """
    if submission.form == "live":
        made = _live(submission, exercise, secret, keys)
    else:
        made = variant(exercise, secret, submission.course, submission.student)
    answers = read_answers(submission.folder_of(exercise.name), exercise, made.questions)
    context = Context(
        answers=answers,
        trace=made.trace,
        evidence=Evidence(made.trace) if made.trace is not None else None,
        question=made.questions,
        key=made.key,
        ps=tuple(made.ps.splitlines()),
        form=submission.form,
    )
    return Part(exercise, answers, context, own(made.key))


def for_student(submission: Submission, exercise: Exercise) -> Part:
    """Take an exercise as it lies in the student's folder: the trace there, what its answers are about.

    Raises:
        BadSubmissionError: the trace is not there, or cannot be read.
    """
    folder = submission.folder_of(exercise.name)
    if not (folder / TRACE).exists():
        raise BadSubmissionError(f"there is no {exercise.name}/{TRACE}", HINTS[submission.form])
    trace = StudentTrace(folder / TRACE)
    answers = read_answers(folder, exercise, None)
    ps = read(folder / PS, LONGEST) if (folder / PS).exists() else b""
    context = Context(
        answers=answers,
        trace=trace,
        evidence=Evidence(trace),
        ps=tuple(ps.decode("utf-8", "replace").splitlines()),
        form=submission.form,
    )
    return Part(exercise, answers, context)


def _live(submission: Submission, exercise: Exercise, secret: Secret, keys: Path | None) -> Variant:
    """Return what was noted of a student's live server, beside the trace that the student made of it."""
    from tracekit.lab.live.assignment import Assignment  # noqa: PLC0415 - few submissions are live
    from tracekit.lab.live.keys import live_variant  # noqa: PLC0415

    path = submission.folder_of(exercise.name) / TRACE
    assignment = Assignment(submission.course, submission.student, exercise, submission.server)
    return live_variant(assignment, secret, StudentTrace(path) if path.exists() else None, keys)
