"""How children leave: when they are told to, after so many connections, for want of descriptors."""

import os
import resource
import signal
from pathlib import Path

import pytest

from tests.support.held_connections import GET, accepted, answer, connect, is_closed, sockets
from tests.support.lab_server import LabServer, lab_server
from tests.support.processes import PROC, task, threads, wait_until
from tests.support.raw_http import ask

PATIENT = "KeepAliveTimeout 300\nTimeout 300"
DEAF_AT_FIRST = """
import os, runpy, signal
kill, lost = os.kill, []

def kill_later(pid, number):
    if (pid, number) == (os.getpid(), signal.SIGHUP) and not lost:
        lost.append(number)
    else:
        kill(pid, number)

os.kill = kill_later
runpy.run_module("server", run_name="__main__")
"""
"""Runs a server whose children lose the first signal to themselves, as one is lost that comes just before the
read that it should interrupt."""


def graceful(server: LabServer) -> None:
    """Have all children replaced, and wait for the new ones."""
    old = set(server.children())
    server.process.send_signal(signal.SIGUSR1)
    wait_until(lambda: set(server.children()) - old, "new children")


@pytest.mark.parametrize("listens", [1, 2])
def test_a_request_that_has_begun_is_finished(mpm: str, tmp_path: Path, listens: int) -> None:
    with lab_server(tmp_path, mpm, servers=1, listens=listens, extra=PATIENT) as running:
        (old,) = running.children()
        with connect(running.address, GET[:5]) as begun:
            wait_until(lambda: accepted(old, running.address) == 1, "the connection")
            graceful(running)
            assert ask(running.addresses[-1], "/").status == 200
            assert old in running.children()
            begun.sendall(GET[5:])
            head = answer(begun)
            assert head.startswith(b"HTTP/1.1 200")
            assert b"\r\nConnection: close\r\n" in head
            assert is_closed(begun)
        wait_until(lambda: old not in running.children(), "the end of the child")


@pytest.mark.parametrize("listens", [1, 2])
def test_idle_children_leave_at_once(mpm: str, tmp_path: Path, listens: int) -> None:
    with lab_server(tmp_path, mpm, servers=3, listens=listens, extra=PATIENT) as running:
        wait_until(lambda: len(running.children()) == 3, "the children")
        old = set(running.children())
        graceful(running)
        wait_until(lambda: not old & set(running.children()), "the end of the old children")
        for address in running.addresses:
            assert ask(address, "/").status == 200


def test_event_closes_idle_connections_when_it_leaves(tmp_path: Path) -> None:
    with lab_server(tmp_path, "event", servers=1, extra=PATIENT) as running:
        (old,) = running.children()
        with connect(running.address, GET) as kept:
            answer(kept)
            graceful(running)
            assert is_closed(kept)
        wait_until(lambda: old not in running.children(), "the end of the child")


@pytest.mark.parametrize(("model", "left"), [("event", 3), ("worker", 2)])
def test_idle_workers_leave_before_the_busy_one(tmp_path: Path, model: str, left: int) -> None:
    """Main thread and busy worker stay, and event's listener, since the connection could be parked yet."""
    with lab_server(tmp_path, model, servers=1, extra=PATIENT) as running:
        (old,) = running.children()
        with connect(running.address, GET[:5]) as begun:
            wait_until(lambda: accepted(old, running.address) == 1, "the connection")
            graceful(running)
            wait_until(lambda: len(threads(old)) == left, "the end of the others")
            begun.sendall(GET[5:])
            assert answer(begun).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("listens", [1, 2])
def test_a_child_leaves_after_its_number_of_connections(mpm: str, tmp_path: Path, listens: int) -> None:
    extra = f"{PATIENT}\nMaxConnectionsPerChild 3\nKeepAlive Off"
    with lab_server(tmp_path, mpm, servers=1, listens=listens, extra=extra) as running:
        for _ in range(10):
            assert ask(running.address, "/").status == 200
        pids = [one.pid for one in running.served(10)]
        assert len(set(pids)) >= 4
        assert max(pids.count(pid) for pid in pids) == 3
        assert "exit signal" not in running.error_log()


def test_term_ends_a_prefork_child_alone(mpm: str, tmp_path: Path) -> None:
    """A threaded child takes its orders by the pipe of death (child_main in httpd's worker.c and event.c)."""
    with lab_server(tmp_path, mpm, servers=1) as running:
        assert ask(running.address, "/").status == 200
        (child,) = running.children()
        os.kill(child, signal.SIGTERM)
        if mpm == "prefork":
            wait_until(lambda: task(child) is None, "the end of the child")
        assert ask(running.address, "/").status == 200
        assert (child in running.children()) == (mpm != "prefork")
        assert "exit signal" not in running.error_log()


def test_a_child_without_descriptors_is_replaced(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, servers=1) as running:
        (child,) = running.children()
        assert ask(running.address, "/").status == 200
        wait_until(lambda: sockets(child) == 1, "the end of the first connection")
        _, hard = resource.prlimit(child, resource.RLIMIT_NOFILE)
        used = {int(entry.name) for entry in (PROC / str(child) / "fd").iterdir()}
        free = min(set(range(len(used) + 1)) - used)
        resource.prlimit(child, resource.RLIMIT_NOFILE, (free, hard))

        def replaced() -> bool:
            ask(running.address, "/")  # a blocked accept has its descriptor already (net/socket.c)
            return child not in running.children()

        wait_until(replaced, "another child")
        assert "(24)Too many open files: AH02179: apr_socket_accept" in running.error_log()
        assert ask(running.address, "/").status == 200


@pytest.mark.parametrize("mpm", ["worker", "event"])
def test_a_lost_signal_keeps_no_child_from_leaving(mpm: str, tmp_path: Path) -> None:
    extra = "MaxConnectionsPerChild 1"
    with lab_server(
        tmp_path, mpm, servers=1, threads=1, extra=extra, program=("-c", DEAF_AT_FIRST)
    ) as running:
        (old,) = running.children()
        ask(running.address, "/")
        wait_until(lambda: old not in running.children(), "the end of the child")
