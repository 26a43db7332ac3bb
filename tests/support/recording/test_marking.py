"""Marks: the right answer passes, a wrong one is told from one that is not given."""

from typing import Any

import pytest

from tests.support.recording.marking import (
    MARKS,
    RIGHT,
    UNDETERMINED,
    WRONG,
    Mark,
    is_good,
)

TRUTH: dict[str, Any] = {
    "server": "apache-event",
    "strace": "-f",
    "how": "attach",
    "traced": None,
    "mpm": "event",
    "docroots": [{"host": "localhost", "path": "/a"}, {"host": "two.example", "path": "/b"}],
    "aliases": [{"url": "/shared", "path": "/c"}],
    "requests": [
        {
            "client": f"127.0.0.1:{port}",
            "nth": 1,
            "pid": 10,
            "tid": 12,
            "accept_tid": 11,
            "status": 200,
            "file": f"/a/{port}",
        }
        for port in range(1, 101)
    ],
    "processes": [{"pid": 10, "ppid": 1, "tids": [10, 11, 12]}],
    "crashes": [
        {"signal": "SIGSEGV", "culprit_tid": 12, "pid": 10, "victims": [10, 11, 12], "replacement_pid": 20}
    ],
}


def served(port: int, **changes: Any) -> dict[str, Any]:
    row = {
        "client": f"127.0.0.1:{port}",
        "nth_on_connection": 1,
        "method": "GET",
        "target": "/",
        "pid": 10,
        "serve_tid": 12,
        "accept_tid": 11,
        "status": 200,
    }
    return row | changes


ALL = [served(port) for port in range(1, 101)]
ROOTS = [{"host": "localhost:80", "path": "/a"}]
PROCESS = {"pid": 10, "pid_known": True, "ppid": 1, "threads": [{"tid": 10}, {"tid": 12}]}
CRASH = {"signal": "SIGSEGV", "culprit_tid": 12, "pid": 10, "victims": [12, 10, 11], "replacement_pid": 20}


def docroot(*roots: dict[str, Any], aliases: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"docroots": roots, "aliases": aliases, "undetermined": [], "reason": "so"}


def dispatch(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"requests": rows, "reason": "so"}


def coverage(verdict: str, *untraced: int) -> dict[str, Any]:
    return {"verdict": verdict, "reason": "so", "untraced_tids": untraced}


def files(*paths: str) -> dict[str, Any]:
    return {"files": [{"path": path, "kind": "document"} for path in paths]}


SERVED = [f"/a/{port}" for port in range(1, 101)]

CASES = [
    ("docroot", docroot(*ROOTS), RIGHT),
    ("docroot", docroot(*ROOTS, aliases=({"url": "/shared/x", "path": "/c/x"},)), RIGHT),
    ("docroot", docroot(), UNDETERMINED),
    ("docroot", docroot({"host": "two.example", "path": "/a"}), WRONG),
    ("docroot", docroot(*ROOTS, {"host": None, "path": "/c"}), WRONG),
    ("docroot", docroot(*ROOTS, aliases=({"url": "/shared", "path": "/d"},)), WRONG),
    ("mpm", {"mpm": "event", "reason": ""}, RIGHT),
    ("mpm", {"mpm": "undetermined", "reason": ""}, UNDETERMINED),
    ("mpm", {"mpm": "worker", "reason": ""}, WRONG),
    ("dispatch", dispatch(*ALL), RIGHT),
    ("dispatch", dispatch(*ALL[1:]), RIGHT),
    ("dispatch", dispatch(*ALL[:50]), UNDETERMINED),
    ("dispatch", dispatch(), UNDETERMINED),
    ("dispatch", dispatch(*ALL, served(200, method=None)), RIGHT),
    ("dispatch", dispatch(*(row | {"client": None} for row in ALL)), RIGHT),
    ("dispatch", dispatch(*(row | {"client": None, "serve_tid": 11} for row in ALL)), WRONG),
    ("dispatch", dispatch(*ALL[1:], served(1, serve_tid=11)), WRONG),
    ("dispatch", dispatch(*ALL[1:], served(1, accept_tid=12)), WRONG),
    ("dispatch", dispatch(*ALL[1:], served(1, status=404)), WRONG),
    ("dispatch", dispatch(*ALL, served(200)), WRONG),
    ("files", files(*SERVED), RIGHT),
    ("files", files(*SERVED[1:]), UNDETERMINED),
    ("files", files(*SERVED, "/etc/localtime"), WRONG),
    ("tasks", {"processes": [PROCESS]}, RIGHT),
    ("tasks", {"processes": [PROCESS | {"pid": 12, "threads": [{"tid": 12}], "pid_known": False}]}, RIGHT),
    ("tasks", {"processes": [PROCESS | {"pid": 12, "threads": [{"tid": 12}]}]}, WRONG),
    ("tasks", {"processes": [PROCESS | {"ppid": 7}]}, WRONG),
    ("crashes", {"crashes": [CRASH]}, RIGHT),
    ("crashes", {"crashes": []}, UNDETERMINED),
    ("crashes", {"crashes": [CRASH | {"culprit_tid": 10}]}, WRONG),
    ("crashes", {"crashes": [CRASH, CRASH]}, WRONG),
    ("coverage", coverage("complete"), RIGHT),
    ("coverage", coverage("unknown"), RIGHT),
    ("coverage", coverage("partial", 11), WRONG),
]


@pytest.mark.parametrize(("question", "found", "word"), CASES)
def test_each_answer_has_its_mark(question: str, found: dict[str, Any], word: str) -> None:
    assert MARKS[question](TRUTH, found).word == word


def test_of_a_part_only_what_it_served_is_asked_for_and_it_is_not_called_all() -> None:
    part = TRUTH | {"traced": [20]}
    assert MARKS["dispatch"](part, dispatch()).word == RIGHT
    assert MARKS["coverage"](part, coverage("partial", 12)).word == RIGHT
    assert MARKS["coverage"](part, coverage("complete")).word == WRONG


def test_what_was_launched_is_known_to_be_complete() -> None:
    launched = TRUTH | {"how": "launch"}
    assert MARKS["coverage"](launched, coverage("complete")).word == RIGHT
    assert MARKS["coverage"](launched, coverage("unknown")).word == UNDETERMINED


def test_where_nothing_can_be_known_the_reason_counts() -> None:
    assert is_good(Mark(RIGHT, ""), None)
    assert not is_good(Mark(UNDETERMINED, ""), None)
    assert is_good(Mark(RIGHT, ""), "no traffic")
    assert is_good(Mark(UNDETERMINED, "no traffic: nobody came"), "no traffic")
    assert not is_good(Mark(UNDETERMINED, "the moon"), "no traffic")
    assert not is_good(Mark(WRONG, "no traffic"), "no traffic")
