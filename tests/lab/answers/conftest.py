"""Files of answers to an exercise that is made for these tests: a field of every type."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tracekit.lab.answers import Answers, read_answers
from tracekit.lab.exercise import Exercise, Field

COLUMNS = (
    Field("target", "text", "The target."),
    Field("pid", "int", "The process.", points=1),
    Field("line", "int", "The line.", points=1),
)
FIELDS = (
    Field("main", "int", "The main process.", points=1),
    Field("name", "text", "A word.", points=1),
    Field("root", "path", "A folder.", points=1),
    Field("mpm", "choice", "The module.", choices=("prefork", "worker", "event"), points=1),
    Field("complete", "choice", "Yes or no.", choices=("yes", "no"), points=1),
    Field("workers", "ints", "Processes.", points=1, at_most=4),
    Field("evidence", "evidence", "Lines.", points=1, at_most=3),
    Field("requests", "table", "Requests.", columns=COLUMNS),
)
ASKED = ("/a.html", "/b.html")


@pytest.fixture(scope="session")
def exercise() -> Exercise:
    """An exercise with a field of every type."""
    return Exercise("all", "All", 9, "site", ("offline",), FIELDS, 2, (), Path())


Given = Callable[..., Answers]


@pytest.fixture
def given(tmp_path: Path, exercise: Exercise) -> Given:
    """Reads a text as the answers to it."""

    def read(text: str | bytes, name: str = "answers.toml") -> Answers:
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_answers(tmp_path, exercise, ASKED)

    return read
