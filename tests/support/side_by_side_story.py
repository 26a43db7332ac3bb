"""What becomes of a server's processes and of its clients, in words that two servers can be compared by."""

import contextlib
import itertools
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.support.load import TIMEOUT_S
from tests.support.processes import POLL_S, wait_until
from tests.support.side_by_side import Server
from tests.support.side_by_side_exchange import split

_LEADER: Final = re.compile(
    r"^\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:.]{15} \d{4}\] \[(\w*:\w+)\] \[pid \d+(?::tid \d+)?\]",
    re.MULTILINE,
)
_CHANCE: Final = (
    (re.compile(r"\b(pid|child|process)([ =])\d+"), r"\1\2N"),
    (re.compile(r"(AH\d+: ).* configured"), r"\1NAME configured"),
    (re.compile(r"\b(?:apache2|httpd|tracekit-server)(:| not running| \()"), r"PROGRAM\1"),
    (re.compile(r"Server built: .*"), "Server built: THEN"),
    (re.compile(r"Command line: '.*'"), "Command line: 'THIS'"),
    (re.compile(r"\[client [^]]*\]"), "[client]"),
)
TCP: Final = Path("/proc/net/tcp")
PAUSE_S: Final = 0.5
"""Births that are further apart are of two ticks of the parent, which sleeps for a second between them."""
TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


def plain(text: str) -> str:
    """Return lines of an error log without times and ids, nor the server's name."""
    text = _LEADER.sub(r"[\1]", text)
    for pattern, replacement in _CHANCE:
        text = pattern.sub(replacement, text)
    return text


def messages(server: Server) -> list[str]:
    """Return the numbered messages of the error log in their order; one that is repeated counts once."""
    lines = [line for line in server.settled(plain(server.log())).splitlines() if " AH" in line]
    return [line for nth, line in enumerate(lines) if nth == 0 or line != lines[nth - 1]]


class Census:
    """Watches the children of a process: when each was born, and how they became fewer."""

    def __init__(self, parent: int) -> None:
        self._children = Path(f"/proc/{parent}/task/{parent}/children")
        self._born: dict[int, float] = {}
        self._died: dict[int, float] = {}
        self._alive: set[int] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Census":
        self._look()
        self._first = len(self._alive)
        self._before = set(self._alive)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(POLL_S):
            self._look()

    def _look(self) -> None:
        with contextlib.suppress(OSError):
            alive = {pid for pid in map(int, self._children.read_text().split()) if _lives(pid)}
            for pid in alive - self._alive:
                self._born[pid] = _born_s(pid)
            for pid in self._alive - alive:
                self._died[pid] = time.monotonic()
            self._alive = alive

    @property
    def alive(self) -> int:
        """How many there are now."""
        return len(self._alive)

    def growth(self) -> list[int]:
        """Return how many there were at first, and after each tick in which there were new ones."""
        return _series(self._first, [at for pid, at in self._born.items() if pid not in self._before], 1)

    def shrinkage(self) -> list[int]:
        """Return how many there were at first, and after each death."""
        return [self._first - died for died in range(len(self._died) + 1)]

    def together(self) -> int:
        """Return how many died in one tick at most."""
        counts = _series(0, list(self._died.values()), 1)
        return max((after - before for before, after in itertools.pairwise(counts)), default=0)


def _series(first: int, times: list[float], step: int) -> list[int]:
    counts = [first]
    last = None
    for at in sorted(times):
        if last is None or at - last > PAUSE_S:
            counts.append(counts[-1])
        counts[-1] += step
        last = at
    return counts


def _stat(pid: int) -> list[str]:
    """Return the fields of proc(5)'s stat from the state on; none when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _lives(pid: int) -> bool:
    fields = _stat(pid)
    return bool(fields) and fields[0] not in "ZX"


def _born_s(pid: int) -> float:
    """Return when a process was started, in seconds since the boot (field 22)."""
    fields = _stat(pid)
    return int(fields[19]) / TICKS_PER_S if fields else 0.0


class Client:
    """One connection whose request is sent in pieces."""

    def __init__(self, server: Server) -> None:
        self._socket = socket.create_connection(server.address, TIMEOUT_S)
        self._received = b""
        self._end = ""

    def send(self, data: bytes) -> None:
        """Send, and wait until the server has accepted the connection and has read all of it."""
        self._socket.sendall(data)
        wait_until(self._taken, "a server to read what was sent")

    def ask(self, data: bytes) -> None:
        """Send a request and receive its answer."""
        self._socket.sendall(data)
        while not split(self._received, ["GET"])[0]:
            self._receive()
        self._received = b""

    def begin(self, data: bytes) -> None:
        """Send a request and receive the beginning of its answer."""
        self._socket.sendall(data)
        self._receive()

    def finish(self, rest: bytes) -> str:
        """Send the rest, receive to the end and say what came."""
        if rest:
            with contextlib.suppress(OSError):
                self._socket.sendall(rest)
        while not self._end:
            self._receive()
        found, more = split(self._received, ["GET"])
        self.close()
        words = [f"{one.status} {dict(one.fields).get('Connection', 'stays')}" for one in found]
        return ", ".join([*words, *(["part of an answer"] if more else []), self._end])

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _receive(self) -> None:
        try:
            data = self._socket.recv(1 << 20)
        except ConnectionResetError:
            self._end = "reset"
            return
        except TimeoutError:
            self._end = "silent"
            return
        self._received += data
        self._end = "" if data else "closed"

    def _taken(self) -> bool:
        """Tell whether the server's end belongs to a process and holds nothing unread (proc(5), net/tcp)."""
        theirs, ours = (name()[1] for name in (self._socket.getpeername, self._socket.getsockname))
        for line in TCP.read_text().splitlines()[1:]:
            _, local, remote, _, queues, _, _, _, _, inode, *_ = line.split()
            if (_port(local), _port(remote)) == (theirs, ours):
                return inode != "0" and int(queues.partition(":")[2], 16) == 0
        return True  # the server has closed it already


def _port(address: str) -> int:
    return int(address.rpartition(":")[2], 16)


def refuses(server: Server) -> bool:
    """Tell whether nobody listens any more."""
    try:
        socket.create_connection(server.address, TIMEOUT_S).close()
    except OSError:
        return True
    return False


@contextlib.contextmanager
def holding(server: Server, count: int) -> Iterator[None]:
    """Hold that many connections, with one byte sent on each, as long as the block lasts."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            connection = stack.enter_context(socket.create_connection(server.address, TIMEOUT_S))
            connection.sendall(b"A")
        yield
