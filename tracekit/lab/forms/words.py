"""What several forms say in the same words."""

from collections.abc import Iterator
from decimal import Decimal

from tracekit.lab.score import Check, Score, shown

STATES = {
    "bad submission": "This submission could not be graded.",
    "grader error": "The grader itself failed: this says nothing about the submission.",
}


def why(check: Check) -> str:
    """Return why a check did not earn everything, with what it earned; empty if it passed."""
    if check.outcome == "passed":
        return ""
    reason = check.reason or check.title
    if check.outcome == "partly":
        return f"{shown(check.points)} of {shown(check.of)} points: {reason}"
    return reason if check.outcome == "failed" else f"{check.outcome}: {reason}"


def problems(score: Score) -> tuple[str, ...]:
    """Return what is wrong with the submission as a whole: at least the state, unless it was graded."""
    return score.problems or ((STATES[score.state],) if score.state in STATES else ())


def remarks(score: Score) -> Iterator[str]:
    """Yield what is to be said of the submission as a whole."""
    if score.state in STATES:
        yield STATES[score.state]
    yield from score.problems
    yield from score.notes
    if score.hidden:
        yield left_over(score)


def left_over(score: Score) -> str:
    """Return what the public checks found, never without what they leave to the grader."""
    passed = sum(check.outcome == "passed" for check in score.judged)
    run = len(score.judged)
    found = "all public checks passed" if passed == run else f"{passed} of {run} public checks passed"
    worth = sum((check.of for check in score.hidden), Decimal())
    return f"{found}, {len(score.hidden)} hidden ({shown(worth)} points) are left to the grader"


def whole(score: Score) -> str:
    """Return ``60 / 100``."""
    return f"{shown(score.points)} / {shown(score.of)}"
