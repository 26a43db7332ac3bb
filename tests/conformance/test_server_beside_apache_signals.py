"""Signals to the real httpd and to ours while requests are in flight, and children that are killed.

What is compared is a story: what each client saw, how the main process ended, its pid file, which
children lived on, and every message of the error log in its order. Each kind of story is tried with
one model; ``TRACEKIT_ALL_SERVER=1`` (``make conformance-server``) tries each with all three.
"""

import contextlib
import itertools
import os
import signal
from collections.abc import Callable
from typing import Final

import pytest

from tests.support.processes import task, wait_until
from tests.support.side_by_side import MPMS, READY, Server, pair, site, template
from tests.support.side_by_side_differences import compared, unexplained
from tests.support.side_by_side_story import Client, messages, refuses

pytestmark = pytest.mark.conformance

FEW: Final = """
StartServers 2
<IfModule mpm_prefork_module>
StartServers 8
MinSpareServers 1
MaxSpareServers 20
</IfModule>
<IfModule !mpm_prefork_module>
ThreadsPerChild 5
MinSpareThreads 1
MaxSpareThreads 50
MaxRequestWorkers 80
</IfModule>
"""
HUGE: Final = 32 << 20
"""Bytes of a file: more than fits into the buffers between server and client."""

GET: Final = b"GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST: Final = b"POST /page.html HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345"
REST: Final = {
    "idle": GET % b"page.html",
    "half a head": b"t\r\n\r\n",
    "half a body": b"67890",
    "a download": b"",
}
"""What each client sends when the signal has had its effect."""

Story = dict[str, str]


def in_flight(server: Server) -> dict[str, Client]:
    """Have four requests under way: each is where it is for as long as its client does nothing."""
    clients = {name: Client(server) for name in REST}
    clients["idle"].ask(GET % b"page.html")
    clients["half a head"].send(b"GET /page.html HTTP/1.1\r\nHost: localhos")
    clients["half a body"].send(POST)
    clients["a download"].begin(GET % b"huge.bin")
    return clients


def finished(clients: dict[str, Client]) -> Story:
    """Let the clients go on: what each of them sees."""
    return {f"client: {name}": client.finish(REST[name]) for name, client in clients.items()}


def status(server: Server) -> str:
    """Wait for the end of the main process."""
    assert server.process is not None
    return str(server.process.wait(30))


def pid_file(server: Server) -> str:
    """Say what is in the pid file."""
    path = server.root / "httpd.pid"
    if not path.exists():
        return "absent"
    return "right" if path.read_text() == f"{server.parent}\n" else path.read_text()


def stopped(server: Server, number: signal.Signals) -> Story:
    """Send a signal that ends it; its clients go on when it has ended."""
    clients = in_flight(server)
    os.kill(server.parent, number)
    story = {"status": status(server), "pid file": pid_file(server)}
    return story | finished(clients) | {"messages": "\n".join(messages(server))}


def stopped_gracefully(server: Server) -> Story:
    """Send WINCH; the clients go on when nobody listens any more."""
    clients = in_flight(server)
    os.kill(server.parent, signal.SIGWINCH)
    wait_until(lambda: refuses(server), "the end of listening")
    assert server.process is not None
    story = {"waits for its clients": str(server.process.poll() is None)} | finished(clients)
    story |= {"status": status(server), "pid file": pid_file(server)}
    return story | {"messages": "\n".join(messages(server))}


def restarted(server: Server, number: signal.Signals) -> Story:
    """Send a signal that restarts it; its clients go on when the new generation is there."""
    clients = in_flight(server)
    before = set(server.children())
    os.kill(server.parent, number)
    wait_until(lambda: server.log().count(READY) == 2, "the second start")
    wait_until(lambda: set(server.children()) - before, "children of the new generation")
    story = {"old children stay for their clients": str(bool(before & set(server.children())))}
    story |= finished(clients)
    wait_until(lambda: not before & set(server.children()), "the end of the old children")
    story["pid file"] = pid_file(server)
    os.kill(server.parent, signal.SIGTERM)
    return story | {"status": status(server), "messages": "\n".join(messages(server))}


def killed(server: Server, number: signal.Signals) -> Story:
    """Kill the child that served last, and wait for the one that takes its place."""
    before = set(server.children())
    client = Client(server)
    client.ask(GET % b"page.html")
    victim = int(wait_until(lambda: server.log("access.log").splitlines()[1:], "a line")[0].split()[1])
    os.kill(victim, number)
    story = {"its client": client.finish(b"")}
    wait_until(lambda: task(victim) is None, "the main process to take notice")
    if server.mpm != "prefork":
        wait_until(lambda: set(server.children()) - before, "another child")
    story["the others live on"] = str(before - {victim} <= set(server.children()))
    with contextlib.closing(Client(server)) as another:
        another.ask(GET % b"page.html")
    os.kill(server.parent, signal.SIGTERM)
    return story | {"status": status(server), "messages": "\n".join(messages(server))}


STORIES: Final[dict[str, Callable[[Server], Story]]] = {
    "SIGTERM": lambda server: stopped(server, signal.SIGTERM),
    "SIGINT": lambda server: stopped(server, signal.SIGINT),
    "SIGWINCH": stopped_gracefully,
    "SIGHUP": lambda server: restarted(server, signal.SIGHUP),
    "SIGUSR1": lambda server: restarted(server, signal.SIGUSR1),
    "SIGKILL": lambda server: killed(server, signal.SIGKILL),
    "SIGSEGV": lambda server: killed(server, signal.SIGSEGV),
}
BRISK: Final = (
    ("prefork", "SIGTERM"),
    ("worker", "SIGHUP"),
    ("event", "SIGUSR1"),
    ("worker", "SIGWINCH"),
    ("event", "SIGSEGV"),
)
ALL: Final = os.environ.get("TRACEKIT_ALL_SERVER") == "1"


@pytest.mark.parametrize(("mpm", "story"), tuple(itertools.product(MPMS, STORIES)) if ALL else BRISK)
def test_the_same_comes_of_a_signal(mpm: str, story: str) -> None:
    with pair(mpm, template("lifecycle.conf") + FEW) as both:
        huge = site(both.httpd.root) / "htdocs" / "huge.bin"
        huge.touch()
        os.truncate(huge, HUGE)
        assert not unexplained({story: compared(*both.each(STORIES[story]))}, mpm)
