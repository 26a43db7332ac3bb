"""What a submission has earned: the one object that every form is written from.

Points are exact hundredths, rounded down where a share of them is not: every form adds up to the same sum.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Any, Final, Self

from tracekit.errors import UnreadableError
from tracekit.lab.harmless import harmless

SCHEMA: Final = 1
"""The number of the JSON form; it grows when a reader of the old one could misunderstand the new."""

OUTCOMES: Final = ("passed", "partly", "failed", "not judged", "skipped", "hidden")
"""``not judged``: the check itself could not be carried out; ``hidden``: it is left to the grader."""

STATES: Final = ("graded", "bad submission", "grader error")

Points = int | float | str | Decimal | Fraction
"""Whatever points, or a share of them, may be given as."""

_HUNDREDTH: Final = Decimal("0.01")
_LONGEST_NAME: Final = 100
_MOST: Final = 10**6


def exact(value: Points) -> Decimal:
    """Return points as hundredths, rounded down. A float is taken for the short number that it stands for.

    Raises:
        ValueError, OverflowError: it is no finite number.
    """
    whole = ratio(value)
    return (Decimal(whole.numerator * 100 // whole.denominator) / 100).quantize(_HUNDREDTH, ROUND_FLOOR)


def ratio(value: Points) -> Fraction:
    """Return a number exactly; a float as the simplest number that it can stand for (0.1, 1/3).

    Raises:
        ValueError, OverflowError: it is no finite number.
    """
    return Fraction(value).limit_denominator(10**6) if isinstance(value, float) else Fraction(value)


def shown(points: Decimal) -> str:
    """Return points as people write them: ``13.33``, ``7.5``, ``20``."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


@dataclass(frozen=True)
class Check:
    """What one check found.

    Attributes:
        exercise: the exercise's name.
        name: of the check, unique in its exercise.
        title: what it looks at, for people.
        of: what it is worth at most.
        points: what was earned.
        outcome: one of OUTCOMES.
        reason: why not everything was earned; it names the kind of mistake, and no value of the key.
        public: whether students can run it themselves.
        needs: the checks of the exercise that it depends on.
        detail: what the grader should know of a check that was not judged; not for students.

    Raises:
        ValueError: the outcome is unknown, or the points are not from 0 to ``of``.
    """

    exercise: str
    name: str
    title: str
    of: Decimal
    points: Decimal
    outcome: str
    reason: str = ""
    public: bool = False
    needs: tuple[str, ...] = ()
    detail: str = ""

    def __post_init__(self) -> None:
        """Make the texts harmless and the numbers exact."""
        for name, longest in (("exercise", _LONGEST_NAME), ("name", _LONGEST_NAME)):
            object.__setattr__(self, name, harmless(getattr(self, name), longest))
        for name in ("title", "reason", "detail"):
            object.__setattr__(self, name, harmless(getattr(self, name)))
        object.__setattr__(self, "needs", tuple(harmless(name, _LONGEST_NAME) for name in self.needs))
        for name in ("of", "points"):
            object.__setattr__(self, name, exact(getattr(self, name)))
        if self.outcome not in OUTCOMES:
            raise ValueError(f"no outcome is called {self.outcome!r}")
        if not 0 <= self.points <= self.of:
            raise ValueError(f"{self.points} points of {self.of}")


@dataclass(frozen=True)
class Score:
    """What one submission has earned.

    Attributes:
        student: whose it is, as the submission says.
        course: of which course.
        form: ``offline`` or ``live``; empty if that could not be told.
        checks: one after the other, in the order of the exercises.
        problems: what is wrong with the submission (unreadable, malformed fields).
        notes: what the grader noticed (a swapped variant, the practice secret).
        state: one of STATES; only what is ``graded`` has points.
    """

    student: str
    course: str
    form: str
    checks: tuple[Check, ...]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    state: str = "graded"

    def __post_init__(self) -> None:
        """Make the texts harmless."""
        for name in ("student", "course", "form"):
            object.__setattr__(self, name, harmless(getattr(self, name), _LONGEST_NAME))
        for name in ("problems", "notes"):
            object.__setattr__(self, name, tuple(harmless(text) for text in getattr(self, name)))
        object.__setattr__(self, "checks", tuple(self.checks))
        if self.state not in STATES:
            raise ValueError(f"no state is called {self.state!r}")

    @classmethod
    def bad(cls, *problems: str, worth: Mapping[str, Points] | None = None, **about: str) -> Self:
        """Return the score of a submission that cannot be graded: nothing.

        Args:
            problems: what is wrong with it.
            worth: the exercises that it should hold, and their points.
            about: ``student``, ``course`` and ``form``, as far as they are known.
        """
        checks = _void(worth, "skipped", "the submission could not be read")
        return cls._without_points("bad submission", problems, checks, about)

    @classmethod
    def failed(cls, *problems: str, worth: Mapping[str, Points] | None = None, **about: str) -> Self:
        """Return the score for a grader that broke: nothing is said of the submission.

        The arguments are those of ``bad``.
        """
        checks = _void(worth, "not judged", "the grader itself failed")
        return cls._without_points("grader error", problems, checks, about)

    @classmethod
    def _without_points(
        cls, state: str, problems: tuple[str, ...], checks: tuple[Check, ...], about: Mapping[str, str]
    ) -> Self:
        student, course, form = (about.get(name, "") for name in ("student", "course", "form"))
        return cls(student, course, form, checks, problems, state=state)

    @property
    def points(self) -> Decimal:
        """What was earned in all."""
        earned = (check.points for check in self.judged)
        return sum(earned, Decimal()) if self.state == "graded" else Decimal()

    @property
    def of(self) -> Decimal:
        """What could have been earned, hidden checks that were left out aside."""
        return sum((check.of for check in self.judged), Decimal())

    @property
    def percent(self) -> int:
        """The points as a whole number from 0 to 100, rounded down: only everything is 100."""
        return int(self.points * 100 // self.of) if self.of else 0

    @property
    def judged(self) -> tuple[Check, ...]:
        """The checks that were run, or would have been."""
        return tuple(check for check in self.checks if check.outcome != "hidden")

    @property
    def hidden(self) -> tuple[Check, ...]:
        """The checks that are left to the grader."""
        return tuple(check for check in self.checks if check.outcome == "hidden")

    def by_exercise(self) -> dict[str, "Score"]:
        """Return what each exercise has earned, in order: the same score with its checks alone."""
        names = dict.fromkeys(check.exercise for check in self.checks)
        return {
            name: replace(self, checks=tuple(check for check in self.checks if check.exercise == name))
            for name in names
        }

    def to_json(self) -> str:
        """Return the score as JSON; ``from_json`` reads it back, the sums in it aside."""
        sums = {"points": self.points, "of": self.of, "percent": self.percent}
        exercises = {name: {"points": one.points, "of": one.of} for name, one in self.by_exercise().items()}
        record = {"schema": SCHEMA, **asdict(self), **sums, "exercises": exercises}
        return json.dumps(record, indent=1, default=float) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a score that ``to_json`` wrote; members that are not known are passed over.

        Raises:
            UnreadableError: it is no score, or one of a later schema.
        """
        try:
            record = json.loads(text, parse_float=Decimal)
            schema = record["schema"]
            if schema != SCHEMA:
                raise UnreadableError(f"a score of schema {schema!r}, and this program reads {SCHEMA}")
            checks = tuple(map(_read_check, _each(record["checks"])))
            student, course, form, state = (
                _text(record[name]) for name in ("student", "course", "form", "state")
            )
            problems, notes = (tuple(map(_text, _each(record[name]))) for name in ("problems", "notes"))
            return cls(student, course, form, checks, problems, notes, state)
        except (ValueError, KeyError, TypeError, ArithmeticError, RecursionError) as error:
            raise UnreadableError(
                f"this is no score: {type(error).__name__}: {harmless(str(error))}"
            ) from error


def _void(worth: Mapping[str, Points] | None, outcome: str, reason: str) -> tuple[Check, ...]:
    """Return one check an exercise that has earned nothing."""
    return tuple(
        Check(name, name, "the whole exercise", exact(of), Decimal(), outcome, reason)
        for name, of in (worth or {}).items()
    )


def _read_check(record: Mapping[str, Any]) -> Check:
    public = record["public"]
    if not isinstance(public, bool):
        raise TypeError("public is true or false")
    exercise, name, title, outcome, reason, detail = (
        _text(record[key]) for key in ("exercise", "name", "title", "outcome", "reason", "detail")
    )
    of, points = (_points(record[key]) for key in ("of", "points"))
    needs = tuple(map(_text, _each(record["needs"])))
    return Check(exercise, name, title, of, points, outcome, reason, public, needs, detail)


def _points(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 <= value <= _MOST:
        raise TypeError("points are a number from 0")
    return exact(value)


def _each(value: Any) -> Iterable[Any]:
    if not isinstance(value, list):
        raise TypeError("a list is needed")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is needed")
    return value
