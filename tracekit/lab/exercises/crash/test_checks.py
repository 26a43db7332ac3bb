"""Checks of the exercise on a crash: who, who else, who not, and who instead."""

import pytest

from tracekit.lab.answers import Answers
from tracekit.lab.evidence import Evidence
from tracekit.lab.rules import calls, given, keys, shares, story
from tracekit.lab.rules.shares import Earn
from tracekit.lab.traces import Trace
from tracekit.lab.truth import Truth


@pytest.mark.public
def test_complete(answers: Answers) -> None:
    """Every question is answered."""
    given.answered(answers, "signal", "culprit", "pid", "victims", "survivors", "replacement", "evidence")


@pytest.mark.public
def test_ids(answers: Answers, evidence: Evidence) -> None:
    """Every id that is named occurs in the trace."""
    given.answered(answers, "culprit", "victims")
    given.in_trace(evidence, (answers.culprit,), "the culprit")
    given.in_trace(evidence, answers.victims, "a victim")


@pytest.mark.public
def test_signal_fits(answers: Answers, evidence: Evidence) -> None:
    """The cited line is the fault itself, not a signal that was sent on."""
    given.answered(answers, "evidence", "culprit")
    assert answers["evidence"], "no line is cited"
    for call in given.cited(answers, evidence):
        assert calls.faults(call, evidence.tids), f"line {call.line}: {calls.why_no_fault(call)}"
        assert call.tid == answers.culprit, f"line {call.line}: another thread gets it than you name"
        assert answers.signal in (None, call.name), f"line {call.line}: it is another signal than you name"


@pytest.mark.public
def test_culprit_fits(answers: Answers, evidence: Evidence, trace: Trace) -> None:
    """The culprit is a thread that a fault happened in."""
    given.answered(answers, "culprit")
    signals = [call for call in story.signals(evidence, trace) if call.tid == answers.culprit]
    assert signals, "the thread that you name gets no signal in the trace"
    assert any(calls.faults(call, evidence.tids) for call in signals), (
        "the thread that you name only gets a signal that was sent on (SI_TKILL, SI_USER): who got it first?"
    )


@pytest.mark.public
def test_roles(answers: Answers) -> None:
    """Who died is not who lived."""
    given.answered(answers, "culprit", "pid", "victims", "survivors", "replacement")
    assert answers.culprit in answers.victims, "the culprit dies with its process: it is a victim, too"
    assert answers.pid not in answers.survivors, "a process that died is among the survivors"
    assert answers.replacement not in answers.survivors, "the replacement came afterwards"
    assert not set(answers.victims) & set(answers.survivors), "an id is among the victims and the survivors"


@pytest.mark.points(4)
def test_culprit(answers: Answers, key: Truth) -> None:
    """The thread in which the fault happened."""
    given.answered(answers, "culprit")
    assert answers.culprit != keys.crash(key).main_tid or keys.crash(key).tid == keys.crash(key).main_tid, (
        "this is the main thread of the process: it died with the others, but it did not begin with it"
    )
    assert answers.culprit == keys.crash(key).tid, "the fault happened in another thread"


@pytest.mark.points(1)
@pytest.mark.depends("test_culprit")
def test_signal(answers: Answers, key: Truth) -> None:
    """The signal."""
    given.answered(answers, "signal")
    assert answers.signal == keys.crash(key).signal, "it was another signal"


@pytest.mark.points(1)
def test_pid(answers: Answers, key: Truth) -> None:
    """The process that died."""
    given.answered(answers, "pid")
    assert answers.pid == keys.crash(key).pid, "another process died: which one did the victims belong to?"


@pytest.mark.points(3)
def test_victims(answers: Answers, key: Truth, earn: Earn) -> None:
    """The threads that died with it."""
    given.answered(answers, "victims")
    right = keys.crash(key).victims
    earn(
        shares.of_set(answers.victims, right, keys.ids(key)), given.of_list(answers.victims, right, "victims")
    )


@pytest.mark.points(2)
def test_survivors(answers: Answers, key: Truth, earn: Earn) -> None:
    """The worker processes that went on."""
    given.answered(answers, "survivors")
    named, right = answers.survivors, keys.crash(key).survivors
    others = {process.pid for process in key.processes} | {keys.crash(key).pid, keys.crash(key).replacement}
    earn(shares.of_set(named, right, others), given.of_list(named, right, "survivors"))


@pytest.mark.points(2)
def test_replacement(answers: Answers, key: Truth) -> None:
    """The process that took its place."""
    given.answered(answers, "replacement")
    assert answers.replacement == keys.crash(key).replacement, (
        "it is another one: which process does the main process create after the death?"
    )


@pytest.mark.points(2)
@pytest.mark.depends("test_culprit")
def test_evidence(answers: Answers, key: Truth, evidence: Evidence) -> None:
    """The line of the fault."""
    given.answered(answers, "evidence")
    assert answers["evidence"], "no line is cited"
    for call in given.cited(answers, evidence):
        assert calls.faults(call, evidence.tids), calls.why_no_fault(call)
        assert (call.tid, call.name) == (keys.crash(key).tid, keys.crash(key).signal), "it is another fault"
