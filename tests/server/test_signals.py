"""Signals to the parent: restarts and graceful stop, as a client and an administrator see them."""

import os
import signal
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import load
from tests.support.lab_server import READY, LabServer, Served, lab_server, write_config
from tests.support.processes import PATIENCE_S, Process, in_session, start, stop, task, wait_until
from tests.support.raw_http import ask

MPMS = ["prefork", "worker", "event"]
RECEIVED = {
    "prefork": {"HUP": "AH00173", "USR1": "AH00171", "WINCH": "AH00170", "TERM": "AH00169"},
    "worker": {"HUP": "AH00298", "USR1": "AH00297", "WINCH": "AH00296", "TERM": "AH00295"},
    "event": {"HUP": "AH00494", "USR1": "AH00493", "WINCH": "AH00492", "TERM": "AH00491"},
}
PID_FILE = "PidFile httpd.pid\n"


@pytest.fixture(params=MPMS)
def mpm(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextmanager
def half_asked(server: LabServer) -> Iterator[socket.socket]:
    """Begin a request, so that a worker of the server waits for its body."""
    with socket.create_connection(server.address, timeout=PATIENCE_S) as client:
        client.sendall(
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
        )
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        yield client


def finish(client: socket.socket) -> bytes:
    """Send the body, and return all that comes until the server ends the connection; we do, too."""
    client.sendall(b"body")
    received = b""
    while data := client.recv(65536):
        received += data
    client.close()
    return received


def ended(client: socket.socket) -> bool:
    """Say whether the connection ends and nothing comes before that."""
    try:
        return client.recv(100) == b""
    except ConnectionResetError:
        return True


def ready(server: LabServer, times: int) -> bool:
    """Say whether the server has started that often."""
    return server.error_log().count(READY) == times


def asked(server: LabServer) -> list[Served]:
    """Return what clients have asked; prefork's parent wakes its children with requests, too."""
    return [line for line in server.served(0) if line.line != "OPTIONS * HTTP/1.0"]


def gone(pids: list[int]) -> bool:
    return all((found := task(pid)) is None or found.ended for pid in pids)


def change(server: LabServer, old: str, new: str) -> None:
    config = server.root / "httpd.conf"
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new))


@pytest.mark.parametrize("name", ["HUP", "USR1"])
def test_a_restart_reads_the_configuration_anew(mpm: str, name: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, extra=PID_FILE) as server:
        before = server.children()
        change(server, "DocumentRoot htdocs", "DocumentRoot two")
        server.process.send_signal(signal.Signals[f"SIG{name}"])
        wait_until(lambda: ready(server, 2), "the restart")
        wait_until(lambda: gone(before), "the end of the old children")
        wait_until(lambda: len(server.children()) == 2, "the new children")
        assert not set(server.children()) & set(before)
        assert ask(server.address, "/").body == b"two\n"
        log = server.error_log()
        assert f"{RECEIVED[mpm][name]}: " in log
        assert log.count("is bound to") == 1  # the listening socket is still the same
        assert int((tmp_path / "httpd.pid").read_text()) == server.process.pid
        assert "AH00098" not in log


@pytest.mark.parametrize("name", ["HUP", "USR1"])
def test_a_restart_opens_the_logs_anew(mpm: str, name: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm) as server:
        before = server.children()
        ask(server.address, "/")
        server.served(1)
        for log in ("access.log", "error.log"):
            (tmp_path / log).rename(tmp_path / f"{log}.1")
        server.process.send_signal(signal.Signals[f"SIG{name}"])
        wait_until((tmp_path / "error.log").exists, "the new error log")
        wait_until(lambda: ready(server, 1) and gone(before), "the restart")
        ask(server.address, "/sub/")
        wait_until(
            lambda: [line.line for line in asked(server)] == ["GET /sub/ HTTP/1.1"], "the new access log"
        )
        assert "GET /sub/" not in (tmp_path / "access.log.1").read_text()
        assert RECEIVED[mpm][name] in (tmp_path / "error.log.1").read_text()


@pytest.mark.parametrize("listens", [1, 2])
def test_a_graceful_restart_lets_requests_end(mpm: str, listens: int, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, listens=listens) as server, half_asked(server) as client:
        before = server.children()
        server.process.send_signal(signal.SIGUSR1)
        wait_until(lambda: ready(server, 2), "the restart")
        wait_until(lambda: set(server.children()) - set(before), "a new child")
        ask(server.address, "/sub/")  # new ones are served meanwhile
        answer = finish(client)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nConnection: close\r\n" in answer
        lines = wait_until(lambda: len(found := asked(server)) == 2 and found, "both requests in the log")
        assert [(line.line, line.pid in before) for line in lines or []] == [
            ("GET /sub/ HTTP/1.1", False),
            ("POST / HTTP/1.1", True),
        ]
        wait_until(lambda: gone(before), "the end of the old children")


def test_a_restart_does_not_let_them(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm) as server, half_asked(server) as client:
        server.process.send_signal(signal.SIGHUP)
        assert ended(client)
        wait_until(lambda: ready(server, 2), "the restart")


@pytest.mark.parametrize("name", ["HUP", "USR1"])
def test_a_restart_opens_and_closes_sockets(mpm: str, name: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, listens=2) as server:
        first, second = server.addresses
        before = server.children()
        with socket.socket() as chooser:
            chooser.bind(("127.0.0.1", 0))
            port = chooser.getsockname()[1]
        change(
            server, "Listen 127.0.0.1:0\nListen 127.0.0.1:0", f"Listen 127.0.0.1:0\nListen 127.0.0.1:{port}"
        )
        server.process.send_signal(signal.Signals[f"SIG{name}"])
        wait_until(lambda: ready(server, 2) and gone(before), "the restart")
        assert ask(first, "/").status == 200
        assert ask(("127.0.0.1", port), "/").status == 200
        with pytest.raises(ConnectionRefusedError):
            ask(second, "/")


@pytest.mark.parametrize("name", ["HUP", "USR1"])
def test_a_configuration_that_is_wrong_ends_the_server(mpm: str, name: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, extra=PID_FILE) as server:
        change(server, "LogLevel info", "Nonsense on")
        server.process.send_signal(signal.Signals[f"SIG{name}"])
        assert server.process.wait(PATIENCE_S) == 1
        wait_until(lambda: not in_session(server.process.pid), "the end of the children")
        log = server.error_log().splitlines()
        assert log[-2].startswith("AH00526: Syntax error on line ")
        assert log[-1].startswith("Invalid command 'Nonsense', perhaps misspelled")
        assert (tmp_path / "httpd.pid").exists()


def test_what_has_begun_is_answered_even_if_the_new_configuration_is_wrong(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm) as server, half_asked(server) as client:
        change(server, "DocumentRoot htdocs", "DocumentRoot nowhere")
        server.process.send_signal(signal.SIGUSR1)
        assert server.process.wait(PATIENCE_S) == 1
        assert finish(client).startswith(b"HTTP/1.1 200 OK\r\n")
        wait_until(lambda: in_session(server.process.pid) == [], "the end of the children")


def descriptors(server: LabServer) -> list[str]:
    folder = Path(f"/proc/{server.process.pid}/fd")
    return sorted(str(entry.readlink()).partition(":")[0] for entry in folder.iterdir())


@pytest.mark.parametrize("name", ["HUP", "USR1"])
def test_restarts_leave_nothing_open(mpm: str, name: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, listens=2) as server:
        before = descriptors(server)
        for times in (2, 3, 4):
            server.process.send_signal(signal.Signals[f"SIG{name}"])
            wait_until(lambda: ready(server, times), "the restart")  # noqa: B023
        assert descriptors(server) == before


def test_the_model_cannot_be_changed_by_a_restart(tmp_path: Path) -> None:
    with lab_server(tmp_path, "event") as server:
        change(server, "mpm_event", "mpm_worker")
        server.process.send_signal(signal.SIGHUP)
        assert server.process.wait(PATIENCE_S) == 1
        text = "AH00534: tracekit-server: Configuration error: The MPM cannot be changed during restart.\n"
        assert server.error_log().endswith(text)


def test_limits_of_the_scoreboard_stay(tmp_path: Path) -> None:
    with lab_server(tmp_path, "event", extra="ServerLimit 4\nMaxRequestWorkers 20") as server:
        change(server, "ServerLimit 4", "ServerLimit 8")
        server.process.send_signal(signal.SIGUSR1)
        wait_until(lambda: ready(server, 2), "the restart")
        assert "[mpm_event:warn]" in server.error_log()
        assert "AH00501: changing ServerLimit to 8 from original value of 4 not allowed" in server.error_log()


def test_a_graceful_stop_lets_requests_end(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, extra=PID_FILE) as server, half_asked(server) as client:
        server.process.send_signal(signal.SIGWINCH)
        wait_until(lambda: f"{RECEIVED[mpm]['WINCH']}: caught SIGWINCH" in server.error_log(), "the signal")
        assert not (tmp_path / "httpd.pid").exists()
        wait_until(lambda: refuses(server.address), "no more connections")
        assert server.process.poll() is None
        assert finish(client).startswith(b"HTTP/1.1 200 OK\r\n")
        assert server.process.wait(PATIENCE_S) == 0
        assert in_session(server.process.pid) == []


def refuses(address: load.Address) -> bool:
    try:
        socket.create_connection(address, timeout=PATIENCE_S).close()
    except (ConnectionRefusedError, ConnectionResetError):
        return True
    return False


def test_a_graceful_stop_has_an_end(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, extra="GracefulShutdownTimeout 1") as server, half_asked(server) as client:
        server.process.send_signal(signal.SIGWINCH)
        assert server.process.wait(PATIENCE_S) == 0
        assert ended(client)


def test_term_ends_a_graceful_stop(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm) as server, half_asked(server) as client:
        server.process.send_signal(signal.SIGWINCH)
        wait_until(lambda: RECEIVED[mpm]["WINCH"] in server.error_log(), "the signal")
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(PATIENCE_S) == 0
        assert ended(client)


def test_children_that_are_killed_in_a_row_are_not_all_replaced_at_once(tmp_path: Path) -> None:
    with lab_server(tmp_path, "event", servers=5) as server:
        children = server.children()
        os.kill(server.process.pid, signal.SIGSTOP)
        for pid in children:
            os.kill(pid, signal.SIGSEGV)
        wait_until(lambda: gone(children), "the deaths")
        os.kill(server.process.pid, signal.SIGCONT)
        wait_until(lambda: "AH10392: children are killed successively!" in server.error_log(), "the warning")
        wait_until(
            lambda: server.error_log().count("exit signal Segmentation fault (11)") == 5, "the reports"
        )
        assert ask(server.address, "/").status == 200


IN_TERMINAL = """
import os, sys
os.open(sys.argv[1], os.O_RDWR)  # the first terminal that the leader of a session opens controls it
os.execv(sys.executable, [sys.executable, "-m", "server", "-f", sys.argv[2]])
"""


@contextmanager
def in_terminal(config: Path) -> Iterator[tuple[Process, int]]:
    """Run a server that a terminal controls; the second value is the other end of the terminal."""
    log = config.parent / "error.log"
    controller, terminal = os.openpty()
    process = start([sys.executable, "-c", IN_TERMINAL, os.ttyname(terminal), config])
    try:
        wait_until(lambda: log.exists() and READY in log.read_text(), "the start")
        yield process, controller
    finally:
        stop(process)
        os.close(controller)
        os.close(terminal)


def test_a_window_that_changes_its_size_stops_nothing(tmp_path: Path) -> None:
    with in_terminal(write_config(tmp_path, "event")) as (process, controller):
        log = tmp_path / "error.log"
        termios.tcsetwinsize(controller, (50, 100))
        process.send_signal(signal.SIGUSR1)  # which is taken after it
        wait_until(lambda: log.read_text().count(READY) == 2, "the restart")
        assert "AH00492" not in log.read_text()


def test_a_terminal_that_is_closed_leaves_no_server_behind(tmp_path: Path) -> None:
    with in_terminal(write_config(tmp_path, "event")) as (process, controller):
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, controller)  # which closes the terminal's other end
        os.close(null)
        assert process.wait(PATIENCE_S) == 0
        assert in_session(process.pid) == []


DRIVER = """
import dataclasses, errno, os, sys
from pathlib import Path
from server.config import load
from server.processes.limits import limits_of
from server.mpm import MPMS
from server.processes.parent import Parent
from server.startup import open_runtime

def fails(*_):
    raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

config = load(Path(sys.argv[1]))
mpm = MPMS[config.mpm]
runtime = open_runtime(config, limits_of(config, mpm.defaults)[0], one_process=False)
runtime.error_log.redirect()
if sys.argv[2] == "fork":
    os.fork = fails
else:
    mpm = dataclasses.replace(mpm, run_child=lambda *_: os._exit(int(sys.argv[2])))
sys.exit(Parent(runtime, mpm, None, "driver").run())
"""


@contextmanager
def driven(root: Path, mpm: str, what: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a parent whose children end with an exit status, or that cannot fork."""
    process = start([sys.executable, "-c", DRIVER, write_config(root, mpm), what])
    try:
        yield process
    finally:
        stop(process)


def test_a_fatal_error_of_a_child_ends_the_server(mpm: str, tmp_path: Path) -> None:
    with driven(tmp_path, mpm, "15") as process:
        assert process.wait(PATIENCE_S) == 1
    assert "returned a Fatal error..." in (tmp_path / "error.log").read_text()
    assert "[core:alert]" in (tmp_path / "error.log").read_text()


@pytest.mark.parametrize(("threaded", "number"), [("worker", "AH02325"), ("event", "AH02324")])
def test_children_that_never_get_ready_end_the_server(threaded: str, number: str, tmp_path: Path) -> None:
    with driven(tmp_path, threaded, "7") as process:
        assert process.wait(PATIENCE_S) == 1
    assert f"[mpm_{threaded}:alert]" in (tmp_path / "error.log").read_text()
    assert f"{number}: A resource shortage" in (tmp_path / "error.log").read_text()


def test_a_failing_fork_is_reported_and_the_parent_rests(mpm: str, tmp_path: Path) -> None:
    number = {"prefork": "AH00159", "worker": "AH00283", "event": "AH00481"}[mpm]
    log = tmp_path / "error.log"
    with driven(tmp_path, mpm, "fork") as process:
        text = f"(11)Resource temporarily unavailable: {number}: fork: Unable to fork new process"
        wait_until(lambda: log.exists() and text in log.read_text(), "the report")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
    assert log.read_text().count(number) == 1


def test_a_stop_that_lasts_longer_than_a_sleep_is_no_signal(tmp_path: Path) -> None:
    with lab_server(tmp_path, "event") as running:
        parent, stopped = running.process.pid, time.monotonic()
        os.kill(parent, signal.SIGSTOP)
        wait_until(lambda: time.monotonic() > stopped + 1.2, "the end of its sleep of a second")
        os.kill(parent, signal.SIGCONT)
        os.kill(parent, signal.SIGUSR1)
        wait_until(lambda: RECEIVED["event"]["USR1"] in running.error_log(), "the signal that was sent")
        assert RECEIVED["event"]["HUP"] not in running.error_log()
        assert ask(running.address, "/").status == 200
