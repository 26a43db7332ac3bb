"""Giving exercises out: a student's folder with the texts, the traces, and the answers to fill in.

What is there already is left alone, so that nothing that a student wrote is ever lost.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final

from tracekit import invoker
from tracekit.errors import UsageError
from tracekit.lab import exercise as catalogue
from tracekit.lab.answers import blank_answers
from tracekit.lab.exercise import Exercise
from tracekit.lab.handouts import texts
from tracekit.lab.seeds import Secret
from tracekit.lab.submissions import FILE, PS, TRACE, BadSubmissionError, Submission, course_name, student_id
from tracekit.lab.submissions.files import FOLDER
from tracekit.lab.variants import variant

ALL: Final = "all"
README: Final = "README.md"
ANSWERS: Final = "answers.toml"
NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
SERVED: Final = ("url", "host", "port", "pid", "command")
"""What a text of the live form says of the server."""


@dataclass(frozen=True)
class Server:
    """A student's own server, as the text of the live form tells of it.

    Attributes:
        words: what stands for url, host, port, pid and command.
        questions: what is asked about.
    """

    words: Mapping[str, str]
    questions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Live:
    """The live form: which server, and the one that runs for each exercise.

    Attributes:
        server: ``apache2`` or ``tracekit``.
        of: the running servers, by exercise.
    """

    server: str
    of: Mapping[str, Server]


@dataclass
class Laid:
    """What became of a student's folder.

    Attributes:
        folder: where it is.
        written: files that are new, relative to it.
        left: files that were there already, and were left as they are.
    """

    folder: Path
    written: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def wanted(names: Iterable[str], form: str) -> list[Exercise]:
    """Return exercises by name, ``all`` being every one of that form, each once.

    Raises:
        UsageError: one is unknown, or has no such form.
    """
    every = [one for one in catalogue.everything() if form in one.forms]
    found = chain.from_iterable(every if name == ALL else [catalogue.get(name)] for name in names)
    exercises = list(dict.fromkeys(found))
    for one in exercises:
        if form not in one.forms:
            raise UsageError(f"the exercise {one.name} has no {form} form", f"it has {', '.join(one.forms)}")
    return exercises


def start(  # noqa: PLR0917 - whose, and where
    exercises: Sequence[str],
    student: str,
    course: str,
    secret: Secret,
    folder: Path,
    live: Live | None = None,
) -> Laid:
    """Lay out exercises in a student's folder; those that are there already are completed.

    Args:
        exercises: their names, or ``all``.
        student: whose they are.
        course: its name.
        secret: of the course.
        folder: of this student alone; it is made.
        live: the servers of the live form; None for the offline form.

    Raises:
        UsageError: there is no such exercise, or the folder is somebody else's or cannot be written to.
    """
    form = "live" if live else "offline"
    chosen = wanted(exercises, form)
    server = live.server if live else ""
    new = Submission(folder, student_id(student), course_name(course), form, (), server)
    old = _old(folder, new, secret)
    laid = Laid(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _make(folder)
        for one in chosen:
            _lay(laid, one.name, _files(one, new, secret, live), over=README if live else "")
        text = (old or new).having([one.name for one in chosen]).text(secret)
        with _opened(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) as place:
            _put(place, FILE, text.splitlines(), over=True)
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be laid out: {error.strerror}", "name another folder with -o"
        ) from error
    laid.written += [] if old else [FILE]
    return laid


def start_all(
    exercises: Sequence[str], students: Iterable[str], course: str, secret: Secret, parent: Path
) -> Iterator[Laid]:
    """Lay out exercises in the offline form for many students, each in a folder named for the student.

    Yields:
        What became of each folder, once it is done.

    Raises:
        UsageError: as `start` does.
    """
    for student in students:
        yield start(exercises, student, course, secret, parent / student_id(student))


def _lay(laid: Laid, exercise: str, files: Iterable[tuple[str, Iterable[str]]], over: str) -> None:
    """Write the files of an exercise that are not there yet, and note it.

    Args:
        laid: the student's folder so far.
        exercise: its name, and that of its folder.
        files: names and lines.
        over: the file that is written even if it is there: it tells of the server that runs now.
    """
    with _inside(laid.folder, exercise) as place:
        for name, lines in files:
            new = _put(place, name, lines, over=name == over)
            (laid.written if new else laid.left).append(f"{exercise}/{name}")


def _old(folder: Path, new: Submission, secret: Secret) -> Submission | None:
    """Return what the folder is so far.

    Raises:
        UsageError: it is not the student's, or not of that course or form.
    """
    if not os.path.lexists(folder / FILE):
        return None
    try:
        old = Submission.open(folder, secret)
    except BadSubmissionError as error:
        raise UsageError(f"{folder} is in use: {error.message}", "name another folder with -o") from None
    for what in ("student", "course", "form", "server"):
        if (there := getattr(old, what)) != (given := getattr(new, what)):
            raise UsageError(
                f"{folder} is there for the {what} {there}, not {given}", "name another folder with -o"
            )
    return old


def _files(
    exercise: Exercise, new: Submission, secret: Secret, live: Live | None
) -> Iterator[tuple[str, Iterable[str]]]:
    """Yield the name and the lines of each file of an exercise."""
    words = {
        "student": new.student,
        "course": new.course,
        "form": new.form,
        "server": new.server,
        "exercise": exercise.name,
        "points": f"{exercise.points:g}",
        **dict.fromkeys(SERVED, ""),
    }
    if live:
        own = live.of[exercise.name]
        questions, words = own.questions, {**words, **own.words}
    else:
        made = variant(exercise, secret, new.course, new.student)
        questions = made.questions
        if made.trace is not None:
            yield TRACE, made.trace.lines()
        if made.ps:
            yield PS, made.ps.splitlines()
    words["questions"] = "\n".join(f"- `{one}`" for one in questions)
    yield README, texts.text(exercise, new.form, words).splitlines()
    yield ANSWERS, blank_answers(exercise, questions).splitlines()


@contextmanager
def _inside(folder: Path, name: str) -> Iterator[int]:
    """Make a folder in a folder unless it is there; yield its descriptor. A link is none."""
    _make(folder / name)
    with _opened(folder / name, FOLDER) as descriptor:
        yield descriptor


def _make(folder: Path) -> None:
    """Make a folder for nobody else than the student, unless it is there."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        with _opened(folder, FOLDER) as descriptor:
            invoker.give(descriptor)


@contextmanager
def _opened(folder: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(folder, flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _put(place: int, name: str, lines: Iterable[str], *, over: bool = False) -> bool:
    """Write a file that is whole from the moment it is there.

    Args:
        place: the descriptor of its folder.
        name: its name.
        lines: what stands in it.
        over: whether it takes the place of one that is there.

    Returns:
        Whether it was written.
    """
    if not over:
        with suppress(FileNotFoundError):
            os.stat(name, dir_fd=place, follow_symlinks=False)
            return False
    part = f".{name}.part"
    _write(place, part, lines)
    if over:
        os.rename(part, name, src_dir_fd=place, dst_dir_fd=place)
        return True
    try:
        os.link(part, name, src_dir_fd=place, dst_dir_fd=place)  # unlike rename(2), never over another file
    finally:
        os.unlink(part, dir_fd=place)
    return True


def _write(place: int, name: str, lines: Iterable[str]) -> None:
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=place)  # left behind by a start that was ended
    descriptor = os.open(name, NEW, 0o600, dir_fd=place)
    invoker.give(descriptor)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(f"{line}\n" for line in lines)
