"""What a tracer sees: the calls that tell httpd's models from each other, by the real strace.

The expectations are what strace showed of Debian's apache2, each model with one and with two Listen.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.held_connections import GET, answer, connect, get_huge, is_closed, thread_named
from tests.support.lab_server import LabServer, lab_server
from tests.support.processes import PATIENCE_S, ending, start, threads, wait_until
from tests.support.requirements import need, need_ptrace

CLIENT = r"\[[0-9.:]+->[0-9.:]+\]"
"""How -yy shows a socket that has a peer."""
LWPS = {"event": 7, "worker": 7, "prefork": 1}
UNFINISHED = " <unfinished ...>"


@dataclass(frozen=True)
class Signature:
    """What the trace of a model must have, and what it must not have; with several Listens, too."""

    seen: tuple[str, ...]
    unseen: tuple[str, ...]
    seen_with_two: tuple[str, ...] = ()
    unseen_with_one: tuple[str, ...] = ()


SYNCHRONOUS = (
    rf"poll\(\[\{{fd=\d+<TCP:{CLIENT}>, events=POLLIN\}}\], 1, 5000",
    rf"poll\(\[\{{fd=\d+<TCP:{CLIENT}>, events=POLLIN\}}\], 1, 2000",
    rf"read\(\d+<TCP:{CLIENT}>, \"\", 512\)",
)
WATCHED = rf"epoll_ctl\(.*EPOLL_CTL_ADD, \d+<TCP:{CLIENT}>"
SIGNATURES = {
    "event": Signature(
        seen=(
            WATCHED,
            rf"epoll_ctl\(.*EPOLL_CTL_DEL, \d+<TCP:{CLIENT}>",
            rf"read\(\d+<TCP:{CLIENT}>, .*, 32768",
        ),
        unseen=(r"\bpoll\(", "FUTEX_LOCK_PI"),
    ),
    "worker": Signature(
        seen=SYNCHRONOUS,
        unseen=(WATCHED, "32768"),
        seen_with_two=(r"epoll_wait.*, -1\) = 1", "FUTEX_LOCK_PI"),
        unseen_with_one=("epoll", "FUTEX_LOCK_PI"),
    ),
    "prefork": Signature(
        seen=(*SYNCHRONOUS, r"read\(\d+<pipe:\[\d+\]>, 0x[0-9a-f]+, 1\) = -1 EAGAIN"),
        unseen=(WATCHED, "32768"),
        seen_with_two=(r"epoll_wait.*, 10000\) = 1", "FUTEX_LOCK_PI"),
        unseen_with_one=("epoll", r"futex\("),
    ),
}
NOTHING_YET = r"0x[0-9a-f]+, 8000\) = -1 EAGAIN"
CLOSE = rf"close\(\d+<TCP:{CLIENT}>"
COMMON = (
    rf"accept4\(.* = \d+<TCP:{CLIENT}>",
    rf"fcntl\(\d+<TCP:{CLIENT}>, F_SETFL, O_RDWR\|O_NONBLOCK\) = 0",
    rf"read\(\d+<TCP:{CLIENT}>, \"GET / HTTP/1\.1.*, 8000\)",
    r"/htdocs/index\.html\", O_RDONLY",
    rf"writev\(\d+<TCP:{CLIENT}>, \[\{{iov_base=\"HTTP/1\.1 200 OK",
    r"write\(\d+<.*/access\.log>",
    NOTHING_YET,
    rf"shutdown\(\d+<TCP:{CLIENT}>, SHUT_WR\) = 0",
    CLOSE,
)


@contextlib.contextmanager
def traced(server: LabServer, mpm: str, out: Path) -> Iterator[None]:
    """Have strace write down what the children do while the block lasts."""
    need_ptrace()
    children = server.children()
    # A thread that is started while strace looks for threads would not be traced. The listener is the last.
    acceptors = [thread_named(pid, {"prefork": "tracekit-server"}.get(mpm, "listener")) for pid in children]
    wait_until(lambda: all(len(threads(pid)) == LWPS[mpm] for pid in children), "the threads")
    pids = [word for pid in children for word in ("-p", str(pid))]
    said = out.with_suffix(".said")
    with said.open("wb") as stderr:
        tracer = start([need("strace"), "-f", "-yy", "-o", out, *pids], stderr=stderr)
    with ending(tracer):
        # A thread is stopped a moment after it has a tracer; strace says when it has stopped all.
        wait_until(lambda: count("attached", said) >= len(children), "strace")
        # What one waited in then begins anew. Before that, what it returned would not be written.
        wait_until(lambda: all(count(rf"(?m)^{tid} ", out) for tid in acceptors), "the acceptors' calls")
        yield
        tracer.terminate()
        tracer.wait(PATIENCE_S)


def trace(server: LabServer, mpm: str, out: Path) -> list[str]:
    """Return what strace writes while clients keep connections, close them and have them closed."""
    with traced(server, mpm, out):
        for address in server.addresses * 2:
            use(address, out)
        wait_until(lambda: count(CLOSE, out) == 4 * len(server.addresses), "the last close")
    return out.read_text().splitlines()


def use(address: tuple[str, int], out: Path) -> None:
    """Make two requests on one connection and hang up; have the server hang up on another one."""
    with connect(address) as kept:
        for _ in range(2):
            waits = count(NOTHING_YET, out)
            kept.sendall(GET)
            answer(kept)
            wait_until(lambda waits=waits: count(NOTHING_YET, out) > waits, "the server's wait")  # type: ignore[misc]
    with connect(address, GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")) as closed:
        answer(closed)
        assert is_closed(closed)


def count(pattern: str, out: Path) -> int:
    return len(re.findall(pattern, out.read_text()))


def whole_calls(lines: list[str]) -> Iterator[str]:
    """Yield the lines with the halves of interrupted ones joined."""
    halves: dict[str, str] = {}
    for line in lines:
        if line.endswith(UNFINISHED):
            halves[who(line)] = line.removesuffix(UNFINISHED)
        elif match := re.fullmatch(r"(\d+) +<\.\.\. \w+ resumed>(.*)", line):
            yield halves.pop(match[1], "") + match[2]
        else:
            yield line
    yield from halves.values()


@pytest.mark.parametrize("listens", [1, 2])
def test_each_model_is_known_by_its_calls(mpm: str, tmp_path: Path, listens: int) -> None:
    with lab_server(tmp_path, mpm, listens=listens) as running:
        lines = trace(running, mpm, tmp_path / "strace")
    text = "\n".join(whole_calls(lines))
    signature = SIGNATURES[mpm]
    seen = (*COMMON, *signature.seen, *(signature.seen_with_two if listens == 2 else ()))
    unseen = (*signature.unseen, *(signature.unseen_with_one if listens == 1 else ()))
    assert [pattern for pattern in seen if not re.search(pattern, text)] == []
    assert [pattern for pattern in unseen if re.search(pattern, text)] == []
    assert not re.search(r"\b(sendto|recvfrom|send|recv)\(", text)


def who(line: str) -> str:
    return line.split(maxsplit=1)[0]


@pytest.mark.parametrize("model", ["event", "worker"])
def test_a_connection_is_handed_over_by_one_wake(tmp_path: Path, model: str) -> None:
    """On an address that the worker that then serves it waits on, and none else."""
    with lab_server(tmp_path, model, servers=1) as running:
        lines = trace(running, model, tmp_path / "strace")
    accepts = [
        number for number, line in enumerate(lines) if re.search(rf"accept4.* = \d+<TCP:{CLIENT}>", line)
    ]
    assert len(accepts) == 4
    addresses: dict[str, str] = {}
    for accept in accepts:
        fd = lines[accept].rpartition(" = ")[2]
        read = next(n for n in range(accept, len(lines)) if f" read({fd}" in lines[n])
        worker = who(lines[read])
        waits = [match[1] for line in lines[:read] if (match := WAIT.match(line)) and who(line) == worker]
        wake = f"futex({waits[-1]}, FUTEX_WAKE_PRIVATE, 1"
        woken = [line for line in lines[accept:read] if wake in line]
        assert [who(line) for line in woken] == [who(lines[accept])]
        assert addresses.setdefault(worker, waits[-1]) == waits[-1]
    assert len(set(addresses.values())) == len(addresses)


WAIT = re.compile(r"\d+ +futex\((0x[0-9a-f]+), FUTEX_WAIT_BITSET_PRIVATE\|FUTEX_CLOCK_REALTIME, 0, NULL")
"""A wait without a time limit: one for the interpreter's lock has a limit."""


def test_a_blocked_write_is_waited_for_by_epoll_or_by_poll(mpm: str, tmp_path: Path) -> None:
    out = tmp_path / "strace"
    with (
        lab_server(tmp_path, mpm, servers=1) as running,
        traced(running, mpm, out),
        connect(running.address, get_huge(tmp_path)) as slow,
    ):
        wait_until(lambda: count(r"POLLOUT", out), "a full socket")
        answer(slow)
    parked = re.search(rf"EPOLL_CTL_ADD, \d+<TCP:{CLIENT}>, \{{events=EPOLLOUT", out.read_text())
    waited = re.search(rf"\bpoll\(\[\{{fd=\d+<TCP:{CLIENT}>, events=POLLOUT\}}\], 1, 60000", out.read_text())
    assert (parked is not None, waited is not None) == ((True, False) if mpm == "event" else (False, True))
