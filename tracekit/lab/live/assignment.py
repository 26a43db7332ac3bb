"""Whose server it is, and which: what everything else of the live form is found by."""

import hashlib
from typing import Final, NamedTuple

from tracekit.errors import UsageError
from tracekit.lab.exercise import Exercise

SERVERS: Final = ("apache2", "tracekit")


class Assignment(NamedTuple):
    """One exercise of one student, on a server of one kind.

    Attributes:
        course: its name, any words.
        student: the student's id.
        exercise: what is to be found out.
        server: ``apache2``, or ``tracekit`` for the built-in one.
    """

    course: str
    student: str
    exercise: Exercise
    server: str

    @property
    def name(self) -> str:
        """A file name of its own."""
        course = hashlib.sha256(self.course.encode()).hexdigest()[:12]
        return f"{self.student}-{self.exercise.name}-{course}"

    def checked(self) -> "Assignment":
        """Return it, if there is such a server and such a form.

        Raises:
            UsageError: there is not.
        """
        if self.server not in SERVERS:
            raise UsageError(f"there is no server {self.server!r}", f"there are {', '.join(SERVERS)}")
        if "live" not in self.exercise.forms:
            raise UsageError(f"the exercise {self.exercise.name} has no live form", "start it without --live")
        return self
