"""Checks of the first exercise: they tell what is amiss, and no points hang on them."""

import pytest

from tracekit.lab.answers import Answers
from tracekit.lab.evidence import Evidence
from tracekit.lab.rules import calls, given, story
from tracekit.lab.traces import Trace


@pytest.mark.public
def test_threads_seen(answers: Answers, evidence: Evidence) -> None:
    """The threads of the trace are counted."""
    given.answered(answers, "threads_seen")
    seen = len(evidence.tids)
    assert answers.threads_seen <= seen, "too many: count each number at the start of a line once"
    assert answers.threads_seen == seen, (
        "too few: cut out the first column, and count what is different in it"
    )


@pytest.mark.public
def test_first_request(answers: Answers, evidence: Evidence) -> None:
    """A request is read in the cited line."""
    given.answered(answers, "first_request")
    assert answers.first_request, "no line is cited"
    for call in given.cited(answers, evidence, "first_request"):
        assert calls.request(call), f"line {call.line}: {calls.why_no_request(call)}"


@pytest.mark.public
def test_reader(answers: Answers, evidence: Evidence) -> None:
    """The thread is the one of that line."""
    given.answered(answers, "reader", "first_request")
    given.in_trace(evidence, (answers.reader,), "the reader")
    for call in given.cited(answers, evidence, "first_request"):
        assert answers.reader == call.tid, "the cited line is of another thread: its number begins the line"


@pytest.mark.public
def test_opened(answers: Answers, evidence: Evidence, trace: Trace) -> None:
    """A file that was opened is named."""
    given.answered(answers, "opened")
    found = story.mentions(evidence, trace, answers.opened)
    assert found, "the trace names no such file"
    assert any(calls.opens(call) and answers.opened in call.paths for call in found), (
        "the trace names that path, but no open of it succeeds"
    )
