"""From the keeper's record to the key, for the time of a student's trace: by hand."""

from pathlib import Path
from typing import Any

import pytest

from tracekit.lab import exercise
from tracekit.lab.live import records
from tracekit.lab.live.assignment import Assignment
from tracekit.lab.live.keys import Seen, live_variant, truth_of
from tracekit.lab.live.records import NoRecordError
from tracekit.lab.seeds import PRACTICE, Secret
from tracekit.lab.submissions.files import BadSubmissionError
from tracekit.lab.traces import StudentTrace
from tracekit.lab.truth import Coverage, Crash, Process, Scaling, Thread, Truth

S = 1_000_000_000
BEGIN = 1_700_000_000 * S
"""The keeper's first look."""


def life(pid: int, tid: int, role: str, began: float = 0, ended: float | None = None) -> dict[str, Any]:
    times = {"began": BEGIN + int(began * S), "ended": None if ended is None else BEGIN + int(ended * S)}
    return {"pid": pid, "ppid": 0 if pid == 10 else 10, "tid": tid, "role": role, **times}


def request(target: str, port: int, at: float, **others: Any) -> dict[str, Any]:
    row = {"port": port, "nth": 1, "pid": 20, "tid": 21, "accept_tid": None, "status": 200, "method": "GET"}
    return {**row, "target": target, "time_ns": BEGIN + int(at * S), **others}


LIVES = [
    life(10, 10, "main"),
    life(20, 20, "main"),
    life(20, 21, "worker"),
    life(20, 22, "listener"),
    life(30, 30, "main", 5, 20),
    life(30, 31, "", 5, 5.01),
    life(30, 32, "", 5.01, 20),
    life(30, 33, "listener", 5.01, 20),
    life(40, 40, "main", 21),
    life(40, 41, "worker", 21),
    life(40, 42, "listener", 21),
]
CRASH = {
    "time_ns": BEGIN + 20 * S,
    "signal": "SIGSEGV",
    "tid": 32,
    "pid": 30,
    "victims": [30, 32, 33],
    "before": [20, 30],
    "survivors": [20],
    "replacement": 40,
}
RECORD: dict[str, Any] = {
    "server": "apache2",
    "mpm": "event",
    "numbers": {"StartServers": 1},
    "limit": 2,
    "docroot": "/srv/a/htdocs",
    "aliases": [{"url": "/x", "path": "/srv/b"}],
    "decoys": ["/srv/b", "/srv/c"],
    "files": {"/one": "/srv/a/htdocs/one", "/two": "/srv/a/htdocs/two"},
    "targets": ["/two", "/one"],
    "first": 10,
    "lives": LIVES,
    "requests": [],
    "crashes": [CRASH],
}


def lines(*events: tuple[int, float], text: str = "read(3) = 0") -> list[str]:
    return [f"{tid} {BEGIN / S + at:.6f} {text}" for tid, at in events]


def truth(*trace: str, **changed: Any) -> Truth:
    return truth_of({**RECORD, **changed}, trace)


def pids(key: Truth) -> list[int]:
    return [one.pid for one in key.processes]


def test_without_a_time_it_is_the_servers_whole_life() -> None:
    key = truth("21 read(3) = 0")
    assert key.processes == (
        Process(10, 0, "main", (Thread(10, "main"),)),
        Process(20, 10, "worker", (Thread(20, "main"), Thread(21, "worker"), Thread(22, "listener"))),
        Process(
            30,
            10,
            "worker",
            (Thread(30, "main"), Thread(31, "starter"), Thread(32, "worker"), Thread(33, "listener")),
        ),
        Process(40, 10, "worker", (Thread(40, "main"), Thread(41, "worker"), Thread(42, "listener"))),
    )
    assert (key.server, key.mpm, key.docroot) == ("apache2", "event", "/srv/a/htdocs")
    assert key == Truth.of(key.data()), "it is a truth like that of a scene"


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [(1, 2, [10, 20]), (1, 6, [10, 20, 30]), (6, 7, [10, 20, 30]), (20.5, 22, [10, 20, 40])],
)
def test_processes_are_those_that_lived_during_the_trace(
    since: float, until: float, expected: list[int]
) -> None:
    assert pids(truth(*lines((10, since), (21, until)))) == expected


def test_a_prefix_of_strace_and_lines_of_no_task_are_no_obstacle() -> None:
    assert pids(
        truth("# tracekit 1", "[pid 21] 1700000001.5 read(3) = 0", "21 1700000002.5 +++ exited +++")
    ) == [
        10,
        20,
    ]


def test_growth_counts_what_came_after_the_start_and_threads_that_stayed() -> None:
    assert truth().scaling == Scaling(2, 6, 2, True, (30, 40), (1, 2, 1, 2))
    assert truth(limit=3).scaling == Scaling(2, 6, 3, False, (30, 40), (1, 2, 1, 2))


def test_the_last_crash_in_the_trace_counts() -> None:
    late = {**CRASH, "time_ns": BEGIN + 50 * S, "pid": 40, "tid": 41}
    unfinished = {**CRASH, "replacement": None}
    key = truth(*lines((10, 19), (10, 30)), crashes=[CRASH, late, unfinished])
    assert key.crash == Crash("SIGSEGV", 32, 30, 30, (30, 32, 33), (20,), 40)
    other = truth(crashes=[CRASH, late]).crash
    assert other is not None
    assert other.tid == 41
    assert truth(crashes=[unfinished]).crash is None


def test_coverage_is_which_threads_have_lines() -> None:
    whole = [(10, 1), (20, 1), (21, 1.1), (22, 2)]
    assert truth(*lines(*whole)).coverage == Coverage(True, (10, 20, 21, 22), (), ())
    assert truth(*lines((10, 1), (20, 1), (22, 2), (99, 2))).coverage == Coverage(
        False, (10, 20, 22), (21,), (20,)
    )
    grown = truth(*lines(*whole, (21, 8))).coverage
    assert grown == Coverage(False, (10, 20, 21, 22), (30, 32, 33), (30,)), "a starter is not missed"


def test_who_ended_while_the_tracer_attached_is_not_missed() -> None:
    trace = lines((10, 19.9), (20, 19.9), (21, 20), (22, 20), (40, 21), (41, 21), (42, 22))
    found = truth(*trace).coverage
    assert found is not None
    assert found.complete


def test_a_trace_of_a_moment_can_be_complete() -> None:
    lives = [life(10, 10, "main", 0.9, 1.2), life(20, 20, "worker", 0.9, 1.2)]
    trace = lines((10, 1), (20, 1.1))
    assert truth(*trace, lives=lives, mpm="prefork").coverage == Coverage(True, (10, 20), (), ())
    assert truth(*trace[:1], lives=lives, mpm="prefork").coverage == Coverage(False, (10,), (20,), (20,))


def test_no_trace_covers_nothing() -> None:
    found = truth().coverage
    assert found is not None
    assert not found.complete


def test_requests_are_those_whose_connection_is_in_the_trace() -> None:
    rows = [request("/one", 4001, 1), request("/two", 4002, 2), request("/one", 4003, 3)]
    accepts = [
        *lines((22, 0.9), text="accept4(3, {sa_family=AF_INET, sin_port=htons(4001)}, [16], 0) = 9"),
        *lines(
            (22, 2.9), text="accept4(3<TCP:[127.0.0.1:80]>, 0, 0, 0) = 9<TCP:[127.0.0.1:80->127.0.0.1:4003]>"
        ),
        *lines((21, 3.5)),
    ]
    key = truth(*accepts, requests=rows)
    assert [(one.target, one.client, one.accept_tid, one.file) for one in key.requests] == [
        ("/one", "127.0.0.1:4001", 22, "/srv/a/htdocs/one"),
        ("/one", "127.0.0.1:4003", 22, "/srv/a/htdocs/one"),
    ]


def test_without_ports_the_time_tells() -> None:
    rows = [request("/one", 4001, 1), request("/two", 4002, 9)]
    assert [one.target for one in truth(*lines((21, 0.5), (21, 3)), requests=rows).requests] == ["/one"]


def test_what_is_not_known_of_a_request() -> None:
    rows = [
        request("/one", 1, 1, status=404),
        request("/one", 2, 1, tid=None),
        request("/one", 3, 1, accept_tid=5),
    ]
    first, last = truth(requests=rows).requests
    assert first.file is None
    assert last.accept_tid == 5, "the server's own word goes first"


def test_with_prefork_the_process_does_it_all() -> None:
    lives = [life(10, 10, "main"), life(20, 20, "worker")]
    key = truth(mpm="prefork", lives=lives, requests=[request("/one", 1, 1, tid=None)], crashes=[])
    assert [(one.pid, one.tid, one.accept_tid) for one in key.requests] == [(20, 20, 20)]
    assert key.processes[1].threads == (Thread(20, "worker"),)


def test_a_variant_of_a_record(tmp_path: Path) -> None:
    secret = Secret(PRACTICE)
    assignment = Assignment("c", "s", exercise.get("dispatch"), "apache2")
    place = records.folder(assignment, tmp_path)
    records.make(place)
    records.seal(place, records.sealing_key(secret, assignment), RECORD)
    file = tmp_path / "trace.strace"
    file.write_text("\n".join(lines((21, 1), (21, 2))) + "\n")
    made = live_variant(assignment, secret, StudentTrace(file), tmp_path)
    assert (made.exercise, made.questions, made.key.mpm) == ("dispatch", ("/two", "/one"), "event")
    assert made.trace is not None
    assert len(made.trace) == 2
    assert made.key.coverage is None, "the trace misses threads, and that is not what it is graded for"
    with pytest.raises(BadSubmissionError, match="there is no trace"):
        live_variant(assignment, secret, None, tmp_path)
    with pytest.raises(NoRecordError):
        live_variant(assignment, Secret(b"x" * 20), StudentTrace(file), tmp_path)


def test_a_line_of_a_million_characters_is_soon_read() -> None:
    """What tries each beginning to each end takes hours: nobody waits that long for one student's trace."""
    for some in ("a", "1", ".", ":1", "[::1"):
        seen = Seen.of(
            ["7 1700000000.000000 " + some * (1_000_000 // len(some)), "8 read(4<TCP:[::1]:5000]>)"]
        )
        assert (seen.tids, seen.ports) == ({7, 8}, {5000})
