"""Checks of the exercise on processes, threads and their roles."""

import pytest

from tracekit.lab.answers import Answers
from tracekit.lab.evidence import Evidence
from tracekit.lab.rules import calls, given, keys, shares
from tracekit.lab.rules.shares import Earn
from tracekit.lab.truth import Truth


@pytest.mark.public
def test_complete(answers: Answers) -> None:
    """Every question is answered."""
    given.answered(answers, "main", "workers", "threads", "acceptors", "evidence")


@pytest.mark.public
def test_ids(answers: Answers, evidence: Evidence) -> None:
    """Every id that is named occurs in the trace."""
    given.answered(answers, "workers", "acceptors")
    given.in_trace(evidence, answers.workers, "a worker")
    given.in_trace(evidence, answers.acceptors, "an acceptor")
    if answers.main is not None:
        given.in_trace(evidence, (answers.main,), "the main process")


@pytest.mark.public
def test_roles(answers: Answers) -> None:
    """The roles go together."""
    given.answered(answers, "main", "workers", "threads")
    assert answers.main not in answers.workers, (
        "the main process is among the workers: it starts them and serves nothing itself"
    )
    assert answers.threads > 0, "a process has one thread at least"


@pytest.mark.public
def test_evidence_fits(answers: Answers, evidence: Evidence) -> None:
    """The cited lines are accepts of the threads that are named."""
    given.answered(answers, "acceptors", "evidence")
    for call in given.cited(answers, evidence):
        assert calls.accepts(call), f"line {call.line}: {calls.why_no_accept(call)}"
        assert call.tid in answers.acceptors, (
            f"line {call.line}: a thread takes a connection here that you do not name as an acceptor"
        )


@pytest.mark.points(1)
def test_main(answers: Answers, key: Truth) -> None:
    """The main process."""
    given.answered(answers, "main")
    assert answers.main == keys.main_pid(key), (
        "another process creates the workers: look for the one whose clone calls return their pids"
    )


@pytest.mark.points(4)
def test_workers(answers: Answers, key: Truth, earn: Earn) -> None:
    """The worker processes."""
    given.answered(answers, "workers")
    assert keys.main_pid(key) not in answers.workers, (
        "the main process is counted as a worker: it starts them and serves nothing itself"
    )
    right = [process.pid for process in key.workers()]
    share = shares.of_set(answers.workers, right, keys.ids(key))
    earn(share, given.of_list(answers.workers, right, "worker processes"))


@pytest.mark.points(1)
@pytest.mark.depends("test_workers")
def test_threads(answers: Answers, key: Truth) -> None:
    """How many threads a worker has."""
    given.answered(answers, "threads")
    assert answers.threads == keys.threads_of_a_worker(key), (
        "a worker has another number of threads: count its main thread and its listener, too, "
        "and none that ended before it served"
    )


@pytest.mark.points(2)
def test_acceptors(answers: Answers, key: Truth, earn: Earn) -> None:
    """The threads that took connections."""
    given.answered(answers, "acceptors")
    right = keys.acceptors(key)
    allowed = keys.may_accept(key)
    named = [tid for tid in answers.acceptors if tid in right or tid not in allowed]
    earn(shares.of_set(named, right, keys.ids(key)), given.of_list(named, right, "threads that accept"))


@pytest.mark.points(2)
@pytest.mark.depends("test_acceptors")
def test_evidence(answers: Answers, key: Truth, evidence: Evidence, earn: Earn) -> None:
    """The lines in which they take connections."""
    given.answered(answers, "evidence")
    right = keys.acceptors(key)
    shown, wrong = set(), 0
    for call in given.cited(answers, evidence):
        if calls.accepts(call) and call.tid in keys.may_accept(key) and call.tid in answers.acceptors:
            shown.add(call.tid)
        else:
            wrong += 1
    earn(
        shares.of_lines(len(shown & right), wrong, len(right)),
        "a line each in which an acceptor takes a connection is wanted",
    )
