"""Checks of the exercise on coverage: what has no line in a trace need not be absent."""

import pytest

from tracekit.lab.answers import Answers
from tracekit.lab.evidence import Evidence
from tracekit.lab.rules import given, keys, shares
from tracekit.lab.rules.shares import Earn
from tracekit.lab.truth import Truth


@pytest.mark.public
def test_complete(answers: Answers) -> None:
    """Every question is answered."""
    given.answered(answers, "complete", "untraced_pids", "untraced_threads", "witness")


@pytest.mark.public
def test_numbers(answers: Answers) -> None:
    """The answers go together."""
    given.answered(answers, "complete", "untraced_pids", "untraced_threads")
    whole = answers.complete == "yes"
    assert whole == (not answers.untraced_pids) == (answers.untraced_threads == 0), (
        "a complete trace has nothing untraced, and one with anything untraced is not complete"
    )


@pytest.mark.public
def test_witness_fits(answers: Answers, evidence: Evidence) -> None:
    """The witnesses have no line in the trace."""
    given.answered(answers, "witness")
    assert not set(answers.witness) & evidence.tids, (
        "one of the threads has lines in the trace: it was traced"
    )


@pytest.mark.points(2)
def test_untraced_pids(answers: Answers, key: Truth, earn: Earn) -> None:
    """The processes with threads that were never traced."""
    given.answered(answers, "untraced_pids")
    right = keys.coverage(key).untraced_pids
    others = [process.pid for process in key.processes]
    earn(
        shares.of_set(answers.untraced_pids, right, others),
        given.of_list(answers.untraced_pids, right, "processes"),
    )


@pytest.mark.points(1)
@pytest.mark.depends("test_untraced_pids")
def test_verdict(answers: Answers, key: Truth) -> None:
    """Whether the trace is complete."""
    given.answered(answers, "complete")
    assert (answers.complete == "yes") == keys.coverage(key).complete, (
        "compare the threads that ps shows with those that have lines: one without lines need not be absent"
    )


@pytest.mark.points(1)
@pytest.mark.depends("test_untraced_pids")
def test_untraced_threads(answers: Answers, key: Truth) -> None:
    """How many threads were never traced."""
    given.answered(answers, "untraced_threads")
    assert answers.untraced_threads == len(keys.coverage(key).untraced), (
        "there are more or fewer: count the LWPs that ps shows of the server and that begin no line"
    )


@pytest.mark.points(1)
@pytest.mark.depends("test_untraced_pids")
def test_witness(answers: Answers, key: Truth, earn: Earn) -> None:
    """Two threads that were never traced."""
    given.answered(answers, "witness")
    right, wanted = set(keys.coverage(key).untraced), min(2, len(keys.coverage(key).untraced))
    named = set(answers.witness)
    if not wanted:
        assert not named, "there is none"
        return
    earn(shares.of_lines(len(named & right), len(named - right), wanted), "two of the threads are wanted")
