"""What ``tracekit lab start`` does."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import click

from tracekit.cli import streams
from tracekit.cli.progress import Progress
from tracekit.errors import ExitCode, TracekitError, UsageError
from tracekit.lab.exercise import Exercise
from tracekit.lab.handouts.starting import Laid, Live, Server, start_all, wanted
from tracekit.lab.handouts.starting import start as lay_out
from tracekit.lab.seeds import Secret
from tracekit.lab.submissions import student_id
from tracekit.lab.submissions.rosters import roster


class Given(NamedTuple):
    """The options of the command line."""

    student: str | None
    students: Path | None
    course: str
    secret_file: Path | None
    output: Path
    live: bool
    server: str
    keys: Path | None


def start(exercises: tuple[str, ...], given: Given) -> int:
    """Lay out exercises, say what to do next, and return the exit code.

    Raises:
        TracekitError: the command line does not make sense, or a folder or a server cannot be had.
    """
    if (given.student is None) == (given.students is None):
        raise UsageError("whose exercises are they?", "give --student ID, or --students FILE")
    secret = Secret.find(given.secret_file)
    for warning in secret.warnings:
        streams.tell(f"warning: {warning}")
    if secret.practice:
        streams.tell("note: a variant to practise with: without a secret anybody can make its key")
    chosen = wanted(exercises, "live" if given.live else "offline")
    if given.students:
        return _for_all(chosen, roster(given.students), secret, given)
    student = student_id(given.student or "")
    folder = given.output / student
    with _served(chosen, student, secret, given) as live:
        laid = lay_out([one.name for one in chosen], student, given.course, secret, folder, live)
    _tell(laid)
    _next(laid, chosen, live)
    return ExitCode.ANSWERED


def _for_all(chosen: list[Exercise], students: list[str], secret: Secret, given: Given) -> int:
    """Lay out a folder for each student.

    Raises:
        UsageError: servers are wanted for them all.
    """
    if given.live:
        raise UsageError("--live starts servers for one student", "use --student where they are to run")
    new = 0
    with Progress() as progress:
        names = [one.name for one in chosen]
        laid = start_all(names, students, given.course, secret, given.output)
        for done, one in enumerate(laid, 1):
            new += bool(one.written)
            progress.counting("laying out", done, len(students), "folders")
    click.echo(f"{len(students)} folders in {given.output}, {new} of them new or completed")
    click.echo(f"next: give each student their folder; grade with: tracekit lab grade {given.output}")
    return ExitCode.ANSWERED


@contextmanager
def _served(chosen: list[Exercise], student: str, secret: Secret, given: Given) -> Iterator[Live | None]:
    """Start the servers of the live form; they end again if what follows fails."""
    if not given.live:
        yield None
        return
    from tracekit.lab.live.assignment import Assignment  # noqa: PLC0415 - the offline form needs no server
    from tracekit.lab.live.control import start_live, stop_live  # noqa: PLC0415

    started: list[Assignment] = []
    servers: dict[str, Server] = {}
    try:
        for one in chosen:
            assignment = Assignment(given.course, student, one, given.server)
            where = start_live(assignment, secret, given.keys)
            started.append(assignment)
            words = {name: str(getattr(where, name)) for name in ("url", "host", "port", "pid", "command")}
            servers[one.name] = Server(words, where.targets)
        yield Live(given.server, servers)
    except (TracekitError, KeyboardInterrupt):
        for assignment in started:
            stop_live(assignment, given.keys)
        raise


def _tell(laid: Laid) -> None:
    """Say what is new in a folder, and what was left alone."""
    click.echo(f"{laid.folder}: {len(laid.written)} new files")
    if laid.left:
        click.echo(f"left as they were: {', '.join(laid.left)}")


def _next(laid: Laid, chosen: list[Exercise], live: Live | None) -> None:
    """Say what to do next."""
    for name, server in live.of.items() if live else ():
        click.echo(f"{name}: a server of your own, {server.words['url']}, pid {server.words['pid']}")
    first = laid.folder / chosen[0].name
    click.echo(f"next: read {first / 'README.md'} and write {first / 'answers.toml'}")
    click.echo(f"then: tracekit lab check {laid.folder}")
