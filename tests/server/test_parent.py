"""The parent under held connections grows, and shrinks, as apache2 2.4.71 does with the same numbers."""

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support.lab_server import LabServer, lab_server
from tests.support.processes import PATIENCE_S, wait_until
from tests.support.raw_http import ask

LAB = "MinSpareThreads 10\nMaxSpareThreads 60\nMaxRequestWorkers 80\nServerLimit 16"
PREFORK = "MinSpareServers 5\nMaxSpareServers 26\nMaxRequestWorkers 30"


@contextmanager
def held(server: LabServer, number: int) -> Iterator[None]:
    """Hold connections on each of which one byte was sent, as ``tracekit conn`` does."""
    with ExitStack() as stack:
        for _ in range(number):
            client = stack.enter_context(socket.create_connection(server.address, timeout=PATIENCE_S))
            client.sendall(b"A")
        yield


def becomes(server: LabServer, count: int) -> None:
    wait_until(lambda: len(server.children()) == count, f"{count} children")


def spawned_at_once(server: LabServer) -> list[tuple[str, str]]:
    """Return how many children it said that it spawns, and how many there were, from a rate of 8 on."""
    return re.findall(
        r"spawning (\d+) children, there are \D*0 idle\D*(\d+) (?:total|active)", server.error_log()
    )


@pytest.mark.parametrize(("mpm", "number"), [("event", "AH00484"), ("worker", "AH00286")])
def test_the_labs_numbers(mpm: str, number: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, servers=2, threads=5, extra=LAB) as server:
        with held(server, 100):
            becomes(server, 16)
            wait_until(lambda: number in server.error_log(), "the report of the limit")
            assert spawned_at_once(server) == [("7", "9")]
        becomes(server, 12)
        assert server.error_log().count(number) == 1


def test_preforks_numbers(tmp_path: Path) -> None:
    with lab_server(tmp_path, "prefork", servers=5, extra=PREFORK) as server:
        with held(server, 40):
            becomes(server, 30)
            wait_until(lambda: "AH00161" in server.error_log(), "the report of the limit")
            assert spawned_at_once(server) == [("8", "12"), ("16", "20")]
        becomes(server, 26)


@pytest.mark.parametrize("mpm", ["prefork", "worker", "event"])
def test_children_that_have_had_their_connections_are_replaced(mpm: str, tmp_path: Path) -> None:
    extra = "MaxConnectionsPerChild 1\nLogLevel debug" + ("\nMinSpareServers 2" if mpm == "prefork" else "")
    with lab_server(tmp_path, mpm, servers=2, threads=1, extra=extra) as server:
        before = set(server.children())
        asked = 0

        def replaced() -> bool:
            nonlocal asked
            asked += 1
            ask(server.address, "/")  # whoever is free takes it: one of the first, or one that came for it
            taker = server.served(asked)[-1].pid
            wait_until(lambda: taker not in server.children(), "the end of who had its connection")
            return not before & set(server.children())

        wait_until(replaced, "the end of the first children")
        wait_until(lambda: len(server.children()) >= 1, "others")
        assert "exit signal" not in server.error_log()
