"""From what happened in a check to what it found."""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Final

import pytest

from tracekit.lab.checking.context import Context
from tracekit.lab.checking.sealing import sealed
from tracekit.lab.score import Check, Points, exact, ratio


class TooSlowError(BaseException):
    """A check took longer than it may; no ``except Exception`` of a check stops it."""


GOOD: Final = ("passed", "partly")
"""The outcomes on which a check that depends on another one is run."""


@dataclass
class Finding:
    """What is known of a check, before, while and after it runs.

    Attributes:
        name: of the check.
        title: the first line of its docstring.
        of: what it is worth.
        public: whether students can run it.
        needs: the names of the functions that it depends on.
        share: of the points, from 0 to 1; None as long as nothing was said of them.
        outcome: one of score.OUTCOMES; empty until it has run.
    """

    name: str
    title: str
    of: Decimal
    public: bool
    needs: tuple[str, ...]
    share: Fraction | None = None
    outcome: str = ""
    reason: str = ""
    detail: str = ""

    def earn(self, share: Points, reason: str = "") -> None:
        """Note which share is earned so far, and why no more; a later call takes its place.

        Raises:
            ValueError: the share is not from 0 to 1.
        """
        earned = ratio(share)
        if not 0 <= earned <= 1:
            raise ValueError(f"a share is from 0 to 1, and this is {share}")
        self.share, self.reason = earned, reason if earned < 1 else ""

    def went_through(self) -> None:
        """Judge a check that came to its end: everything, unless less was said to be earned."""
        self._earned(Fraction(1) if self.share is None else self.share)

    def broke_off(self, error: BaseException, *, preparing: bool) -> None:
        """Judge a check by the exception that ended it, or its preparation."""
        if isinstance(error, pytest.skip.Exception):
            self._void("skipped", _line(error))
        elif isinstance(error, TooSlowError):
            self._void("not judged", str(error))
        elif isinstance(error, pytest.fail.Exception) or (
            isinstance(error, AssertionError) and not preparing
        ):
            self.reason = _line(error) or f"this does not hold: {self.title}"
            self._earned(self.share or Fraction(0))
        else:
            self._void("not judged", f"the check itself failed ({type(error).__name__})")
            self.detail = f"{type(error).__name__}: {_line(error)}{_place(error)}"

    def _earned(self, share: Fraction) -> None:
        self.share = share
        self.outcome = "passed" if share == 1 else "partly" if share else "failed"

    def _void(self, outcome: str, reason: str) -> None:
        self.share, self.outcome, self.reason = Fraction(0), outcome, reason

    def check(self, exercise: str, context: Context | None) -> Check:
        """Return what was found, without values of the key."""
        key, answers = (context.key, context.answers) if context else (None, None)
        return Check(
            exercise=exercise,
            name=self.name,
            title=self.title,
            of=self.of,
            points=exact(ratio(self.of) * (self.share or 0)),
            outcome=self.outcome,
            reason=sealed(self.reason, key, answers),
            public=self.public,
            needs=self.needs,
            detail=sealed(self.detail, key, answers),
        )


@dataclass
class Job:
    """The checks of one exercise on one submission.

    Attributes:
        exercise: its name.
        context: what they are given; None where fixtures of a teacher's own make it.
        findings: by the check's name, in the order in which they run.
    """

    exercise: str
    context: Context | None = None
    findings: dict[str, Finding] = field(default_factory=dict)

    def missing(self, finding: Finding) -> str:
        """Return why a check is not to be run: which of those that it needs did not pass; empty if none."""
        for needed in finding.needs:
            for other in self.findings.values():
                if function(other.name) == needed and other.outcome not in GOOD:
                    return f"depends on {other.title.rstrip('.')!r}, which {_became(other.outcome)}"
        return ""


def function(name: str) -> str:
    """Return the function's name of a check: without its class and its parameters."""
    return name.partition("[")[0].rpartition("::")[2]


def _became(outcome: str) -> str:
    told = {"not judged": "could not be judged", "": "was not run", "hidden": "is left to the grader"}
    return told.get(outcome, "was skipped" if outcome == "skipped" else outcome)


def _line(error: BaseException) -> str:
    """Return the first line of what an exception says."""
    lines = str(getattr(error, "msg", None) or error).strip().splitlines()
    return lines[0] if lines else ""


def _place(error: BaseException) -> str:
    """Return where an exception was raised."""
    last = error.__traceback__
    while last and last.tb_next:
        last = last.tb_next
    return f" ({Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno})" if last else ""
