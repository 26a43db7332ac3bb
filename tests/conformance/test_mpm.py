"""The MPM that tracekit tells from a trace made now, by either tracer, against the one that was loaded."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.asking import answer
from tests.support.httpd import Apache, apache
from tests.support.lab_server import lab_server
from tests.support.load import Address, Request, connected, in_turn
from tests.support.processes import wait_until
from tests.support.tracers import TRACERS, attached

pytestmark = pytest.mark.conformance

MPMS = ["prefork", "worker", "event"]
ASKED = [Request("/"), Request("/sub/"), Request("/pic.png")]
CONNECTIONS = 4
THREADS = 3
GIVEN_BACK = re.compile(r"EPOLL_CTL_ADD, \d+<TCP:\[[^]]*->")
"""How a worker of event has the listener wait for the next request."""


def traced(server: Apache, tracer: str, trace: Path, addresses: list[Address]) -> dict[str, Any]:
    """Ask tracekit about a server that answers a few requests on each of some connections meanwhile.

    One client keeps its connection and is silent; without it event's workers may find each next request
    when they look for it, and no connection waits in the listener's set.
    """
    with attached(TRACERS[tracer](server, trace), server):
        with connected(addresses[0]) as silent:
            silent.ask(ASKED[0])
            wait_until(lambda: server.mpm != "event" or GIVEN_BACK.search(trace.read_text()), "the listener")
        for number in range(CONNECTIONS):
            in_turn(addresses[number % len(addresses)], ASKED)
    return answer("mpm", trace)


@pytest.mark.parametrize("tracer", TRACERS)
@pytest.mark.parametrize("mpm", MPMS)
def test_httpd(mpm: str, tracer: str, tmp_path: Path) -> None:
    with apache(mpm, 2, THREADS) as server:
        found = traced(server, tracer, tmp_path / "server.trace", [server.address])
        children = server.pids()[1:]
    assert found["mpm"] == mpm
    assert {one["pid"] for one in found["members"] if one["role"] == "acceptor"} <= set(children)


@pytest.mark.parametrize("listens", [1, 2])
@pytest.mark.parametrize("mpm", MPMS)
def test_the_labs_server(mpm: str, listens: int, tmp_path: Path) -> None:
    root = tmp_path / "server"
    root.mkdir()
    with lab_server(root, mpm, threads=THREADS, listens=listens) as server:
        tracee = Apache(server.root, mpm, server.address, server.process)
        found = traced(tracee, "tracekit", tmp_path / "server.trace", server.addresses)
    assert found["mpm"] == mpm
