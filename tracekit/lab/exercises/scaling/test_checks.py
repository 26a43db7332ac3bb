"""Checks of the exercise on scaling: how many, how far, in which order."""

import pytest

from tracekit.lab.answers import Answers
from tracekit.lab.evidence import Evidence
from tracekit.lab.rules import calls, given, keys, shares
from tracekit.lab.rules.shares import Earn
from tracekit.lab.truth import Truth

WANTED = 3
"""Lines that show a worker process being created."""


@pytest.mark.public
def test_complete(answers: Answers) -> None:
    """Every question is answered."""
    given.answered(answers, "peak_processes", "peak_threads", "limit_reached", "spawned", "evidence")


@pytest.mark.public
def test_numbers(answers: Answers) -> None:
    """The numbers go together."""
    given.answered(answers, "peak_processes", "peak_threads")
    assert 0 < answers.peak_processes <= answers.peak_threads, "every process has one thread at least"


@pytest.mark.public
def test_spawned_fit(answers: Answers, evidence: Evidence) -> None:
    """What was created is a process, and created in the trace."""
    given.answered(answers, "spawned")
    assert answers.spawned, "no process is named"
    given.in_trace(evidence, answers.spawned, "a worker")
    for pid in answers.spawned:
        made = evidence.returned(pid)
        assert made, "one of the processes is created by no call of the trace: it was there before"
        assert not any(map(calls.makes_thread, made)), "one of the ids is a thread, not a process"


@pytest.mark.public
def test_evidence_fits(answers: Answers, evidence: Evidence) -> None:
    """Processes are created in the cited lines."""
    given.answered(answers, "evidence")
    assert answers["evidence"], "no line is cited"
    for call in given.cited(answers, evidence):
        assert calls.makes_process(call), f"line {call.line}: {calls.why_no_process(call)}"


@pytest.mark.points(3)
def test_peak_processes(answers: Answers, key: Truth) -> None:
    """The most worker processes at one time."""
    given.answered(answers, "peak_processes")
    named, right = answers.peak_processes, keys.scaling(key).peak_processes
    assert named != right + 1, "the main process is counted, too, or one that came when another had gone"
    assert named == right, "there was another number of worker processes at the peak"


@pytest.mark.points(3)
@pytest.mark.depends("test_peak_processes")
def test_peak_threads(answers: Answers, key: Truth) -> None:
    """The most threads at one time."""
    given.answered(answers, "peak_threads")
    truth = keys.scaling(key)
    threaded = truth.peak_threads > truth.peak_processes
    starters = len(truth.spawned) if threaded else 0  # each worker has one for a moment
    assert truth.peak_threads <= answers.peak_threads <= truth.peak_threads + starters, (
        "there was another number of threads: in each worker the main thread and the listener count, too"
    )


@pytest.mark.points(2)
@pytest.mark.depends("test_peak_processes")
def test_limit_reached(answers: Answers, key: Truth) -> None:
    """Whether the configuration's limit ended the growth."""
    given.answered(answers, "limit_reached")
    assert (answers.limit_reached == "yes") == keys.scaling(key).limit_reached, (
        "it is the other way round: look at what the main process writes when it may not create any more"
    )


@pytest.mark.points(4)
def test_spawned(answers: Answers, key: Truth, evidence: Evidence, earn: Earn) -> None:
    """The worker processes in the order of their creation."""
    given.answered(answers, "spawned")
    assert keys.main_pid(key) not in answers.spawned, "the main process is none of the workers"
    right = [pid for pid in keys.scaling(key).spawned if evidence.returned(pid)]
    assert right, "the trace shows no creation of a worker: the main process has to be traced, too"
    earn(shares.of_order(answers.spawned, right), given.of_list(answers.spawned, right, "created workers"))


@pytest.mark.points(3)
@pytest.mark.depends("test_spawned")
def test_evidence(answers: Answers, key: Truth, evidence: Evidence, earn: Earn) -> None:
    """The lines that show it."""
    given.answered(answers, "evidence")
    spawned, main = keys.scaling(key).spawned, keys.main_pid(key)
    shown, wrong = set(), 0
    for call in given.cited(answers, evidence):
        if calls.makes_process(call) and call.ret in spawned and call.tid == main:
            shown.add(call.ret)
        else:
            wrong += 1
    wanted = min(WANTED, sum(bool(evidence.returned(pid)) for pid in spawned))
    earn(
        shares.of_lines(min(len(shown), wanted), wrong, max(1, wanted)),
        "lines are wanted in which the main process creates worker processes",
    )
