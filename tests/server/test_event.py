"""event: what waits holds no worker; how many connections a child takes; what ends when it is busy."""

import contextlib
import socket
from pathlib import Path

from tests.support.held_connections import (
    GET,
    accepted,
    answer,
    connect,
    event_is_at_rest,
    get_huge,
    is_closed,
    watched,
)
from tests.support.lab_server import LabServer, lab_server
from tests.support.processes import wait_until
from tests.support.raw_http import ask

ALONE = "MaxRequestWorkers {}\nKeepAliveTimeout 300\nTimeout 300"
"""One child with so many workers, and nothing that comes to an end by itself."""


def keep(server: LabServer, stack: contextlib.ExitStack, count: int) -> list[socket.socket]:
    """Open connections, have a request answered on each, and leave them open; one after the other."""
    kept = []
    for _ in range(count):
        wait_until(lambda: event_is_at_rest(only_child(server)), "the worker")
        kept.append(stack.enter_context(connect(server.address, GET)))
        answer(kept[-1])
    wait_until(lambda: event_is_at_rest(only_child(server)), "the worker")
    return kept


def occupy(server: LabServer, stack: contextlib.ExitStack, count: int) -> list[socket.socket]:
    """Open connections with the first byte of a request, each of which takes a worker."""
    before = accepted(only_child(server), server.address)
    busy = [stack.enter_context(connect(server.address, GET[:1])) for _ in range(count)]
    wait_until(lambda: accepted(only_child(server), server.address) == before + count, "busy workers")
    return busy


def only_child(server: LabServer) -> int:
    (child,) = server.children()
    return child


def test_kept_connections_hold_no_worker(tmp_path: Path) -> None:
    with (
        lab_server(tmp_path, "event", servers=1, threads=2, extra=ALONE.format(2)) as running,
        contextlib.ExitStack() as stack,
    ):
        kept = keep(running, stack, 5)
        for connection in kept:
            connection.sendall(GET)
            assert answer(connection).startswith(b"HTTP/1.1 200")
            wait_until(lambda: event_is_at_rest(only_child(running)), "the worker")


def test_blocked_writers_hold_no_worker(tmp_path: Path) -> None:
    with (
        lab_server(tmp_path, "event", servers=1, threads=2, extra=ALONE.format(2)) as running,
        connect(running.address, get_huge(tmp_path)) as one,
        connect(running.address, get_huge(tmp_path)) as two,
    ):
        wait_until(lambda: accepted(only_child(running), running.address) == 2, "the two of them")
        wait_until(lambda: event_is_at_rest(only_child(running)), "full sockets")
        for _ in range(3):
            assert ask(running.address, "/").status == 200
        for slow in (one, two):
            answer(slow)


def test_a_child_takes_threads_and_twice_its_idle_workers(tmp_path: Path) -> None:
    """ThreadsPerChild + idle workers x AsyncRequestWorkerFactor, one idle worker less once it is reached."""
    with (
        lab_server(tmp_path, "event", servers=1, threads=2, extra=ALONE.format(2)) as running,
        contextlib.ExitStack() as stack,
    ):
        child = only_child(running)
        kept = keep(running, stack, 6)
        seventh = stack.enter_context(connect(running.address, GET))
        kept[0].sendall(GET)  # the listener hears of this one after the other
        answer(kept[0])
        assert accepted(child, running.address) == 6
        for connection in kept[:3]:
            connection.close()
        assert answer(seventh).startswith(b"HTTP/1.1 200")
        wait_until(lambda: accepted(child, running.address) == 4, "the seventh, for the three that left")


def test_the_factor_is_configured(tmp_path: Path) -> None:
    extra = ALONE.format(2) + "\nAsyncRequestWorkerFactor 4"
    with (
        lab_server(tmp_path, "event", servers=1, threads=2, extra=extra) as running,
        contextlib.ExitStack() as stack,
    ):
        assert len(keep(running, stack, 10)) == accepted(only_child(running), running.address)


def test_idle_connections_are_closed_when_all_workers_are_busy(tmp_path: Path) -> None:
    """By the first worker that is free again (defer_lingering_close in httpd's event.c)."""
    with (
        lab_server(tmp_path, "event", servers=1, threads=2, extra=ALONE.format(2)) as running,
        contextlib.ExitStack() as stack,
    ):
        (idle,) = keep(running, stack, 1)
        busy = occupy(running, stack, 2)
        assert watched(only_child(running)) == 3  # the pipe to wake it, the listening socket, the idle one
        third = stack.enter_context(connect(running.address, GET))
        wait_until(lambda: watched(only_child(running)) == 1, "the listener, which accepts no more")
        busy[0].sendall(GET[1:])
        assert answer(busy[0]).startswith(b"HTTP/1.1 200")
        assert is_closed(idle)
        busy[0].close()
        assert answer(third).startswith(b"HTTP/1.1 200")


def test_a_request_on_a_kept_connection_is_not_waited_for(tmp_path: Path) -> None:
    """While all workers are busy the client is to come back by another connection, to another child."""
    with (
        lab_server(tmp_path, "event", servers=1, threads=2, extra=ALONE.format(2)) as running,
        contextlib.ExitStack() as stack,
    ):
        (kept,) = keep(running, stack, 1)
        busy = occupy(running, stack, 2)
        kept.sendall(GET)
        wait_until(lambda: watched(only_child(running)) == 2, "the listener, which has seen it")
        busy[0].close()
        assert is_closed(kept)


def test_lingering_connections_count_for_nothing(tmp_path: Path) -> None:
    close = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with (
        lab_server(tmp_path, "event", servers=1, threads=1, extra=ALONE.format(1)) as running,
        contextlib.ExitStack() as stack,
    ):
        for _ in range(20):  # more than 1 + 1 x 2, and none of them closes its end
            lingering = stack.enter_context(connect(running.address, close))
            answer(lingering)
            assert is_closed(lingering)
        assert ask(running.address, "/").status == 200
