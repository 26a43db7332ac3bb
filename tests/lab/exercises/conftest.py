"""Submissions of known worth, judged as those of students are."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.lab_samples import mistaken, perfect, written
from tracekit.lab.answers import read_answers
from tracekit.lab.evidence import Evidence
from tracekit.lab.exercise import Exercise
from tracekit.lab.plugin import Context, run_all
from tracekit.lab.score import Check
from tracekit.lab.seeds import Secret
from tracekit.lab.variants import Variant, variant

SECRET = Secret(b"the secret of the samples")
STUDENTS = 24
"""So many are asked after, to meet every kind of server."""

Judged = Callable[[Exercise, str], dict[str, list[Check]]]
"""From an exercise and a sample's name to what its checks found, by the kind of server."""


def variants(exercise: Exercise) -> dict[str, Variant]:
    """Return a variant for each kind of server, by that."""
    found: dict[str, Variant] = {}
    for number in range(STUDENTS):
        one = variant(exercise, SECRET, "samples", f"student{number}")
        found.setdefault(f"{one.key.mpm}-{one.key.server}", one)
    return found


def names(exercise: Exercise, server: str) -> list[str]:
    """Return the samples to judge: the right answers everywhere, mistakes once with each model."""
    mistakes = exercise.mistakes if server in ("prefork-tracekit", "worker-apache2", "event-tracekit") else ()
    return ["perfect", *(mistake.name for mistake in mistakes), "empty"]


def sample(exercise: Exercise, one: Variant, name: str) -> dict[str, Any]:
    """Return the answers of a sample."""
    if name == "empty":
        return {}
    return perfect(exercise, one) if name == "perfect" else mistaken(exercise, one, name)


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Judge an exercise's samples, all of them at once: an engine's start costs more than they do."""
    folder = tmp_path_factory.mktemp("samples")

    @cache
    def judge(exercise: Exercise) -> dict[tuple[str, str], list[Check]]:
        todo = {
            (name, server): (exercise, context(exercise, one, sample(exercise, one, name), folder))
            for server, one in variants(exercise).items()
            for name in names(exercise, server)
        }
        return dict(zip(todo, run_all(list(todo.values())), strict=True))

    def of_sample(exercise: Exercise, name: str) -> dict[str, list[Check]]:
        return {server: checks for (which, server), checks in judge(exercise).items() if which == name}

    return of_sample


def context(exercise: Exercise, one: Variant, answers: dict[str, Any], folder: Path) -> Context:
    """Return what the checks of an exercise see, with answers that are read from a file."""
    (folder / "answers.toml").write_text(written(answers))
    read = read_answers(folder, exercise, one.questions)
    assert not read.problems
    assert one.trace is not None
    return Context(read, one.trace, Evidence(one.trace), one.questions, one.key)
