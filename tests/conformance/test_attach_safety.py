"""A traced server is never harmed: not by attaching, not by detaching, not by the end of its tracer.

Each test holds for the real strace too, which shows that what it asks for can be had.
"""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.httpd import Apache, apache
from tests.support.load import Request, in_turn
from tests.support.processes import ending, start, threads, wait_until
from tests.support.requirements import need
from tests.support.tracers import STOPPED, TRACERS, attached, free, traced_by

CHILDREN = 2
THREADS_PER_CHILD = 25
TASKS = 1 + CHILDREN * (THREADS_PER_CHILD + 2)
ROUNDS = 3
"""`make torture` comes and goes 200 times."""
REQUESTS = 20

pytestmark = [pytest.mark.conformance, pytest.mark.parametrize("tracer", TRACERS)]


@pytest.fixture
def server() -> Iterator[Apache]:
    """An apache2 of 55 threads in three processes, which has the same processes at the end."""
    with apache("event", CHILDREN, THREADS_PER_CHILD) as running:
        before = running.pids()
        yield running
        assert running.pids() == before
        assert free(before)
        assert [answer.status for answer in in_turn(running.address, [Request("/")])] == [200]


def test_every_thread_is_traced_and_let_go(server: Apache, tracer: str, tmp_path: Path) -> None:
    with attached(TRACERS[tracer](server, tmp_path / "trace"), server) as process:
        assert len(server.tids()) == TASKS
        assert traced_by(process.pid, server.pids())


def test_no_request_fails_while_a_tracer_comes_and_goes(server: Apache, tracer: str, tmp_path: Path) -> None:
    with under_load(server) as report:
        for _ in range(ROUNDS):
            with attached(TRACERS[tracer](server, tmp_path / "trace"), server):
                pass
    text = report.read_text()
    assert re.search(r"^Failed requests: +0$", text, re.MULTILINE), text
    assert "Non-2xx" not in text
    assert int(re.findall(r"^Complete requests: +(\d+)$", text, re.MULTILINE)[0]) > 0


@contextmanager
def under_load(server: Apache) -> Iterator[Path]:
    """Let ab ask for a page again and again while the block lasts; its report is there afterwards."""
    url = "http://{}:{}/".format(*server.address)
    report = server.root / "ab.txt"
    with report.open("wb") as out:
        ab = start([need("ab"), "-q", "-c", "8", "-t", "600", "-n", "100000000", url], stdout=out, stderr=out)
        with ending(ab):
            yield report
            ab.send_signal(signal.SIGINT)  # ab reports what it has so far
            ab.wait()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP], ids=lambda end: end.name)
def test_the_server_outlives_its_tracer(
    server: Apache, tracer: str, end: signal.Signals, tmp_path: Path
) -> None:
    with attached(TRACERS[tracer](server, tmp_path / "trace"), server) as process:
        process.send_signal(end)
        process.wait()
        wait_until(lambda: free(server.pids()), "the kernel to let go")
        assert server.process.poll() is None


@pytest.mark.parametrize("stopped_first", [True, False], ids=["stopped, then traced", "traced, then stopped"])
def test_a_stopped_process_stays_stopped_until_it_is_continued(
    server: Apache, tracer: str, stopped_first: bool, tmp_path: Path
) -> None:
    _, child, other = server.pids()
    command = TRACERS[tracer](server, tmp_path / "trace")
    if stopped_first:
        hold(child)
    with attached(command, server):
        if not stopped_first:
            hold(child)
        assert served_by(server) == {other}
    wait_until(lambda: {task.state for task in threads(child)} == {"T"}, "the process to be as it was")
    assert served_by(server) == {other}
    os.kill(child, signal.SIGCONT)
    wait_until(lambda: free([child]), "the process to run on")
    hold(other)
    assert served_by(server) == {child}
    os.kill(other, signal.SIGCONT)
    wait_until(lambda: free([other]), "the other process to run on")


def test_a_process_that_is_continued_while_traced_runs_on(
    server: Apache, tracer: str, tmp_path: Path
) -> None:
    _, child, other = server.pids()
    with attached(TRACERS[tracer](server, tmp_path / "trace"), server):
        hold(child)
        os.kill(child, signal.SIGCONT)
        hold(other)
        assert served_by(server) == {child}
        os.kill(other, signal.SIGCONT)
    assert len(served_by(server)) > 0


def hold(pid: int) -> None:
    """Stop a process and wait until each of its threads has stopped."""
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: all(task.state in STOPPED for task in threads(pid)), f"{pid} to stop")


def served_by(server: Apache) -> set[int]:
    """Send some requests, each on a connection of its own, and return the processes that served them."""
    before = len(server.served(0))
    for _ in range(REQUESTS):
        in_turn(server.address, [Request("/")])
    return {request.pid for request in server.served(before + REQUESTS)[before:]}
