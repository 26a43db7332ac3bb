"""Every sample earns what it is known to be worth: the right answers all, guesses and short cuts little."""

import re
from collections.abc import Callable

import pytest

from tests.support.lab_samples import WRONG
from tracekit.lab.exercise import Exercise, everything, get
from tracekit.lab.score import Check

Judged = Callable[[Exercise, str], dict[str, list[Check]]]

SAMPLES = [
    (exercise, name, score)
    for exercise in everything()
    for name, score in [
        ("perfect", exercise.points),
        ("empty", 0),
        *((mistake.name, mistake.score) for mistake in exercise.mistakes),
    ]
]

KINDS = [
    ("tree", "launcher", "the main process is among the workers"),
    ("docroot", "missing", "this open failed|no file is opened"),
    ("docroot", "single", "one file alone proves no document root"),
    ("mpm", "fd", "these are two connections"),
    ("dispatch", "listener", "you named the thread that accepted, not the one that read"),
    ("crash", "main_thread", "gets no signal in the trace|gets it than you name|was sent on"),
]
"""What the public checks tell somebody who makes a mistake."""


def test_every_mistake_has_its_sample() -> None:
    assert {(one.name, mistake.name) for one in everything() for mistake in one.mistakes} == set(WRONG)


@pytest.mark.parametrize(
    ("exercise", "name", "score"), SAMPLES, ids=[f"{one.name}-{name}" for one, name, _ in SAMPLES]
)
def test_a_sample_earns_what_it_is_worth(judged: Judged, exercise: Exercise, name: str, score: float) -> None:
    found = judged(exercise, name)
    assert found
    for server, checks in found.items():
        assert all(check.outcome != "not judged" for check in checks), server
        earned = sum(check.points for check in checks)
        assert earned == score, (server, [(check.name, check.reason) for check in checks])


@pytest.mark.parametrize("exercise", everything(), ids=lambda one: one.name)
def test_the_right_answers_pass_every_check(judged: Judged, exercise: Exercise) -> None:
    for checks in judged(exercise, "perfect").values():
        assert {check.outcome for check in checks} == {"passed"}
        assert sum(check.of for check in checks) == exercise.points


@pytest.mark.parametrize("exercise", everything(), ids=lambda one: one.name)
def test_no_check_passes_on_an_absent_answer(judged: Judged, exercise: Exercise) -> None:
    for checks in judged(exercise, "empty").values():
        assert not {check.outcome for check in checks} & {"passed", "partly"}


@pytest.mark.parametrize(("exercise", "name", "kind"), KINDS)
def test_public_checks_tell_the_kind_of_mistake(judged: Judged, exercise: str, name: str, kind: str) -> None:
    for checks in judged(get(exercise), name).values():
        told = [check.reason for check in checks if check.public and check.outcome == "failed"]
        assert any(re.search(kind, reason) for reason in told), told
