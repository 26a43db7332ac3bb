"""Connections that hold something of a server, and what /proc knows of their other ends."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.load import TIMEOUT_S, Address
from tests.support.processes import PROC, threads, wait_until

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
LISTEN = "0A"
"""A state of /proc/net/tcp (net/tcp_states.h)."""
HUGE = 64 << 20
"""Bytes that no two sockets have room for (tcp_wmem and tcp_rmem in tcp(7))."""
CALLS = {"accept4": "288", "epoll_wait": "232", "futex": "202"}
"""Numbers of x86_64 (asm/unistd_64.h), as proc(5) shows them in ``syscall``."""
TIMEOUT = 3
"""Which argument of futex(2) it is."""


@contextmanager
def connect(address: Address, data: bytes = b"") -> Iterator[socket.socket]:
    """Keep a connection, on which something has been sent, for as long as the block lasts."""
    with socket.create_connection(address, timeout=TIMEOUT_S) as connection:
        connection.sendall(data)
        yield connection


def get_huge(root: Path) -> bytes:
    """Return the request for a file that is served slowly to who does not read, and make it."""
    with (root / "htdocs/huge.bin").open("wb") as file:
        file.truncate(HUGE)
    return GET.replace(b"GET /", b"GET /huge.bin")


def answer(connection: socket.socket) -> bytes:
    """Read one response that has a Content-Length, and return its head."""
    head = bytearray()
    while b"\r\n\r\n" not in head:
        piece = connection.recv(1)
        if not piece:
            raise ConnectionError(f"the server hung up after {bytes(head)!r}")
        head += piece
    length = int(bytes(head).lower().partition(b"content-length: ")[2].split()[0])
    while length:
        length -= len(connection.recv(length))
    return bytes(head)


def is_closed(connection: socket.socket) -> bool:
    """Wait for the server's end; false when something comes instead."""
    return connection.recv(1) == b""


def sockets(pid: int) -> int:
    """Count the sockets that a process has, those that it listens on included."""
    return sum(link.startswith("socket:") for link in _links(pid))


def accepted(pid: int, address: Address) -> int:
    """Count the connections of a process to that address of the server."""
    port = f":{address[1]:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(port) and row[3] != LISTEN}
    return sum(link in inodes for link in _links(pid))


def _links(pid: int) -> Iterator[str]:
    """Yield what the descriptors of a process are; without those that are closed meanwhile."""
    for entry in (PROC / str(pid) / "fd").iterdir():
        with suppress(FileNotFoundError):
            yield str(entry.readlink())


def thread_named(pid: int, name: str) -> int:
    """Return the LWP of a process that has that name, which is waited for."""

    return wait_until(lambda: _names(pid).get(name, 0), f"a thread named {name}")


def _names(pid: int) -> dict[str, int]:
    """Return the threads of a process by their names; without those that end meanwhile."""
    names = {}
    for one in threads(pid):
        with suppress(FileNotFoundError, ProcessLookupError):
            names[(PROC / f"{one.tid}/comm").read_text().strip()] = one.tid
    return names


def is_in(tid: int, call: str) -> bool:
    """Say whether a thread is blocked in a system call.

    Python waits for its interpreter's lock by futex, too, but for five milliseconds at a time
    (take_gil in Python/ceval_gil.h): such a thread has something to do, and waits for nobody.
    """
    number, *arguments = (PROC / str(tid) / "syscall").read_text().split()
    return number == CALLS[call] and (call != "futex" or int(arguments[TIMEOUT], 16) == 0)


def event_is_at_rest(pid: int) -> bool:
    """Say whether no thread of one of event's children has anything to do."""
    names = _names(pid)
    workers = [tid for name, tid in names.items() if name.startswith("worker-")]
    listener = names.get("listener")  # the last thread that a child starts
    return (
        listener is not None and is_in(listener, "epoll_wait") and all(is_in(tid, "futex") for tid in workers)
    )


def watched(pid: int) -> int:
    """Count what is in the epoll set of one of event's children (``fdinfo`` in proc(5))."""
    infos = (PROC / str(pid) / "fdinfo").iterdir()
    return sum(info.read_text().count("tfd:") for info in infos if info.exists())
