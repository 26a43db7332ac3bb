"""The command line and ``-k``: what is printed, which status comes back, and which signal goes where."""

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from server import PROGRAM
from server.config import ConfigError, ServerConfig
from server.config.directives.unixd import ROOT
from server.control import control
from tests.support.lab_server import LabServer, lab_server, write_config
from tests.support.processes import PATIENCE_S, ending, in_session, start, task, wait_until
from tests.support.raw_http import ask

SIGNALS = {"stop": "SIGTERM", "restart": "SIGHUP", "graceful": "SIGUSR1", "graceful-stop": "SIGWINCH"}
WAITS = """
import signal
taken = {signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGWINCH}
signal.pthread_sigmask(signal.SIG_BLOCK, taken)
print("ready", flush=True)
print(signal.Signals(signal.sigwait(taken)).name, flush=True)
"""
NOBODY = 2**22 + 1
"""No process has this number: pid_max is at most 2**22 (proc(5))."""


def configured(tmp_path: Path, text: str | None) -> ServerConfig:
    pid_file = tmp_path / "httpd.pid"
    if text is not None:
        pid_file.write_text(text)
    return ServerConfig(pid_file=pid_file)


@pytest.mark.parametrize("action", SIGNALS)
def test_a_running_server_gets_the_signal(action: str, tmp_path: Path) -> None:
    with ending(start([sys.executable, "-c", WAITS], stdout=subprocess.PIPE)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert control(action, configured(tmp_path, f"{process.pid}\n")) == 0
        assert process.stdout.readline().decode() == f"{SIGNALS[action]}\n"


def test_a_second_start_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert control("start", configured(tmp_path, f"{os.getppid()}\n")) == 0
    assert capsys.readouterr().out == f"{PROGRAM} (pid {os.getppid()}) already running\n"


@pytest.mark.parametrize(
    ("action", "text", "status", "said"),
    [
        ("start", None, None, ""),
        ("start", f"{NOBODY}\n", None, ""),
        ("restart", None, None, f"{PROGRAM} not running, trying to start\n"),
        ("graceful", f"{NOBODY}\n", None, f"{PROGRAM} not running, trying to start\n"),
        ("stop", None, 0, f"{PROGRAM} (no pid file) not running\n"),
        ("stop", f"{NOBODY}\n", 0, f"{PROGRAM} (pid {NOBODY}?) not running\n"),
        ("graceful-stop", None, 0, f"{PROGRAM} (no pid file) not running\n"),
    ],
)
def test_where_none_runs(
    action: str, text: str | None, status: int | None, said: str, tmp_path: Path
) -> None:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert control(action, configured(tmp_path, text)) == status
    assert out.getvalue() == said


def test_our_own_number_in_the_file_is_that_of_an_earlier_server(tmp_path: Path) -> None:
    assert control("start", configured(tmp_path, f"{os.getpid()}\n")) is None


@pytest.mark.parametrize(
    "text", ["", "\n", "x\n", "12 13\n", "-1\n", "0\n", "1\n1\n", "\u0661\n", "4294967296\n", "9" * 5000]
)
def test_what_is_no_pid_is_told(text: str, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"AH00058: Error retrieving pid file .*\nAH00059: Remove it before"
    ):
        control("stop", configured(tmp_path, text))


def test_a_pipe_in_the_place_of_the_pid_holds_nobody_up(tmp_path: Path) -> None:
    config = configured(tmp_path, None)
    assert config.pid_file is not None
    os.mkfifo(config.pid_file)
    with pytest.raises(ConfigError, match="AH00058"):
        control("stop", config)


def run(*args: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the server's program to its end."""
    argv = [sys.executable, "-m", "server", *map(str, args)]
    return subprocess.run(
        argv, capture_output=True, text=True, timeout=PATIENCE_S, check=False, start_new_session=True
    )


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return the configuration file of a server that does not run."""
    return write_config(tmp_path, "event", extra="PidFile httpd.pid")


@contextmanager
def detached(config: Path) -> Iterator[int]:
    """Have a server that was started in the background, by its pid; it is ended with all its children."""
    pid_file = config.parent / "httpd.pid"
    try:
        wait_until(lambda: pid_file.exists() and pid_file.read_text(), "the pid file")
        pid = int(pid_file.read_text())
        yield pid
    finally:
        left = int(pid_file.read_text()) if pid_file.exists() else 0
        if left and task(left) is not None:
            os.kill(left, signal.SIGTERM)
            wait_until(lambda: task(left) is None or not in_session(left), "the end of the server")


def address(config: Path) -> tuple[str, int]:
    log = config.parent / "error.log"
    found = wait_until(lambda: re.search(r"bound to (\S+):(\d+)", log.read_text()), "the address")
    assert found is not None
    return found[1], int(found[2])


def test_start_and_stop(config: Path) -> None:
    started = run("-f", config, "-k", "start")
    assert (started.returncode, started.stdout, started.stderr) == (0, "", "")
    with detached(config) as pid:
        assert ask(address(config), "/").status == 200
        found = task(pid)
        assert found is not None
        assert found.session == pid
        assert Path(f"/proc/{pid}/cwd").readlink() == Path("/")
        names = {Path(f"/proc/{pid}/fd/{fd}").readlink() for fd in (0, 1)}
        assert names == {Path("/dev/null")}
        again = run("-f", config, "-k", "start")
        assert (again.returncode, again.stdout) == (0, f"{PROGRAM} (pid {pid}) already running\n")
        log = config.parent / "error.log"
        for action, times in (("restart", 2), ("graceful", 3)):
            assert run("-f", config, "-k", action).returncode == 0
            wait_until(lambda: log.read_text().count("resuming normal operations") == times, action)  # noqa: B023
        assert f"AH00094: Command line: '{PROGRAM} -f {config}'" in log.read_text()
        assert run("-f", config, "-k", "stop").returncode == 0
        wait_until(lambda: not in_session(pid), "the end of the server")
        assert not (config.parent / "httpd.pid").exists()


def test_a_server_in_the_background_does_not_write_to_the_terminal(config: Path) -> None:
    config.write_text(config.read_text().replace("CustomLog access.log truth", "CustomLog /dev/stdout truth"))
    with (config.parent / "terminal").open("wb") as terminal:
        argv = [sys.executable, "-m", "server", "-f", str(config), "-k", "start"]
        assert start(argv, stdout=terminal, stderr=terminal).wait(PATIENCE_S) == 0
        with detached(config):
            assert ask(address(config), "/").status == 200
    assert (config.parent / "terminal").read_bytes() == b""


def test_graceful_starts_one_that_graceful_stop_ends(config: Path) -> None:
    started = run("-f", config, "-k", "graceful")
    assert (started.returncode, started.stdout) == (0, f"{PROGRAM} not running, trying to start\n")
    with detached(config) as pid:
        assert run("-f", config, "-k", "graceful-stop").returncode == 0
        wait_until(lambda: not in_session(pid), "the end of the server")


def test_what_is_wrong_is_told_before_it_detaches(config: Path) -> None:
    with (config.parent / "httpd.conf").open("a") as file:
        file.write("Nonsense on\n")
    for action in ("start", "stop", "graceful"):
        answer = run("-f", config, "-k", action)
        assert answer.returncode == 1
        assert answer.stderr.startswith(
            f"AH00526: Syntax error on line {len(config.read_text().splitlines())} of"
        )
    assert not (config.parent / "httpd.pid").exists()


def test_a_taken_port_is_told_before_it_detaches(config: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with lab_server(other, "event") as server:
        host, port = server.address
        config.write_text(config.read_text().replace("Listen 127.0.0.1:0", f"Listen {host}:{port}"))
        answer = run("-f", config, "-k", "start")
    assert answer.returncode == 1
    assert "AH00072: make_sock: could not bind to address" in answer.stderr


@pytest.mark.parametrize(
    ("instead_of", "line", "told"),
    [
        (
            "Listen 127.0.0.1:0",
            "",
            "no listening sockets available, shutting down\nAH00015: Unable to open logs\n",
        ),
        (
            "ErrorLog error.log",
            "ErrorLog htdocs",
            (
                "(21)Is a directory: AH00091: tracekit-server: could not open error log file ROOT/htdocs.\n"
                "AH00015: Unable to open logs\n"
            ),
        ),
        (
            "CustomLog access.log truth",
            "CustomLog htdocs truth",
            (
                "(21)Is a directory: AH00649: could not open transfer log file ROOT/htdocs.\n"
                "AH00015: Unable to open logs\n"
            ),
        ),
        (
            "ServerName localhost\n",
            "ServerName localhost\nTypesConfig nowhere\n",
            (
                "(2)No such file or directory: AH01597: could not open mime types config file ROOT/nowhere.\n"
                "AH00016: Configuration Failed\n"
            ),
        ),
        ("PidFile httpd.pid", "PidFile nowhere/httpd.pid", ""),
        (
            "ServerName localhost",
            "User nobody-here\nServerName localhost",
            "AH00543: tracekit-server: bad user name nobody-here\n",
        ),
        (
            "ServerName localhost",
            "User root\nServerName localhost",
            f"AH00526: Syntax error on line 12 of ROOT/httpd.conf:\n{ROOT}\n",
        ),
    ],
)
def test_what_it_cannot_do_without_is_told(instead_of: str, line: str, told: str, config: Path) -> None:
    config.write_text(config.read_text().replace(instead_of, line, 1))
    answer = run("-f", config)
    assert answer.returncode == 1
    assert answer.stderr.replace(str(config.parent), "ROOT") == told


def test_foreground_keeps_it_there(config: Path) -> None:
    argv = [sys.executable, "-m", "server", "-f", str(config), "-k", "start", "-DFOREGROUND"]
    with ending(start(argv)) as process:
        with detached(config) as pid:
            assert pid == process.pid
        assert process.wait(PATIENCE_S) == 0


def test_check(config: Path) -> None:
    answer = run("-t", "-f", config)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "Syntax OK\n")


def test_corrections_are_told_at_the_start(config: Path) -> None:
    with config.open("a") as file:
        file.write("MaxRequestWorkers 12\n")
    answer = run("-t", "-f", config)
    text = "AH00513: WARNING: MaxRequestWorkers of 12 is not an integer multiple of ThreadsPerChild of 5, "
    assert answer.stderr.startswith(text)
    assert answer.stderr.endswith("\nSyntax OK\n")


def test_directives_before_and_after_the_file(config: Path) -> None:
    answer = run("-t", "-f", config, "-C", "Define A 1", "-c", "StartServers ${A}", "-c", "Nonsense on")
    assert answer.returncode == 1
    assert "Invalid command 'Nonsense'" in answer.stderr


def test_version() -> None:
    answer = run("-v")
    assert answer.returncode == 0
    assert re.fullmatch(
        rf"Server version: {PROGRAM}/\S+\nServer built:   \d{{4}}-\d\d-\d\dT[\d:]{{8}}\n", answer.stdout
    )


def test_modules_that_are_built_in() -> None:
    lines = run("-l").stdout.splitlines()
    assert lines[:3] == ["Compiled in modules:", "  core.c", "  mod_so.c"]
    assert "  http_core.c" in lines


def test_settings_name_the_model(config: Path) -> None:
    answer = run("-V", "-f", config)
    assert answer.returncode == 0
    assert "\nServer MPM:     event\n  threaded:     yes (fixed thread count)\n" in answer.stdout


@pytest.mark.parametrize(
    ("args", "begins"),
    [
        (["-S"], ["VirtualHost configuration:", "ServerRoot: "]),
        (["-M"], ["Loaded Modules:"]),
        (["-t", "-D", "DUMP_MODULES"], ["Loaded Modules:"]),
        (["-DDUMP_RUN_CFG"], ["ServerRoot: "]),
        (["-t", "-DDUMP_INCLUDES"], ["Included configuration files:"]),
    ],
)
def test_dumps(args: list[str], begins: list[str], config: Path) -> None:
    answer = run("-f", config, *args)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.startswith(begins[0])
    assert all(f"\n{begin}" in answer.stdout for begin in begins[1:])


@pytest.mark.parametrize("args", [["-q"], ["-k", "sleep"], ["-f"], ["extra"], ["-k", "start", "-k", "stop"]])
def test_a_wrong_command_line_shows_the_usage(args: list[str]) -> None:
    answer = run(*args)
    assert answer.returncode == 1
    assert f"Usage: {PROGRAM} [-D name]" in answer.stderr


@pytest.mark.parametrize("mpm", ["prefork", "worker", "event"])
def test_one_process(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm) as other:
        other.process.send_signal(signal.SIGTERM)
        other.process.wait(PATIENCE_S)
    log = tmp_path / "error.log"
    log.unlink()
    argv = [sys.executable, "-m", "server", "-f", str(tmp_path / "httpd.conf"), "-X"]
    with ending(start(argv)) as process:
        wait_until(lambda: log.exists() and "resuming normal operations" in log.read_text(), "the start")
        server = LabServer(tmp_path, process, [address(tmp_path / "httpd.conf")])
        assert ask(server.address, "/").status == 200
        assert server.children() == []
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
