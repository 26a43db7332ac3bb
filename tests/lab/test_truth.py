"""The truth of a scene: it survives JSON, and what is not one is refused."""

import json
from typing import Any

import pytest

from tracekit.errors import UnreadableError
from tracekit.lab.truth import Alias, Coverage, Crash, Process, Request, Scaling, Thread, Truth

WHOLE = Truth(
    server="apache2",
    mpm="event",
    numbers={"StartServers": 2, "ThreadsPerChild": 3},
    docroot="/srv/a/b",
    aliases=(Alias("/c", "/srv/d"),),
    decoys=("/srv/e",),
    processes=(
        Process(100001, 100000, "main", (Thread(100001, "main"),)),
        Process(100002, 100001, "worker", (Thread(100002, "main"), Thread(100003, "worker"))),
    ),
    requests=(Request("127.0.0.1:40000", 1, "GET", "/f", 200, 100002, 100003, 100002, "/srv/a/b/f"),),
    scaling=Scaling(2, 9, 4, False, (100002,), (1, 2, 1)),
    crash=Crash("SIGSEGV", 100003, 100002, 100002, (100002, 100003), (), 100010),
    coverage=Coverage(False, (100001,), (100002, 100003), (100002,)),
    tokens={"words": ("srv",), "pids": ("100001",), "ports": ("40000",)},
)


def test_it_survives_json() -> None:
    assert Truth.from_text(json.dumps(WHOLE.data())) == WHOLE


def test_what_a_scene_is_not_about_may_be_missing() -> None:
    data = {
        name: value for name, value in WHOLE.data().items() if name not in ("scaling", "crash", "coverage")
    }
    truth = Truth.of(data)
    assert (truth.scaling, truth.crash, truth.coverage) == (None, None, None)


def test_processes_are_found() -> None:
    assert WHOLE.process(100002) == WHOLE.processes[1]
    assert WHOLE.process(5) is None
    assert WHOLE.workers() == WHOLE.processes[1:]


@pytest.mark.parametrize(
    "change",
    [
        {"docroots": "/a"},
        {"aliases": [{"url": "/a"}]},
        {"scaling": {"peak": 3}},
        {"tokens": []},
        {"requests": 3},
    ],
)
def test_what_is_no_truth_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(UnreadableError, match="not the truth"):
        Truth.of(WHOLE.data() | change)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"server": "apache2"}'])
def test_text_that_is_no_truth_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError, match="not the truth"):
        Truth.from_text(text)
