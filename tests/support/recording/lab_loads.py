"""What is asked of a server while a scene is recorded."""

import contextlib
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from tests.support.load import Address
from tests.support.processes import wait_until
from tests.support.recording.client import Log, client
from tests.support.recording.lab_place import Home
from tests.support.recording.loads import at_once

CLIENTS: Final = 4
ROUNDS: Final = 3
EACH: Final = 5
LOST: Final = 6
SHARED: Final = 8
PAGES: Final = CLIENTS * ROUNDS * EACH - LOST - SHARED + 4
"""In every round each client asks so often; three pages and one of the alias are asked for alone."""
STEADY_S: Final = 2.5
"""So long nothing changes: longer than a parent waits between two looks at its children."""


def ask(address: Address, log: Log, target: str, *fields: str) -> None:
    """Ask for one target on a connection of its own; the server may die of it."""
    with contextlib.suppress(ConnectionError), client(address, log) as one:
        one.ask(f"GET {target} HTTP/1.1", "localhost", *fields, "Connection: close")


def site(home: Home, address: Address, log: Log) -> None:
    """Each target once: some alone, most by several clients at a time whose connections are kept."""
    alone, together = home.pages[:3], [*home.pages[3:], *home.shared[1:], *home.lost]
    random.Random(home.docroot).shuffle(together)
    ask(address, log, home.shared[0])
    ask(address, log, "/")
    ask(address, log, alone[0], home.misleading[0])
    ask(address, log, alone[1], home.misleading[1])
    ask(address, log, f"{alone[2]}?from={home.decoys[-1]}/index.html")
    for number in range(ROUNDS):
        kept(address, log, together[number::ROUNDS])
        ask(address, log, "/")


def kept(address: Address, log: Log, targets: Sequence[str]) -> None:
    """Several clients, each with a connection on which it asks in step with the others."""
    barrier = threading.Barrier(CLIENTS, timeout=30)

    def run(number: int) -> None:
        with client(address, log) as one:
            one.connect()
            for target in targets[number::CLIENTS]:
                barrier.wait()
                one.ask(f"GET {target} HTTP/1.1", "localhost")

    at_once(run, CLIENTS)


@contextlib.contextmanager
def busy(address: Address, log: Log, targets: Sequence[str]) -> Iterator[None]:
    """Let a client ask, each time on a new connection, while the block runs and then until it is done."""

    def run() -> None:
        for target in targets:
            ask(address, log, target)

    asking = threading.Thread(target=run)
    asking.start()
    try:
        yield
    finally:
        asking.join()


@contextlib.contextmanager
def held(address: Address, count: int) -> Iterator[None]:
    """Hold connections on which one byte was sent."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(socket.create_connection(address, timeout=30)).sendall(b"A")
        yield


def steady(count: Callable[[], int], least: int) -> int:
    """Wait until there are so many of something, and then no more for a while; return how many."""
    wait_until(lambda: count() >= least, f"{least} processes")
    now, since = count(), time.monotonic()
    while time.monotonic() - since < STEADY_S:
        time.sleep(0.02)
        if count() != now:
            now, since = count(), time.monotonic()
    return now
