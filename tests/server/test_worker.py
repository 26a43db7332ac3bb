"""worker: who has a connection keeps it, and the listener takes none that nobody could serve."""

import contextlib
from pathlib import Path

import pytest

from tests.support import load
from tests.support.held_connections import GET, accepted, answer, connect, is_in, thread_named
from tests.support.lab_server import lab_server
from tests.support.processes import wait_until

ALONE = "MaxRequestWorkers 2\nKeepAliveTimeout 300\nTimeout 300"


def test_one_worker_serves_one_connection(tmp_path: Path) -> None:
    with (
        lab_server(tmp_path, "worker", servers=1) as running,
        load.connected(running.address) as first,
        load.connected(running.address) as second,
    ):
        for _ in range(5):
            for connection in (first, second):
                assert connection.ask(load.Request("/")).status == 200
        served = running.served(10)
        workers = {
            port: {one.serve_tid for one in served if one.port == port} for port in (first.port, second.port)
        }
        assert [len(tids) for tids in workers.values()] == [1, 1]
        assert workers[first.port] != workers[second.port]
        assert {one.accept_tid for one in served}.isdisjoint(one.serve_tid for one in served)


@pytest.mark.parametrize("listens", [1, 2])
def test_the_listener_accepts_nothing_while_no_worker_is_idle(tmp_path: Path, listens: int) -> None:
    with (
        lab_server(tmp_path, "worker", servers=1, threads=2, listens=listens, extra=ALONE) as running,
        contextlib.ExitStack() as stack,
    ):
        (child,) = running.children()
        listener = thread_named(child, "listener")
        held = [stack.enter_context(connect(running.address, b"A")) for _ in range(2)]
        wait_until(lambda: accepted(child, running.address) == 2, "two busy workers")
        wait_until(lambda: is_in(listener, "futex"), "the listener, which waits for a worker")
        third = stack.enter_context(connect(running.addresses[-1], GET))
        assert is_in(listener, "futex")
        assert accepted(child, running.addresses[-1]) == (2 if listens == 1 else 0)
        held[0].close()
        assert answer(third).startswith(b"HTTP/1.1 200")


def test_a_kept_connection_holds_its_worker(tmp_path: Path) -> None:
    with (
        lab_server(tmp_path, "worker", servers=1, threads=2, extra=ALONE) as running,
        connect(running.address, GET) as first,
        connect(running.address, GET) as second,
        connect(running.address) as third,
    ):
        (child,) = running.children()
        answer(first)
        answer(second)
        third.sendall(GET)
        wait_until(lambda: is_in(thread_named(child, "listener"), "futex"), "the listener")
        for _ in range(3):
            first.sendall(GET)
            answer(first)
        assert accepted(child, running.address) == 2
        second.close()
        assert answer(third).startswith(b"HTTP/1.1 200")
