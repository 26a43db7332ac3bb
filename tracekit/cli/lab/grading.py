"""What ``tracekit lab grade`` does: find, grade, write, and tell by the exit code how it went."""

import contextlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

import click

from tracekit.cli import streams
from tracekit.cli.lab.tables import table
from tracekit.cli.progress import Progress
from tracekit.errors import ExitCode, TracekitError, UsageError
from tracekit.lab import exercise
from tracekit.lab.forms import FORMS, write_atomically
from tracekit.lab.forms.writing import SPECIAL
from tracekit.lab.grading import batch, regrading
from tracekit.lab.grading.batch import Batch, Wanted
from tracekit.lab.grading.grade import told, worth
from tracekit.lab.score import Score, shown
from tracekit.lab.seeds import Secret
from tracekit.lab.submissions import finding
from tracekit.lab.submissions.finding import Found
from tracekit.lab.submissions.rosters import roster
from tracekit.report.escape import visible

OF_ALL = {"json": batch.as_json, "csv": batch.as_csv}
"""The forms that many submissions have in one file."""
_NAMED = 3
"""Students that are named where the same is said of many."""


class Given(NamedTuple):
    """The options of the command line."""

    secret_file: Path | None
    keys: Path | None
    student: str | None
    students: Path | None
    exercises: tuple[str, ...]
    forms: tuple[str, ...]
    output: Path | None
    jobs: int | None
    expect: str | None
    before: Path | None


def grade(folders: tuple[Path, ...], given: Given) -> int:
    """Grade what is in folders, write it as it is asked for, and return the exit code.

    Raises:
        TracekitError: the command line does not make sense, or a file of the teacher's cannot be read.
    """
    try:
        expected = _points(given.expect)
        earlier = regrading.read(given.before) if given.before else None
        found = finding.find(folders)
        wanted = _wanted(given, len(found))
        several = len(found) > 1 or bool(wanted.roster)
        forms = _forms(given, several=several)
        if given.output:
            _try(given.output, folder=_is_folder(given.output, forms, several=several))
        result = _graded(found, wanted)
    except Exception as error:
        with contextlib.suppress(OSError, TracekitError):  # the first error is the one to tell
            _write_failure(given, error)
        raise
    _write(result, forms, given.output, several=several)
    if earlier is not None:
        click.echo(regrading.report(earlier, result.scores), nl=False, err=given.output is None)
    return _status(result.scores, expected)


def _graded(found: Sequence[Found], wanted: Wanted) -> Batch:
    """Grade submissions, and show how far that is."""
    for warning in wanted.secret.warnings:
        streams.tell(f"warning: {warning}")
    with Progress() as shown:
        return batch.graded(
            found, wanted, lambda done, of: shown.counting("grading", done, of, "submissions")
        )


def _wanted(given: Given, submissions: int) -> Wanted:
    """Return how to grade.

    Raises:
        UsageError: an exercise is unknown, or --student is given for several submissions.
    """
    for name in given.exercises:
        exercise.get(name)
    if given.student and submissions > 1:
        raise UsageError(f"--student is for one submission, and there are {submissions}", "use --students")
    return Wanted(
        secret=Secret.find(given.secret_file),
        exercises=tuple(dict.fromkeys(given.exercises)),
        student=given.student or "",
        roster=tuple(roster(given.students)) if given.students else (),
        keys=given.keys,
        jobs=given.jobs or len(os.sched_getaffinity(0)),
    )


def _forms(given: Given, *, several: bool) -> tuple[str, ...]:
    """Return the forms that are wanted.

    Raises:
        UsageError: there is no place for them.
    """
    forms = given.forms or ("text",)
    if given.output is None and len(forms) > 1:
        raise UsageError("several forms need a folder", "add -o FOLDER")
    if given.output is None and several and forms[0] not in ("text", *OF_ALL):
        raise UsageError(f"of several submissions, {forms[0]} is a file for each", "add -o FOLDER")
    return forms


def _points(expect: str | None) -> Decimal | None:
    if expect is None:
        return None
    try:
        points = Decimal(expect)
    except InvalidOperation:
        points = Decimal("nan")
    if not points.is_finite():
        raise UsageError(f"--expect takes a number of points, not {expect!r}")
    return points


def _status(scores: Sequence[Score], expected: Decimal | None) -> int:
    """Return the exit code: that of the worst score."""
    if any(score.state == "grader error" or _unjudged(score) for score in scores):
        return ExitCode.BUG
    if any(score.state == "bad submission" for score in scores):
        return ExitCode.UNREADABLE
    if expected is not None and any(score.points != expected for score in scores):
        return ExitCode.CHECK_FAILED
    return ExitCode.ANSWERED


def _unjudged(score: Score) -> bool:
    return any(check.outcome == "not judged" for check in score.checks)


def _write(result: Batch, forms: Sequence[str], output: Path | None, *, several: bool) -> None:
    """Print a grading, or write its files."""
    if output is None:
        click.echo(_text_of(result, forms[0], several=several), nl=False)
        return
    if not _is_folder(output, forms, several=several):
        write_atomically(output, _text_of(result, forms[0], several=several))
    else:
        for form in forms:
            for name, score in _named(result.scores):
                write_atomically(output / f"{name}{FORMS[form].suffix}", FORMS[form].write(score))
    if several:
        click.echo(_table(result), nl=False)


def _text_of(result: Batch, form: str, *, several: bool) -> str:
    """Return a grading in one piece."""
    if not several:
        return FORMS[form].write(result.scores[0])
    return OF_ALL[form](result) if form in OF_ALL else _table(result)


def _is_folder(output: Path, forms: Sequence[str], *, several: bool) -> bool:
    """Tell whether a file for each submission and form is wanted, in a folder."""
    in_one = len(forms) == 1 and (not several or forms[0] in OF_ALL)
    return output.is_dir() or not in_one


def _try(output: Path, *, folder: bool) -> None:
    """Find out whether there can be files in a place, before the work is done.

    Raises:
        UsageError: there cannot.
    """
    if str(output).startswith(SPECIAL):
        return
    if folder:
        _make(output)
    try:
        tempfile.TemporaryFile(dir=output if folder else output.parent).close()
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}", "name another place") from None


def _make(folder: Path) -> None:
    """Make a folder that is the teacher's alone, unless it is there.

    Raises:
        UsageError: it cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}", "name another folder") from None


def _named(scores: Sequence[Score]) -> Iterator[tuple[str, Score]]:
    """Yield each score and a file name for it: its student's, with a number where that is not enough.

    What was graded has the name before a folder that is only called like the student, and no number makes
    a name that is another's: nobody's file can be taken by somebody else's folders.
    """
    firsts = {_plain(score.student) for score in scores}
    taken: set[str] = set()
    for score in sorted(scores, key=lambda one: one.state != "graded"):
        first = name = _plain(score.student)
        number = 1
        while name in taken or (number > 1 and name in firsts):
            number += 1
            name = f"{first}-{number}"
        taken.add(name)
        yield name, score


def _plain(student: str) -> str:
    """Return a student's id, or whatever a folder is called instead, as the name of a file."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._@-") else "_" for c in student)
    return plain.lstrip(".-") or "submission"


def _write_failure(given: Given, error: Exception) -> None:
    """Write the forms that are waited for, although nothing can be graded."""
    if given.output is None:
        return
    score = Score.failed(told(error), worth=worth(given.exercises), student=given.student or "")
    forms = given.forms or ("text",)
    if _is_folder(given.output, forms, several=False):
        _make(given.output)
        for form in forms:
            write_atomically(given.output / f"score{FORMS[form].suffix}", FORMS[form].write(score))
    else:
        write_atomically(given.output, FORMS[forms[0]].write(score))


def _table(result: Batch) -> str:
    """Return a row for each submission, and below what was noticed."""
    names = batch.exercises(result)
    rows = []
    for score in result.scores:
        state = "" if score.state == "graded" else score.state
        rows.append([score.student, shown(score.points), shown(score.of), *batch.earned(score, names), state])
    below = [visible(f"{_list(who)}: {said}") for said, who in _said(result).items()]
    return table(["student", "points", "of", *names, ""], rows) + "".join(f"{line}\n" for line in below)


def _said(result: Batch) -> dict[str, list[str]]:
    """Return what was noticed, each with the students of whom it was."""
    found: dict[str, list[str]] = {}
    for score in result.scores:
        for said in (*(score.problems if score.state != "graded" else ()), *score.notes):
            found.setdefault(said, []).append(score.student)
    return found


def _list(students: Sequence[str]) -> str:
    shown_ones = ", ".join(students[:_NAMED])
    return f"{shown_ones} and {len(students) - _NAMED} more" if len(students) > _NAMED else shown_ones
