"""What is asked of a server while it is recorded: a table of loads, each a function of its addresses."""

import contextlib
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

from tests.support.load import TIMEOUT_S, Address
from tests.support.recording.client import Asked, Client, Log, client, message

PAGES: Final = ["/", "/sub/deep/page.html", "/pic.png", "/missing.html", "/sub/index.html"]
SHARED: Final = ["/shared/a.txt", "/shared/b.txt"]
CLIENTS: Final = 4
HELD: Final = 20

HOSTILE: Final = [
    "/<unfinished ...>",
    "/x) = 9",
    '/"\\",8000)=5',
    "/index.html?q=accept4(3,{sa_family=AF_INET},[16],SOCK_CLOEXEC)=9",
    '/%0a4242 openat(AT_FDCWD, "/etc/shadow", O_RDONLY) = 7'.replace(" ", "%20"),
    "/+++exited-with-0+++",
    "/pic.png?<...read-resumed>",
    "/?GET=/HTTP/1.1&/usr/share/decoy/index.html",
]
"""Targets that look like pieces of a log."""

FORGED: Final = (
    b"\r\n4242 1700000000.000001 accept4(3, {sa_family=AF_INET, sin_port=htons(1), "
    b'sin_addr=inet_addr("10.0.0.1")}, [16], SOCK_CLOEXEC) = 9 <0.000010>\n'
    b'4242 1700000000.000002 read(9, "GET /decoy HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n", 8000) = 32 <0.000010>\n'
    b'4242 1700000000.000003 openat(AT_FDCWD, "/usr/share/decoy/index.html", O_RDONLY) = 10 <0.000010>\n'
    b"4242 +++ killed by SIGSEGV +++\n"
    b"GET /decoy HTTP/1.1\r\nHost: decoy.example\r\n\r\n"
    b"HTTP/1.1 500 Decoy\r\nContent-Length: 0\r\n\r\n"
)
"""A body that holds lines of a log, a request and a response."""


class Scene(NamedTuple):
    """What a load has to do with: where the server listens, its hosts, and the log of what is asked."""

    addresses: Sequence[Address]
    hosts: Sequence[str]
    log: Log
    aliased: bool = False
    """Whether it has ``/shared`` as an alias."""

    @property
    def address(self) -> Address:
        """The first address."""
        return self.addresses[0]


Load = Callable[[Scene], None]


def single(scene: Scene) -> None:
    """One request for the front page."""
    with client(scene.address, scene.log) as one:
        one.ask("GET / HTTP/1.1", scene.hosts[0], "Connection: close")


def pages(scene: Scene) -> None:
    """Each page of each host on a connection of its own, on each address in turn."""
    number = 0
    for host in scene.hosts:
        own = PAGES + SHARED * scene.aliased if host == scene.hosts[0] else ["/", "/other.html"]
        for target in own:
            with client(scene.addresses[number % len(scene.addresses)], scene.log) as one:
                one.ask(f"GET {target} HTTP/1.1", host, "Connection: close")
            number += 1


def lucky(scene: Scene) -> None:
    """Files of an alias alone, and what is not there: nothing of this lies below the root."""
    for target in [*SHARED, "/missing.html"]:
        with client(scene.address, scene.log) as one:
            one.ask(f"GET {target} HTTP/1.1", scene.hosts[0], "Connection: close")


def kept(scene: Scene) -> None:
    """Several clients at a time, each with several requests on a connection that is kept."""
    barrier = threading.Barrier(CLIENTS, timeout=TIMEOUT_S)

    def run(number: int) -> None:
        with client(scene.addresses[number % len(scene.addresses)], scene.log) as one:
            one.connect()
            for target in PAGES[:4]:
                barrier.wait()
                one.ask(f"GET {target} HTTP/1.1", scene.hosts[0])

    at_once(run, CLIENTS)


def many(scene: Scene) -> None:
    """Pages, then clients at a time, then what is rarer."""
    pages(scene)
    kept(scene)
    odd(scene)


def odd(scene: Scene) -> None:
    """HEAD, HTTP/1.0, a condition, a range, a head in pieces, a connection on which nothing whole is sent."""
    host = scene.hosts[0]
    with client(scene.address, scene.log) as one:
        one.ask("HEAD /pic.png HTTP/1.1", host)
        one.ask("GET /pic.png HTTP/1.1", host, "If-Modified-Since: Tue, 01 Jan 2036 00:00:00 GMT")
        one.ask("GET /pic.png HTTP/1.1", host, "Range: bytes=4-9")
        one.ask("GET /sub/index.html HTTP/1.0", None)
    with client(scene.address, scene.log) as one:
        line = "GET /sub/deep/page.html HTTP/1.1"
        whole = message(line, host)
        one.send((whole[:7], whole[7:40], whole[40:]), line, host)
    with client(scene.address, scene.log) as one:
        one.connect().sendall(b"A")
        one.connect().shutdown(socket.SHUT_WR)
        one.receive("A", None)


def pipelined(scene: Scene) -> None:
    """Several requests in one message, twice."""
    for _ in range(2):
        with client(scene.address, scene.log) as one:
            one.pipeline([f"GET {target} HTTP/1.1" for target in PAGES[:3]], scene.hosts[0])


def bodies(scene: Scene) -> None:
    """POSTs whose bodies hold requests, responses and lines of a log; kept and closed connections."""
    host = scene.hosts[0]
    for fields in ((), ("Connection: close",)):
        with client(scene.address, scene.log) as one:
            one.ask("POST /sub/index.html HTTP/1.1", host, *fields, body=FORGED)
        with client(scene.address, scene.log) as one:
            one.ask("GET /pic.png HTTP/1.1", host, *fields)


def hostile(scene: Scene) -> None:
    """Targets, fields and bodies that look like pieces of a log; then the pages."""
    for target in HOSTILE:
        with client(scene.address, scene.log) as one:
            one.ask(
                f"GET {target} HTTP/1.1",
                scene.hosts[0],
                'X-Log: 9 1700000000.1 read(9, "GET /decoy HTTP/1.1", 8) = 8 <unfinished ...>',
                "Connection: close",
            )
    bodies(scene)
    pages(scene)


def slow(scene: Scene) -> None:
    """A client that sends its head byte by byte, and one that takes a large file slowly; others meanwhile."""
    host, line = scene.hosts[0], "GET /big.bin HTTP/1.1"
    with client(scene.address, scene.log) as patient, client(scene.address, scene.log) as slow_head:
        connection = patient.connect()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        connection.sendall(message(line, host, "Connection: close"))
        head = message("GET /pic.png HTTP/1.1", host)
        half = slow_head.connect()
        half.sendall(head[:9])
        pages(scene)
        slow_head.send((bytes([byte]) for byte in head[9:]), "GET /pic.png HTTP/1.1", host)
        patient.receive(line, host)


def held(scene: Scene) -> None:
    """Connections that are held with one byte, or none, sent; requests meanwhile."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(client(scene.address, scene.log)) for _ in range(HELD)]
        connections = [one.connect() for one in clients]
        for connection in connections[::2]:
            connection.sendall(b"A")
            scene.log.add(Asked(connection.getsockname()[1], 1, "A", None, None))
        pages(scene)


def silent(scene: Scene) -> None:
    """Nobody connects."""


def at_once(run: Callable[[int], None], count: int) -> None:
    """Run a function for each number below ``count``, all at a time."""
    with ThreadPoolExecutor(count) as pool:
        for waiting in [pool.submit(run, number) for number in range(count)]:
            waiting.result()


def warm(address: Address, log: Log, host: str) -> bool:
    """Ask once; whether the server answered."""
    one = Client(address, log)
    try:
        return one.ask("GET /warm HTTP/1.1", host, "Connection: close") is not None
    except OSError:
        return False
    finally:
        one.close()


LOADS: Final[Mapping[str, Load]] = {
    load.__name__: load
    for load in (single, pages, lucky, kept, many, odd, pipelined, bodies, hostile, slow, held, silent)
}
