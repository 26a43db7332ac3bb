"""The answers about recorded servers, held against what servers, clients and proc(5) said of themselves."""

import json
from typing import Any

import pytest

from tests.support.recording.cases import CANNOT
from tests.support.recording.marking import unexpected
from tests.support.traces import RECORDED
from tracekit.events import Trace, read_trace

FOLDER = RECORDED / "servers"


def trace_of(name: str) -> Trace:
    """Return a recorded trace: a folder of -ff files, or one packed file."""
    folder = FOLDER / name
    return read_trace(folder if folder.is_dir() else FOLDER / f"{name}.strace.gz")


def truth_of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.truth.json").read_text())
    return found


@pytest.mark.parametrize("name", CANNOT)
def test_every_answer_is_right_or_says_why_there_is_none(name: str) -> None:
    assert unexpected(truth_of(name), trace_of(name), CANNOT[name]) == {}


def test_every_recording_has_its_row() -> None:
    assert {path.name.removesuffix(".truth.json") for path in FOLDER.glob("*.json")} == set(CANNOT)
