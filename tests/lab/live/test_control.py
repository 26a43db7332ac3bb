"""Servers that run: started, asked, crashed, ended; what was kept of each is held against other sources."""

import http.client
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import start, stop, task, threads, tree, wait_until
from tests.support.requirements import need, need_root
from tracekit.errors import NotPermittedError, TracekitError, UsageError
from tracekit.lab import exercise
from tracekit.lab.live import configuration, records
from tracekit.lab.live.assignment import Assignment
from tracekit.lab.live.control import crash_live, start_live, stop_live, where
from tracekit.lab.live.keys import truth_of
from tracekit.lab.live.launching import Where
from tracekit.lab.live.site import plan
from tracekit.lab.seeds import PRACTICE, Secret
from tracekit.lab.truth import Truth

SECRET = Secret(PRACTICE)


def student(name: str, wanted: str) -> str:
    """Return a student whose chance gives a model; another in each process, as folders are by the seed."""
    for number in range(1000):
        one = f"{os.getpid()}-{number}"
        chance = SECRET.chance("c", one, name)
        asked = exercise.get(name)
        if plan(name, asked.kind, asked.questions, chance, Path("/x")).mpm == wanted:
            return one
    raise AssertionError(f"no student gets {wanted}")


@contextmanager
def running(name: str, server: str, mpm: str, keys: Path) -> Iterator[tuple[Assignment, Where]]:
    assignment = Assignment("c", student(name, mpm), exercise.get(name), server)
    found = start_live(assignment, SECRET, keys)
    try:
        yield assignment, found
    finally:
        with suppress(UsageError):  # the test has ended it
            stop_live(assignment, keys)


def get(found: Where, target: str) -> tuple[int, bytes, int]:
    """Ask for a page on a connection of its own; return status, content and our port."""
    connection = http.client.HTTPConnection(found.host, found.port, timeout=30)
    connection.connect()
    port = connection.sock.getsockname()[1]
    connection.request("GET", target, headers={"Connection": "close"})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content, port


def truth(assignment: Assignment, keys: Path) -> Truth:
    place = records.folder(assignment, keys)
    return truth_of(records.opened(place, records.sealing_key(SECRET, assignment)), ())


def keeper(assignment: Assignment, keys: Path) -> int:
    state = records.read(records.folder(assignment, keys) / records.STATE)
    assert state is not None
    pid: int = state["keeper"][0]
    return pid


def ended(pid: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    found = task(pid)
    return found is None or found.ended


@pytest.mark.parametrize(
    ("server", "mpm"),
    [
        ("tracekit", "prefork"),
        ("tracekit", "worker"),
        ("tracekit", "event"),
        ("apache2", "prefork"),
        ("apache2", "event"),
    ],
)
def test_a_server_from_its_start_to_its_key(server: str, mpm: str, tmp_path: Path) -> None:
    """Who lived is held against another reader of proc(5), what was served against the client."""
    if server == "apache2":
        need("apache2")
        need_root()
    with running("docroot", server, mpm, tmp_path) as (assignment, found):
        assert where(assignment, tmp_path) == found
        lived = {pid: {one.tid for one in threads(pid)} for pid in tree(found.pid)}
        ports = {}
        for target in found.targets:
            status, content, ports[target] = get(found, target)
            assert (status, content) == (200, f"{target}\n".encode())
        # A child that is told to end while it closes a connection has not logged its request yet.
        wait_until(lambda: len(_kept(assignment, tmp_path)["requests"]) > len(ports), "the log")
        watcher = keeper(assignment, tmp_path)
        with pytest.raises(UsageError, match="runs already"):
            start_live(assignment, SECRET, tmp_path)
        stop_live(assignment, tmp_path)
        assert all(map(ended, [*lived, watcher]))
        assert where(assignment, tmp_path) is None
    key = truth(assignment, tmp_path)
    assert (key.server, key.mpm) == (server, mpm)
    assert {one.pid: {thread.tid for thread in one.threads} for one in key.processes} == lived
    assert (key.processes[0].pid, key.processes[0].role) == (found.pid, "main")
    assert len(key.workers()) == key.numbers["StartServers"]
    roles = sorted(thread.role for thread in key.workers()[0].threads)
    threaded = ["listener", "main", *["worker"] * key.numbers.get("ThreadsPerChild", 0)]
    assert roles == (["worker"] if mpm == "prefork" else threaded)
    clients = {target: f"127.0.0.1:{port}" for target, port in ports.items()}
    assert {one.target: one.client for one in key.requests if one.target != "/"} == clients
    for one in key.requests:
        process = key.process(one.pid)
        assert process is not None
        by_tid = {thread.tid: thread.role for thread in process.threads}
        assert by_tid[one.tid] == "worker"
        assert one.accept_tid is not None
        assert by_tid[one.accept_tid] == ("worker" if mpm == "prefork" else "listener")
    assert not Path(key.docroot).exists(), "the pages are gone with the server"


@pytest.mark.parametrize("server", ["tracekit", "apache2"])
def test_a_crash(server: str, tmp_path: Path) -> None:
    if server == "apache2":
        need("apache2")
        need_root()
    with running("crash", server, "worker", tmp_path) as (assignment, found):
        before = {pid: sorted(one.tid for one in threads(pid)) for pid in tree(found.pid)[1:]}
        with pytest.raises(UsageError, match="not traced"):
            crash_live(assignment, tmp_path)
        crash_live(assignment, tmp_path, force=True)
        after = tree(found.pid)[1:]
        stop_live(assignment, tmp_path)
    crash = truth(assignment, tmp_path).crash
    assert crash is not None
    assert (crash.signal, crash.pid, crash.main_tid) == ("SIGSEGV", *set(before) - set(after), crash.pid)
    assert crash.tid in before[crash.pid]
    assert crash.tid != crash.pid
    assert list(crash.victims) == before[crash.pid]
    assert set(crash.survivors) == set(before) & set(after)
    assert {crash.replacement} == set(after) - set(before)


def test_growth(tmp_path: Path) -> None:
    with running("scaling", "tracekit", "prefork", tmp_path) as (assignment, found):
        record = _kept(assignment, tmp_path)
        before = set(tree(found.pid)[1:])
        clients = [socket.create_connection((found.host, found.port)) for _ in range(record["limit"] + 3)]
        try:
            for one in clients:
                one.sendall(b"A")
            wait_until(lambda: len(tree(found.pid)) == record["limit"] + 1, "the limit")
            wait_until(
                lambda: _written(assignment, tmp_path) == record["limit"], "the keeper to write it down"
            )
            grown = set(tree(found.pid)[1:]) - before
        finally:
            for one in clients:
                one.close()
        stop_live(assignment, tmp_path)
    scaling = truth(assignment, tmp_path).scaling
    assert scaling is not None
    assert (scaling.peak_processes, scaling.peak_threads) == (record["limit"], record["limit"])
    assert scaling.limit_reached
    assert set(scaling.spawned) == grown
    assert scaling.series[0] == len(before) == record["numbers"]["StartServers"]


def _written(assignment: Assignment, keys: Path) -> int:
    record = _kept(assignment, keys)
    return sum(one["pid"] != record["first"] for one in record["lives"])


def _kept(assignment: Assignment, keys: Path) -> dict[str, Any]:
    record = records.unsealed(records.folder(assignment, keys))
    assert record is not None
    return record


def test_a_keeper_that_is_killed_takes_nothing_along(tmp_path: Path) -> None:
    with running("crash", "tracekit", "event", tmp_path) as (assignment, found):
        watcher = keeper(assignment, tmp_path)
        os.kill(watcher, signal.SIGKILL)
        wait_until(lambda: ended(watcher), "the keeper's end")
        assert get(found, found.targets[0])[0] == 200
        with pytest.raises(TracekitError, match="nobody keeps note"):
            crash_live(assignment, tmp_path, force=True)
        stop_live(assignment, tmp_path)
        assert ended(found.pid)


def test_a_server_that_is_killed_takes_its_keeper_along(tmp_path: Path) -> None:
    with running("tree", "tracekit", "prefork", tmp_path) as (assignment, found):
        watcher = keeper(assignment, tmp_path)
        os.kill(found.pid, signal.SIGKILL)
        wait_until(lambda: ended(watcher), "the keeper's end")
        assert where(assignment, tmp_path) is None
        with pytest.raises(UsageError, match="no server of tree runs"):
            stop_live(assignment, tmp_path)
        key = truth(assignment, tmp_path)
        assert len(key.workers()) >= 3
        assert not Path(key.docroot).exists(), "the pages are gone with the server"


def test_a_pid_that_is_anothers_by_now_is_left_alone(tmp_path: Path) -> None:
    other = start([sys.executable, "-c", "input()"])
    try:
        assignment = Assignment("c", "s", exercise.get("tree"), "tracekit")
        place = records.folder(assignment, tmp_path)
        records.make(place)
        gone = Where("tracekit", "127.0.0.1", 1, other.pid, "x", ())._asdict()
        records.write(
            place / records.STATE, {"where": gone, "started": 1, "keeper": [other.pid, 1], "root": "/x"}
        )
        assert where(assignment, tmp_path) is None
        for deed in (stop_live, crash_live):
            with pytest.raises(UsageError, match="no server of tree runs"):
                deed(assignment, tmp_path)
    finally:
        stop(other)


def test_a_server_that_does_not_start_is_said_with_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration, "MODULES", ("authz_core", "dir", "alias", "nonsense"))
    assignment = Assignment("c", student("tree", "event"), exercise.get("tree"), "tracekit")
    with pytest.raises(TracekitError, match=r"tracekit does not start: .*nonsense"):
        start_live(assignment, SECRET, tmp_path)
    assert where(assignment, tmp_path) is None
    chance = SECRET.chance(assignment.course, assignment.student, "tree")
    assert not plan("tree", "site", 0, chance, configuration.base()).root.exists()


def test_apache_that_is_not_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(configuration, "APACHES", ())
    with pytest.raises(UsageError, match="there is no apache2 here"):
        start_live(Assignment("c", "s", exercise.get("tree"), "apache2"), SECRET, tmp_path)


def test_apache_takes_root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = configuration.Apache(sys.executable, tmp_path)
    monkeypatch.setattr(configuration, "APACHES", (found,))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NotPermittedError, match="has to be started by root"):
        start_live(Assignment("c", "s", exercise.get("tree"), "apache2"), SECRET, tmp_path)


def test_a_folder_that_is_not_the_labs_is_left_as_it_is(tmp_path: Path) -> None:
    asked = exercise.get("tree")
    site = plan("tree", asked.kind, 0, SECRET.chance("c", "s", "tree"), tmp_path)
    site.root.mkdir()
    (site.root / "precious").touch()
    with pytest.raises(UsageError, match="is not the lab's"):
        configuration.lay_out(site)
    configuration.remove(site.root)
    assert [file.name for file in site.root.iterdir()] == ["precious"]
    (site.root / "precious").unlink()
    site.root.rmdir()
    configuration.lay_out(site)
    configuration.lay_out(site)
    assert site.pages[site.targets[0]].read_text() == f"{site.targets[0]}\n"
    configuration.remove(site.root)
    assert not site.root.exists()
