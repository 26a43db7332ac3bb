"""Checks of the exercise on dispatch: which process and thread took and served a request."""

from collections.abc import Callable

import pytest

from tracekit.lab.answers import Answers, Row
from tracekit.lab.evidence import Evidence
from tracekit.lab.rules import calls, given, keys, story
from tracekit.lab.rules.shares import Earn
from tracekit.lab.traces import Trace
from tracekit.lab.truth import Request, Truth


@pytest.mark.public
def test_complete(answers: Answers) -> None:
    """Every question is answered, for each target."""
    assert answers.requests, "no target is answered"
    for row in answers.requests.values():
        given.answered(row, "pid", "accept_tid", "serve_tid", "line")


@pytest.mark.public
def test_ids(answers: Answers, evidence: Evidence) -> None:
    """Every id that is named occurs in the trace."""
    assert given.any_answered(answers.requests), "nothing is answered"
    for row in answers.requests.values():
        given.in_trace(
            evidence, [tid for tid in (row.accept_tid, row.serve_tid) if tid is not None], "a thread"
        )


@pytest.mark.public
def test_lines(answers: Answers, evidence: Evidence) -> None:
    """In each cited line the request is read, by the thread that is named."""
    assert any(row.line is not None for row in answers.requests.values()), "no line is cited"
    for target, row in answers.requests.items():
        if row.line is None:
            continue
        call = given.call_at(evidence, row.line)
        assert calls.request(call), f"line {row.line}: {calls.why_no_request(call)}"
        assert calls.target(call) == target, f"line {row.line}: another target is requested here"
        assert row.serve_tid in (None, call.tid), (
            f"line {row.line}: you name another thread as the one that served than the one that reads here"
        )


@pytest.mark.public
def test_roles(answers: Answers, evidence: Evidence, trace: Trace) -> None:
    """The threads that are named do what is said of them."""
    assert given.any_answered(answers.requests), "nothing is answered"
    takers, readers = story.takers_and_readers(evidence, trace)
    for target, row in answers.requests.items():
        assert row.serve_tid is None or row.serve_tid not in takers - readers, (
            f"{target}: you named the thread that accepted, not the one that read"
        )
        assert row.serve_tid is None or row.serve_tid in readers, (
            f"{target}: serve_tid reads no request at all"
        )
        assert row.accept_tid is None or row.accept_tid in takers, (
            f"{target}: accept_tid takes no connection in the trace"
        )


def judge(answers: Answers, key: Truth, earn: Earn, right: Callable[[Row, Request], bool], what: str) -> None:
    """Give the share of the targets about which one thing is right."""
    assert given.any_answered(answers.requests), "nothing is answered"
    pairs = [
        (row, keys.best(row, keys.requests(key, target), key)) for target, row in answers.requests.items()
    ]
    hits = sum(asked is not None and right(row, asked) for row, asked in pairs)
    earn(hits / len(pairs), f"{hits} of {len(pairs)} are right: {what}")


@pytest.mark.points(5)
def test_accept_tid(answers: Answers, key: Truth, earn: Earn) -> None:
    """The thread that accepted the connection."""
    what = "the threads that accepted; the number of a descriptor alone does not lead to them"
    judge(answers, key, earn, lambda row, asked: row.accept_tid == keys.acceptor(key, asked), what)


@pytest.mark.points(8)
def test_serve_tid(answers: Answers, key: Truth, earn: Earn) -> None:
    """The thread that served."""
    what = "the threads that read the requests and answered them"
    judge(answers, key, earn, lambda row, asked: row.serve_tid == asked.tid, what)


@pytest.mark.points(3)
@pytest.mark.depends("test_serve_tid")
def test_pid(answers: Answers, key: Truth, earn: Earn) -> None:
    """The process that served."""
    judge(answers, key, earn, lambda row, asked: row.pid == asked.pid, "the processes that served")


@pytest.mark.points(4)
@pytest.mark.depends("test_serve_tid")
def test_line(answers: Answers, key: Truth, evidence: Evidence, earn: Earn) -> None:
    """The line in which the request is read."""

    def right(row: Row, asked: Request) -> bool:
        call = evidence.call(row.line) if row.line is not None else None
        found = call is not None and calls.target(call) == asked.target and call.tid == asked.tid
        return found and row.serve_tid == asked.tid

    judge(answers, key, earn, right, "the lines in which the requests are read, by the threads that you name")
