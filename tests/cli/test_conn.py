"""``tracekit conn``: what the server at the other end sees of it."""

import resource
import socket
import subprocess
from collections.abc import Iterator

import pytest

from tests.support.tracers import TRACEKIT

WAIT = 60


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=512) as server:
        server.settimeout(WAIT)
        yield server


def start(*words: str, limit: int | None = None) -> subprocess.Popen[str]:
    def lower() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    return subprocess.Popen(
        [*TRACEKIT, "conn", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lower,  # noqa: PLW1509
    )


def accept(listener: socket.socket, number: int) -> list[socket.socket]:
    accepted = []
    for _ in range(number):
        connection, _peer = listener.accept()
        connection.settimeout(WAIT)
        accepted.append(connection)
    return accepted


def test_each_connection_gets_one_byte_and_is_held_until_enter(listener: socket.socket) -> None:
    with start("127.0.0.1", str(listener.getsockname()[1])) as process:
        accepted = accept(listener, 100)
        assert [each.recv(10) for each in accepted] == [b"A"] * 100
        for each in accepted:
            each.setblocking(False)
            with pytest.raises(BlockingIOError):
                each.recv(1)
            each.settimeout(WAIT)
        output, errors = process.communicate("\n", timeout=WAIT)
        assert (process.returncode, errors) == (0, "")
        assert output.startswith("100 connections to 127.0.0.1:")
        assert "Press ENTER" in output
        for each in accepted:
            assert each.recv(1) == b""
            each.close()


def test_it_says_how_many_the_server_closed(listener: socket.socket) -> None:
    with start("127.0.0.1", str(listener.getsockname()[1]), "-n", "5") as process:
        accepted = accept(listener, 5)
        for each in accepted[:2]:
            each.recv(1)
            each.sendall(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
            each.shutdown(socket.SHUT_WR)
        output, _ = process.communicate("\n", timeout=WAIT)
        assert "The server closed 2 of them" in output
        for each in accepted:
            each.close()


def test_a_duration_needs_nobody_at_the_keyboard(listener: socket.socket) -> None:
    with start("127.0.0.1", str(listener.getsockname()[1]), "-n", "1", "--duration", "0") as process:
        accept(listener, 1)[0].close()
        assert process.wait(WAIT) == 0


def test_a_limit_is_told_and_what_could_be_opened_is_held(listener: socket.socket) -> None:
    with start("127.0.0.1", str(listener.getsockname()[1]), "-n", "50", limit=20) as process:
        output, errors = process.communicate("\n", timeout=WAIT)
    held = int(output.split()[0])
    assert 0 < held < 20
    assert errors == f"no more than {held} of 50 connections: Too many open files\n"


def test_nobody_there_is_one_line_and_exit_code_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with start("127.0.0.1", str(port)) as process:
        output, errors = process.communicate(timeout=WAIT)
    assert (process.returncode, output) == (2, "")
    assert errors.startswith(f"tracekit: cannot connect to 127.0.0.1:{port}: Connection refused")
