"""Submissions: the folder of one student, and its ``variant.toml``, which is believed with its tag alone."""

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

from tracekit.errors import UsageError
from tracekit.lab import exercise as catalogue
from tracekit.lab.exercise import FORMS
from tracekit.lab.seeds import Secret
from tracekit.lab.submissions.files import BadSubmissionError, read

__all__ = ["BadSubmissionError", "Submission", "course_name", "student_id"]

FILE: Final = "variant.toml"
TRACE: Final = "trace.strace"
"""The trace in the folder of an exercise."""
PS: Final = "ps.txt"
"""Beside it: what ps showed of the server, where somebody looked."""
SCHEMA: Final = 1
LIMIT: Final = 4096
"""Bytes of it: it takes tomllib long to refuse what is made to be long."""
SERVERS: Final = ("apache2", "tracekit")
STUDENT: Final = re.compile(r"[A-Za-z0-9_@][A-Za-z0-9._@-]{0,63}", re.ASCII)
"""A folder is named for the student: it is not hidden, no option of a command, and never ``..``."""
COURSE: Final = range(1, 101)
"""How many characters the name of a course may have."""
SHAPE: Final[dict[str, type]] = {
    "schema": int,
    "course": str,
    "student": str,
    "form": str,
    "server": str,
    "exercises": list,
    "tag": str,
}
AGAIN: Final = "put the variant.toml back that was given out"
PUBLIC: Final = "no course's secret was given: --secret-file"


@dataclass(frozen=True)
class Submission:
    """What one student works in and hands in.

    Attributes:
        folder: where it lies.
        student: whose it is.
        course: of which course.
        form: ``offline`` or ``live``.
        exercises: those that it has, in their order.
        server: of the live form, ``apache2`` or ``tracekit``; empty offline.
    """

    folder: Path
    student: str
    course: str
    form: str
    exercises: tuple[str, ...]
    server: str = ""

    @classmethod
    def open(cls, folder: Path, secret: Secret | None) -> Self:
        """Read a submission's ``variant.toml``.

        Args:
            folder: the submission; it may be reached by a link, for who grades has named it.
            secret: of the course; None where nothing depends on whose variant it is: no tag is looked at.

        Raises:
            BadSubmissionError: there is none, it is malformed, or it is not as it was given out.
        """
        real = folder.resolve()
        content = read(real / FILE, LIMIT)
        try:
            data = tomllib.loads(content.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise BadSubmissionError(f"{FILE} cannot be understood: {_plain(error)}", AGAIN) from None
        found = cls(folder=real, **_fields(data))
        if secret is not None and not secret.is_tag(data["tag"], *found.signed):
            hint = PUBLIC if secret.practice else AGAIN
            raise BadSubmissionError(f"{FILE} was changed or is another course's", hint)
        return found

    @property
    def signed(self) -> tuple[str, str, str, tuple[str, ...]]:
        """What its tag vouches for."""
        return self.course, self.student, self.form, self.exercises

    def folder_of(self, exercise: str) -> Path:
        """Return the folder of one exercise, which need not be there."""
        return self.folder / exercise

    def having(self, exercises: Sequence[str]) -> Self:
        """Return it with these exercises besides those that it has."""
        every = {*self.exercises, *exercises}
        return replace(self, exercises=tuple(one.name for one in catalogue.everything() if one.name in every))

    def text(self, secret: Secret) -> str:
        """Return its ``variant.toml``."""
        values = {
            "schema": SCHEMA,
            "course": self.course,
            "student": self.student,
            "form": self.form,
            **({"server": self.server} if self.server else {}),
            "exercises": list(self.exercises),
            "tag": secret.tag(*self.signed),
        }
        head = "# Whose variant this is. Leave it as it is: answers are graded by it.\n"
        # JSON's strings, numbers and lists are TOML's, too, as long as no control character is in them.
        return head + "".join(
            f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in values.items()
        )


def student_id(text: str) -> str:
    """Return a student's id as it is.

    Raises:
        UsageError: it cannot be one.
    """
    if STUDENT.fullmatch(text):
        return text
    raise UsageError(
        f"{text!r} is no student's id", "at most 64 letters, digits and ._@-, and neither . nor - comes first"
    )


def course_name(text: str) -> str:
    """Return a course's name as it is.

    Raises:
        UsageError: it cannot be one.
    """
    if len(text) in COURSE and text.isprintable():
        return text
    raise UsageError(f"{text!r} is no course's name", "up to 100 characters, all of them printable")


def _fields(data: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a variant.toml but for its schema and its tag.

    Raises:
        BadSubmissionError: one is missing, unknown, or cannot be.
    """
    data = {"server": "", **data}
    if faults := [name for name in SHAPE if type(data.get(name)) is not SHAPE[name]]:
        raise BadSubmissionError(f"{FILE}: {faults[0]} is missing or of another kind", AGAIN)
    if set(data) != set(SHAPE):
        raise BadSubmissionError(f"{FILE} has a field that it does not have to have", AGAIN)
    if data["schema"] != SCHEMA:
        raise BadSubmissionError(f"{FILE} is of another version of tracekit", "grade it with that version")
    _check(data)
    names = ("course", "student", "form", "server")
    return {**{name: data[name] for name in names}, "exercises": tuple(data["exercises"])}


def _check(data: dict[str, Any]) -> None:
    try:
        student_id(data["student"])
        course_name(data["course"])
    except UsageError as error:
        raise BadSubmissionError(f"{FILE}: {error.message}", AGAIN) from None
    known = [one.name for one in catalogue.everything()]
    exercises = data["exercises"]
    rules = {
        f"the form is one of {', '.join(FORMS)}": data["form"] in FORMS,
        "a server is for the live form": data["server"] in (SERVERS if data["form"] == "live" else ("",)),
        "there are exercises": bool(exercises),
        f"the exercises are {', '.join(known)}": all(name in known for name in exercises),
        "each exercise is named once": len({*map(str, exercises)}) == len(exercises),
    }
    if broken := [rule for rule, kept in rules.items() if not kept]:
        raise BadSubmissionError(f"{FILE} is not as it should be: {broken[0]}", AGAIN)


def _plain(error: Exception) -> str:
    """Return what is wrong with a text, without any of it."""
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start + 1} is no UTF-8"
    place = re.search(r"\(at (line \d+, column \d+|end of document)\)", str(error))
    return place[1] if place else "it is no TOML"
