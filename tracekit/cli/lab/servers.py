"""What ``tracekit lab crash`` and ``stop`` do."""

from collections.abc import Iterator
from pathlib import Path

import click

from tracekit.cli.lab.places import submission_of
from tracekit.errors import ExitCode, UsageError
from tracekit.lab import exercise
from tracekit.lab.live.assignment import Assignment
from tracekit.lab.live.control import crash_live, stop_live, where
from tracekit.lab.submissions import Submission

CRASH = "crash"
"""The kind of the exercises in which a server crashes on purpose."""


def crash(folder: Path, keys: Path | None, *, force: bool) -> int:
    """Have a thread of a server crash, and return the exit code.

    Raises:
        UsageError: there is no such server, or nobody traces it.
    """
    found = [one for one in _assignments(folder) if one.exercise.kind == CRASH]
    if not found:
        raise UsageError(f"{folder} has no live exercise with a crash", "tracekit lab start crash --live")
    for one in found:
        crash_live(one, keys, force=force)
    click.echo("A thread has crashed, and the server has made up for it. End your trace now.")
    return ExitCode.ANSWERED


def stop(folder: Path, keys: Path | None) -> int:
    """End the servers of a folder's exercises, and return the exit code.

    Raises:
        UsageError: none of them runs.
    """
    running = [one for one in _assignments(folder) if where(one, keys)]
    if not running:
        raise UsageError(f"no server of {folder} runs", "tracekit lab start EXERCISE --live")
    for one in running:
        stop_live(one, keys)
        click.echo(f"the server of {one.exercise.name} has ended")
    return ExitCode.ANSWERED


def _assignments(folder: Path) -> Iterator[Assignment]:
    """Yield the live exercises of a folder, or the one whose folder it is."""
    place, names = submission_of(folder)
    submission = Submission.open(place, None)
    if submission.form == "live":
        for name in names or submission.exercises:
            yield Assignment(submission.course, submission.student, exercise.get(name), submission.server)
