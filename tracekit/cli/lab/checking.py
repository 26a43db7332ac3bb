"""What ``tracekit lab check`` does."""

from pathlib import Path

import click

from tracekit.cli.lab.places import submission_of
from tracekit.errors import ExitCode, UnreadableError
from tracekit.lab.forms import FORMS
from tracekit.lab.grading.grade import Order, grade
from tracekit.lab.score import Score
from tracekit.lab.submissions import FILE


def check(folder: Path) -> int:
    """Run the public checks on a folder, or on that of one exercise, and return the exit code.

    Raises:
        UnreadableError: it is neither.
    """
    submission, exercises = submission_of(folder)
    if not (submission / FILE).exists():
        raise UnreadableError(f"there is no {FILE} in {folder}", "name the folder that lab start laid out")
    score = grade(Order(submission, None, exercises)).score
    click.echo(FORMS["text"].write(score), nl=False)
    return _status(score)


def _status(score: Score) -> int:
    outcomes = {one.outcome for one in score.judged}
    if score.state == "grader error" or "not judged" in outcomes:
        return ExitCode.BUG
    if score.state == "bad submission":
        return ExitCode.UNREADABLE
    return ExitCode.ANSWERED if outcomes <= {"passed"} and not score.problems else ExitCode.CHECK_FAILED
