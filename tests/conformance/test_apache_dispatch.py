"""What tracekit says about a real apache2, from a trace, against what apache2's own logs say."""

import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.support.asking import answer
from tests.support.httpd import ALIAS, VHOST, Apache, Served, apache
from tests.support.lab_server import lab_server
from tests.support.load import Exchange, Request, at_once, in_turn
from tests.support.processes import wait_until
from tests.support.tracers import TRACERS, attach, attached

pytestmark = pytest.mark.conformance

CLIENTS = 8
THREADS = 10

ONE_BY_ONE = [
    [Request("/")],
    [
        Request("/sub/deep/page.html"),
        Request("/pic.png"),
        Request("/sub/"),
        Request("/pic.png", method="HEAD"),
    ],
    [Request("/missing.html"), Request("/sub"), Request('/f)%20=%207"x'), Request("/sub/index.html?a=%20b")],
    [Request(f"{ALIAS}/a.txt"), Request(f"{ALIAS}/b.txt")],
    [Request("/", host=VHOST), Request("/other.html", host=VHOST)],
]
"""What is asked for on each connection, one connection after another."""

ALL_AT_ONCE = [Request("/"), Request("/pic.png"), Request("/sub/index.html")]
"""What each of the clients then asks for at the same time."""

FILE_OF = {
    ("localhost", "/"): "htdocs/index.html",
    ("localhost", "/pic.png"): "htdocs/pic.png",
    ("localhost", "/sub/"): "htdocs/sub/index.html",
    ("localhost", "/sub/index.html"): "htdocs/sub/index.html",
    ("localhost", "/sub/index.html?a=%20b"): "htdocs/sub/index.html",
    ("localhost", "/sub/deep/page.html"): "htdocs/sub/deep/page.html",
    ("localhost", f"{ALIAS}/a.txt"): "shared/a.txt",
    ("localhost", f"{ALIAS}/b.txt"): "shared/b.txt",
    (VHOST, "/"): "two/index.html",
    (VHOST, "/other.html"): "two/other.html",
}
"""The file that answers, by host and target: what the configuration says."""

HANDED_OVER = {"prefork": "same-thread", "worker": "futex-wake", "event": "futex-wake"}
"""How a connection comes to its worker (server/mpm/*/*.c, fdqueue)."""

ACCEPTED = re.compile(r"^(\d+) .*accept4\b.* = \d+<TCP(?:v6)?:\[.*->(.*)\]>", re.MULTILINE)


def ask_for_everything(server: Apache) -> list[Exchange]:
    asked = [answer for requests in ONE_BY_ONE for answer in in_turn(server.address, requests)]
    return asked + at_once(server.address, ALL_AT_ONCE, CLIENTS)


def dispatched(rows: list[dict[str, Any]]) -> list[Served]:
    """Return the rows of ``tracekit dispatch`` in the words of apache's logs."""
    asked: dict[int, int] = defaultdict(int)
    served = []
    for row in sorted(rows, key=lambda row: (row["client"], row["nth_on_connection"])):
        port = int(row["client"].rpartition(":")[2])
        nth, asked[port] = asked[port], asked[port] + 1
        words = row["method"], row["target"], row["host"]
        served.append(Served(port, nth, row["pid"], row["serve_tid"], row["status"], *words))
    return in_order(served)


def assert_handed_over(rows: list[dict[str, Any]], way: str) -> None:
    """Connections came to who served them in one way, and none in another.

    A worker that has just become free takes a connection off the queue before the one that was woken for it:
    how often depends on who runs when, and no call shows it.
    """
    found = {row["handover"] for row in rows}
    assert way in found
    assert found <= {way, "unknown"}


def accepted(trace: Path) -> dict[str, int]:
    """Return the thread that accepted each client: whose accept4 returned that client's address."""
    return {client: int(tid) for tid, client in ACCEPTED.findall(trace.read_text())}


def shown(trace: Path) -> set[int]:
    """Return the threads with a line: a call that an attach interrupts is seen again once it restarts."""
    return {int(tid) for tid in re.findall(r"^(\d+) ", trace.read_text(), re.MULTILINE)}


def in_order(served: list[Served]) -> list[Served]:
    return sorted(served, key=lambda request: (request.port, request.nth))


@pytest.mark.parametrize("tracer", TRACERS)
@pytest.mark.parametrize("mpm", ["event", "worker", "prefork"])
def test_the_answers_are_what_the_server_knows(mpm: str, tracer: str, tmp_path: Path) -> None:
    trace = tmp_path / "server.trace"
    with apache(mpm, 6 if mpm == "prefork" else 2, THREADS) as server:
        root = server.root
        before = len(server.served(0))
        with attached(TRACERS[tracer](server, trace), server):
            wait_until(lambda: set(server.tids()) <= shown(trace), "a line of every thread")
            asked = ask_for_everything(server)
            truth = server.served(before + len(asked))[before:]

    rows = answer("dispatch", trace)["requests"]
    assert dispatched(rows) == in_order(truth)
    assert {row["client"]: row["accept_tid"] for row in rows} == accepted(trace)
    assert_handed_over(rows, HANDED_OVER[mpm])

    found = answer("docroot", trace)
    assert {(one["path"], one["host"]) for one in found["docroots"]} == {
        (f"{root}/htdocs", "localhost"),
        (f"{root}/two", VHOST),
    }
    assert {(one["url"], one["path"]) for one in found["aliases"]} == {(ALIAS, f"{root}/shared")}

    opened = {one["path"]: one["opens"] for one in answer("files", trace)["files"]}
    served = Counter(f"{root}/{FILE_OF[key]}" for key in map(host_and_target, asked) if key in FILE_OF)
    assert {path: opened.get(path, 0) for path in served} == served


@pytest.mark.parametrize("selected", ["--name", "--port"])
def test_a_server_is_found_by_what_it_is_called_and_where_it_listens(selected: str, tmp_path: Path) -> None:
    trace = tmp_path / "server.trace"
    with apache("event") as server:
        value = {"--name": server.command, "--port": str(server.address[1])}[selected]
        before = len(server.served(0))
        with attached(attach(trace, selected, value), server):
            wait_until(lambda: set(server.tids()) <= shown(trace), "a line of every thread")
            in_turn(server.address, ONE_BY_ONE[1])
            truth = server.served(before + len(ONE_BY_ONE[1]))[before:]
    assert dispatched(answer("dispatch", trace)["requests"]) == in_order(truth)


def host_and_target(exchange: Exchange) -> tuple[str, str]:
    return exchange.request.host, exchange.request.target


def test_the_load_and_the_logs_tell_the_same_story() -> None:
    with apache("event", 2, THREADS) as server:
        before = len(server.served(0))
        asked = ask_for_everything(server)
        truth = server.served(before + len(asked))[before:]
    assert in_order(truth) == in_order(
        [
            Served(one.port, one.nth, log.pid, log.lwp, one.status, ask.method, ask.target, ask.host)
            for one, log in zip(by_connection(asked), in_order(truth), strict=True)
            for ask in [one.request]
        ]
    )
    assert {(one.request.target, one.status) for one in asked if one.status != 200} == {
        ("/missing.html", 404),
        ("/sub", 301),
        ('/f)%20=%207"x', 404),
    }


def by_connection(asked: list[Exchange]) -> list[Exchange]:
    return sorted(asked, key=lambda one: (one.port, one.nth))


@pytest.mark.parametrize("mpm", ["prefork", "worker", "event"])
def test_the_labs_server_hands_over_as_httpd_does(mpm: str, tmp_path: Path) -> None:
    root = tmp_path / "server"
    root.mkdir()
    trace = tmp_path / "server.trace"
    with lab_server(root, mpm, threads=THREADS) as server:
        tracee = Apache(server.root, mpm, server.address, server.process)
        with attached(TRACERS["tracekit"](tracee, trace), tracee):
            for _ in range(CLIENTS):
                in_turn(server.address, [Request("/")])
    rows = answer("dispatch", trace)["requests"]
    assert len(rows) == CLIENTS
    assert_handed_over(rows, HANDED_OVER[mpm])
