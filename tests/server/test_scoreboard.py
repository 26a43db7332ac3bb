"""The scoreboard: what one process writes another reads, and each number stays in its place."""

import os

import pytest

from server.processes.scoreboard import GlobalScore, ProcessScore, Scoreboard, Status, WorkerScore
from server.processes.shared_records import Cell, Record, Text

SCORES = [GlobalScore, ProcessScore, WorkerScore]


def fields(kind: type[Record]) -> list[str]:
    return [name for name, value in vars(kind).items() if isinstance(value, Cell | Text)]


def test_the_letters_are_those_of_mod_status() -> None:
    letters = {status.name: status.letter for status in Status}
    assert letters == {
        "DEAD": ".",
        "STARTING": "S",
        "READY": "_",
        "READING": "R",
        "WRITING": "W",
        "KEEP_ALIVE": "K",
        "LOGGING": "L",
        "DNS": "D",
        "CLOSING": "C",
        "GRACEFUL": "G",
        "IDLE_KILL": "I",
    }


def test_no_two_values_share_memory() -> None:
    board = Scoreboard(3, 2)
    records = [
        board.whole,
        *board.processes(),
        *(board.worker(slot, one) for slot in range(3) for one in (0, 1)),
    ]
    expected: dict[tuple[int, str], int | bytes] = {}
    for number, record in enumerate(records):
        for name in fields(type(record)):
            is_text = isinstance(vars(type(record))[name], Text)
            value: int | bytes = len(expected) + 1
            if is_text:
                value = b"%d:" % (len(expected) + 1) + b"x" * 8
            setattr(record, name, value)
            expected[number, name] = value
    found = {
        (number, name): getattr(record, name)
        for number, record in enumerate(records)
        for name in fields(type(record))
    }
    assert found == expected


@pytest.mark.parametrize("kind", SCORES)
def test_a_cleared_record_is_all_zero(kind: type[Record]) -> None:
    board = Scoreboard(2, 1)
    record = {GlobalScore: board.whole, ProcessScore: board.process(0), WorkerScore: board.worker(0, 0)}[kind]
    for name in fields(kind):
        setattr(record, name, b"text" if isinstance(vars(kind)[name], Text) else 7)
    record.clear()
    assert {getattr(record, name) or 0 for name in fields(kind)} == {0}


@pytest.mark.parametrize(
    ("text", "expected"),
    [(b"", b""), (b"GET / HTTP/1.1", b"GET / HTTP/1.1"), (b"x" * 63, b"x" * 63), (b"x" * 64, b"x" * 63)],
)
def test_texts_are_cut_off(text: bytes, expected: bytes) -> None:
    worker = Scoreboard(1, 1).worker(0, 0)
    worker.request = b"something that was longer before"
    worker.request = text
    assert worker.request == expected


def test_another_process_sees_what_is_written() -> None:
    board = Scoreboard(2, 2)
    pid = os.fork()
    if pid == 0:
        worker = board.worker(1, 1)
        worker.enlist(4711, generation=3)
        worker.begin_connection(b"192.0.2.1")
        worker.begin(b"localhost:80", b"GET / HTTP/1.1", 1)
        worker.count(100)
        worker.set(Status.KEEP_ALIVE)
        os._exit(0)
    assert os.waitpid(pid, 0) == (pid, 0)
    worker = board.worker(1, 1)
    assert (worker.tid, worker.pid, worker.generation, worker.status) == (4711, pid, 3, Status.KEEP_ALIVE)
    assert (worker.client, worker.vhost, worker.request) == (b"192.0.2.1", b"localhost:80", b"GET / HTTP/1.1")
    assert board.statuses(1) == [Status.DEAD, Status.KEEP_ALIVE]
    assert board.statuses(0) == [Status.DEAD, Status.DEAD]


def test_counters_go_on_with_slot_child_and_connection() -> None:
    worker = Scoreboard(1, 1).worker(0, 0)
    worker.enlist(1)
    worker.begin_connection(b"192.0.2.1")
    worker.count(10)
    worker.count(20)
    worker.begin_connection(b"192.0.2.2")
    worker.count(5)
    assert (worker.connection_accesses, worker.connection_bytes) == (1, 5)
    assert (worker.child_accesses, worker.child_bytes) == (3, 35)
    worker.enlist(2)
    worker.count(1)
    assert (worker.child_accesses, worker.child_bytes) == (1, 1)
    assert (worker.slot_accesses, worker.slot_bytes) == (4, 36)


def test_without_extended_status_nothing_is_counted() -> None:
    worker = Scoreboard(1, 1, extended=False).worker(0, 0)
    worker.begin_connection(b"192.0.2.1")
    worker.begin(b"localhost", b"GET / HTTP/1.1", 1)
    worker.count(10)
    assert (worker.slot_accesses, worker.request, worker.client, worker.started_us) == (0, b"", b"", 0)


def test_a_process_that_has_gone_leaves_its_counts() -> None:
    board = Scoreboard(2, 2)
    board.set_pid(1, 1234)
    board.worker(1, 0).count(10)
    board.worker(1, 0).set(Status.READY)
    board.process(1).quiescing = 1
    assert (board.pids(), board.slot_of(1234)) == ([1234], 1)
    board.clear(1)
    assert (board.pids(), board.slot_of(1234), board.process(1).quiescing) == ([], None, 0)
    assert (board.worker(1, 0).status, board.worker(1, 0).slot_accesses) == (Status.DEAD, 1)
    board.reset()
    assert board.worker(1, 0).slot_accesses == 0
