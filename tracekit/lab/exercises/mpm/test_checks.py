"""Checks of the exercise on multi-processing modules: the name is worth little, what shows it much."""

import pytest

from tracekit.lab.answers import Answers
from tracekit.lab.evidence import Evidence
from tracekit.lab.rules import calls, given, keys, story
from tracekit.lab.traces import Trace
from tracekit.lab.truth import Truth


@pytest.mark.public
def test_complete(answers: Answers) -> None:
    """Every question is answered."""
    given.answered(answers, "mpm", "handover", "waiting")


@pytest.mark.public
def test_handover_fits(answers: Answers, evidence: Evidence) -> None:
    """The two lines are an accept and a read of one connection."""
    given.answered(answers, "handover")
    story.one_connection(given.cited(answers, evidence, "handover"))


@pytest.mark.public
def test_waiting_fits(answers: Answers, evidence: Evidence, trace: Trace) -> None:
    """The line is about a connection that is kept alive."""
    given.answered(answers, "waiting")
    assert answers.waiting, "no line is cited"
    for call in given.cited(answers, evidence, "waiting"):
        story.kept_alive(evidence, trace, call)


@pytest.mark.points(4)
def test_mpm(answers: Answers, key: Truth) -> None:
    """The module."""
    given.answered(answers, "mpm")
    assert answers.mpm == key.mpm, (
        "it is another one: who accepts, who reads, and who waits for the next request of a connection?"
    )


@pytest.mark.points(8)
@pytest.mark.depends("test_mpm")
def test_handover(answers: Answers, key: Truth, evidence: Evidence) -> None:
    """The lines that show who accepts and who reads."""
    given.answered(answers, "handover")
    accept, read = story.one_connection(given.cited(answers, evidence, "handover"))
    served = keys.of_connection(key, read.peer)
    assert any(one.tid == read.tid and keys.acceptor(key, one) == accept.tid for one in served), (
        "the lines are of no connection of the server"
    )
    if key.mpm == "prefork":
        assert accept.tid == read.tid, "the lines do not show what is particular to this module"
    else:
        assert accept.tid != read.tid, "the lines do not show what is particular to this module"
        assert keys.process_of(key, accept.tid) == keys.process_of(key, read.tid), "these are two processes"


@pytest.mark.points(8)
@pytest.mark.depends("test_mpm")
def test_waiting(answers: Answers, key: Truth, evidence: Evidence, trace: Trace) -> None:
    """The line that shows how it waits for the next request."""
    given.answered(answers, "waiting")
    assert answers.waiting, "no line is cited"
    for call in given.cited(answers, evidence, "waiting"):
        reader = story.kept_alive(evidence, trace, call)
        served = keys.of_connection(key, call.peer)
        assert any(one.tid == reader for one in served), "the line is of no connection of the server"
        if key.mpm == "event":
            assert calls.hands_back(call), "the line shows that one thread waits, as in other modules"
        else:
            assert not calls.hands_back(call), "the line shows no wait of the thread that serves"
            assert call.tid == reader, "the line is of another thread than the one that served"
