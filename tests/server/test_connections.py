"""Connections that are kept, closed, cut, reset or slow."""

import contextlib
import os
import resource
import socket
import struct
from pathlib import Path

import pytest

from tests.support import load
from tests.support.lab_server import SITE, LabServer, lab_server
from tests.support.processes import wait_until
from tests.support.raw_http import answers, ask, send

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
ASKING = GET[:-2] + b"Connection: keep-alive\r\n\r\n"


def connect(server: LabServer) -> socket.socket:
    return socket.create_connection(server.address, timeout=load.TIMEOUT_S)


def rest(connection: socket.socket) -> bytes:
    """Read until the server closes."""
    received = bytearray()
    while data := connection.recv(65536):
        received += data
    return bytes(received)


def test_an_idle_connection_is_closed_after_keep_alive_timeout(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, extra="KeepAliveTimeout 100ms") as running, connect(running) as connection:
        connection.sendall(GET)
        (answer,) = answers(rest(connection))
        assert answer.status == 200
        assert "Connection" not in answer.headers  # HTTP/1.1 goes on unless it says not to


def test_the_last_allowed_request_closes(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, extra="MaxKeepAliveRequests 2") as running, connect(running) as connection:
        connection.sendall(ASKING * 4)
        got = answers(rest(connection))
        assert [answer.headers["Connection"] for answer in got] == ["Keep-Alive", "Keep-Alive", "close"]
        offers = [answer.headers["Keep-Alive"] for answer in got]
        assert offers == ["timeout=5, max=2", "timeout=5, max=1", None]


def test_without_keep_alive_every_answer_closes(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, extra="KeepAlive Off") as running, connect(running) as connection:
        connection.sendall(GET * 2)
        (answer,) = answers(rest(connection))
        assert answer.headers["Connection"] == "close"


BODY = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"
CHUNK = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc"


def are_timed_out(server: LabServer, *requests: bytes) -> None:
    """See requests that have begun, on a connection each, come to their end."""
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(connect(server)) for _ in requests]
        for connection, begun in zip(connections, requests, strict=True):
            connection.sendall(begun)
        for connection in connections:
            (answer,) = answers(rest(connection))
            assert (answer.status, answer.headers["Connection"]) == (408, "close")
    assert [line.status for line in server.served(len(requests))] == [408] * len(requests)


def test_a_request_that_does_not_end_is_timed_out(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, servers=4, extra="Timeout 1") as running:
        are_timed_out(running, b"GET / HTTP/1.1\r\n", GET[:-2], BODY, CHUNK)


def test_a_request_line_that_does_not_end_is_not_answered(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, extra="Timeout 1") as running:
        with connect(running) as connection:
            connection.sendall(b"GET / HT")
            assert rest(connection) == b""
        (line,) = running.served(1)
        assert (line.status, line.sent, line.line) == (408, 0, "-")
        with connect(running) as connection:  # later on a connection it is not even logged
            connection.sendall(GET + b"GET / HT")
            assert len(answers(rest(connection))) == 1
        assert [line.status for line in running.served(2)] == [408, 200]


@pytest.mark.parametrize("begun", [b"GET / HTTP/1.1\r\n", GET[:-2], BODY, CHUNK])
def test_a_request_that_the_client_ends_too_early_is_refused(server: LabServer, begun: bytes) -> None:
    (answer,) = answers(send(server.address, [begun]))
    assert (answer.status, answer.headers["Connection"]) == (400, "close")


def test_a_request_line_that_the_client_does_not_end_is_not_answered(server: LabServer) -> None:
    assert send(server.address, [b"GET / HT"]) == b""


def test_a_hundred_pipelined_requests_are_answered_in_order(server: LabServer) -> None:
    targets = ["/", "/sub/page.html", "/missing", "/shared/a.txt"] * 25
    data = b"".join(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() for target in targets)
    got = answers(send(server.address, [data]))
    assert [answer.status for answer in got] == [200, 200, 404, 200] * 25


def test_resets_and_half_requests_cost_no_worker(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm) as running:
        before = running.children()
        for sent in (b"G", GET[:20], GET, GET * 3, b"GET /big.bin HTTP/1.1\r\nHost: a\r\n\r\n") * 4:
            connection = connect(running)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.sendall(sent)
            connection.close()
        load.at_once(running.address, [load.Request("/")] * 3, clients=2)
        assert running.children() == before
        assert "Traceback" not in running.error_log()


def test_a_slow_reader_gets_everything_and_holds_nobody_up(tmp_path: Path) -> None:
    with lab_server(tmp_path, "event", servers=1, threads=2) as running:
        slow = []
        for _ in range(3):
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(load.TIMEOUT_S)
            connection.connect(running.address)
            connection.sendall(b"GET /big.bin HTTP/1.0\r\n\r\n")
            slow.append(connection)
        for connection in slow:
            assert connection.recv(8) == b"HTTP/1.1"
        # Three transfers are under way on two workers; the next client is served all the same.
        assert ask(running.address, "/").body == SITE["htdocs/index.html"]
        for connection in slow:
            assert rest(connection).endswith(SITE["htdocs/big.bin"])
            connection.close()


def test_a_reader_that_stops_is_given_up_and_logged(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, extra="Timeout 1") as running, socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(running.address)
        connection.sendall(b"GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
        (line,) = running.served(1)
        assert (line.port, line.status) == (connection.getsockname()[1], 200)
        assert 0 < line.sent < len(SITE["htdocs/big.bin"])


def test_a_full_log_device_does_not_stop_the_server(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, extra="CustomLog /dev/full truth") as running:
        assert ask(running.address, "/").status == 200
        assert ask(running.address, "/").status == 200


def sockets(pid: int) -> int:
    """Count a process's sockets; a descriptor that is closed meanwhile is none."""
    count = 0
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            count += str(entry.readlink()).startswith("socket:")
    return count


def first_free(pid: int) -> int:
    used = {int(entry.name) for entry in Path(f"/proc/{pid}/fd").iterdir()}
    return next(number for number in range(len(used) + 1) if number not in used)


def test_a_shortage_of_descriptors_passes(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, servers=1) as running:
        (child,) = running.children()
        assert ask(running.address, "/").status == 200
        wait_until(lambda: sockets(child) == 1, "the end of the first connection")
        _, hard = resource.prlimit(child, resource.RLIMIT_NOFILE)
        resource.prlimit(child, resource.RLIMIT_NOFILE, (first_free(child), hard))
        with connect(running) as waiting:
            waiting.sendall(GET)
            wait_until(lambda: "Too many open files" in running.error_log(), "the shortage")
            resource.prlimit(child, resource.RLIMIT_NOFILE, (hard, hard))
            # A blocked accept has its descriptor already (net/socket.c); then the file gets none.
            # Otherwise the child leaves, as httpd's does, and the next one answers.
            answered = waiting.recv(12)
        assert answered in (b"HTTP/1.1 200", b"HTTP/1.1 503")
        assert ask(running.address, "/").status == 200
        if answered == b"HTTP/1.1 200":
            wait_until(lambda: child not in running.children(), "its end")


def test_a_client_that_waits_for_100_is_told_to_go_on(server: LabServer) -> None:
    head = b"PUT / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
    with connect(server) as connection:
        connection.sendall(head)
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"hello" + GET[:-2] + b"Connection: close\r\n\r\n")
        assert [answer.status for answer in answers(rest(connection))] == [405, 200]


def test_an_unknown_expectation_fails(server: LabServer) -> None:
    (answer,) = answers(send(server.address, [GET[:-2] + b"Expect: the-unexpected\r\n\r\n" + GET]))
    assert (answer.status, answer.headers["Connection"]) == (417, "close")


BODIES = [
    (b"Content-Length: 11\r\n", b""),
    (b"Content-Length: 11\r\nExpect: 100-continue\r\n", b""),
    (b"Transfer-Encoding: chunked\r\n", b"5\r\nhello\r\n6\r\nworlds\r\n0\r\n\r\n"),
    (b"Transfer-Encoding: chunked\r\n", b"b\r\n"),
]
"""Fields and bodies of eleven bytes."""


def test_a_body_above_the_limit_is_refused_at_once(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, extra="LimitRequestBody 10") as running:
        for fields, body in BODIES:
            with connect(running) as connection:
                connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n" + body)
                (answer,) = answers(rest(connection))
            assert (answer.status, answer.headers["Connection"]) == (413, "close"), (fields, body)


REQTIMEOUT = "LoadModule reqtimeout_module modules/mod_reqtimeout.so\nRequestReadTimeout "


def test_mod_reqtimeout_ends_a_request_that_comes_too_slowly(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, extra=REQTIMEOUT + "header=1 body=1") as running:
        are_timed_out(running, GET[:-2], BODY)


@pytest.mark.parametrize("how", ["EnableMMAP On", "EnableMMAP Off", "EnableSendfile On"])
def test_a_file_that_is_truncated_while_it_is_sent_costs_its_connection_alone(
    mpm: str, tmp_path: Path, how: str
) -> None:
    with lab_server(tmp_path, mpm, servers=1, extra=how) as running:
        before = running.children()
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.settimeout(load.TIMEOUT_S)
            slow.connect(running.address)
            slow.sendall(b"GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert slow.recv(8) == b"HTTP/1.1"
            os.truncate(running.root / "htdocs" / "big.bin", 10)
            with contextlib.suppress(ConnectionResetError):
                assert len(rest(slow)) < len(SITE["htdocs/big.bin"])
        assert ask(running.address, "/big.bin").body == SITE["htdocs/big.bin"][:10]
        assert set(before) <= set(running.children())
        assert "Traceback" not in running.error_log()


def test_a_file_that_is_replaced_while_it_is_sent_is_sent_as_it_was(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, servers=1) as running, connect(running) as slow:
        slow.sendall(b"GET /big.bin HTTP/1.0\r\n\r\n")
        assert slow.recv(8) == b"HTTP/1.1"
        other = tmp_path / "other"
        other.write_bytes(b"new")
        other.replace(running.root / "htdocs" / "big.bin")
        assert ask(running.address, "/big.bin").body == b"new"
        assert rest(slow).endswith(SITE["htdocs/big.bin"])
