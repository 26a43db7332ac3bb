"""Processes and threads: how many there are, who they are, and that they end."""

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support import load
from tests.support.lab_server import LabServer, lab_server
from tests.support.processes import in_session, start, stop, threads, tree, wait_until
from tests.support.raw_http import ask
from tests.support.requirements import need_root

ENDED = {"event": "AH00491", "worker": "AH00295", "prefork": "AH00169"}
STARTED = {"event": "AH00489", "worker": "AH00292", "prefork": "AH00163"}
NO_LOG = """\
ServerRoot "{root}"
LoadModule mpm_event_module modules/mod_mpm_event.so
Listen 127.0.0.1:0
DocumentRoot "{root}"
StartServers 1
MinSpareThreads 1
"""
THREADS = {"event": 7, "worker": 7, "prefork": 1}


def comms(pid: int) -> list[str]:
    return sorted((Path(f"/proc/{pid}/task/{task.tid}/comm").read_text().strip()) for task in threads(pid))


def ids(pid: int) -> dict[str, list[str]]:
    """Return the user, the group and the other groups of a process, as proc(5) has them."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    fields = dict(line.split(":\t", 1) for line in lines)
    return {name: fields[name].split() for name in ("Uid", "Gid", "Groups")}


def all_there(server: LabServer, mpm: str, children: int) -> bool:
    pids = server.children()
    return len(pids) == children and all(len(threads(pid)) == THREADS[mpm] for pid in pids)


def test_a_threaded_child_has_main_thread_listener_and_workers(server: LabServer, mpm: str) -> None:
    wait_until(lambda: all_there(server, mpm, 3), "the children's threads")
    expected = ["tracekit-server"] if mpm == "prefork" else ["listener", "tracekit-server"]
    expected += [] if mpm == "prefork" else [f"worker-{number}" for number in range(5)]
    for pid in server.children():
        wait_until(lambda pid=pid: comms(pid) == sorted(expected), "the threads' names")  # type: ignore[misc]


def test_max_request_workers_limits_the_children(mpm: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, mpm, servers=9, extra="MaxRequestWorkers 10") as running:
        assert len(running.children()) == (9 if mpm == "prefork" else 2)


def test_the_parent_says_who_and_where_it_is(server: LabServer, mpm: str) -> None:
    pid = server.process.pid
    line = next(line for line in server.error_log().splitlines() if STARTED[mpm] in line)
    assert f"[mpm_{mpm}:notice] [pid {pid}:tid {pid}] {STARTED[mpm]}: tracekit-server/" in line


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_dead_child_is_replaced(mpm: str, tmp_path: Path, number: signal.Signals) -> None:
    extra = "MinSpareServers 2" if mpm == "prefork" else ""  # prefork leaves it to idle maintenance
    with lab_server(tmp_path, mpm, extra=extra) as running:
        wait_until(lambda: all_there(running, mpm, 2), "the children")
        victim, survivor = running.children()
        os.kill(victim, number)
        wait_until(lambda: len(set(running.children()) - {victim}) == 2, "another child")
        assert survivor in running.children()
        assert ask(running.address, "/").status == 200
        report = f"AH00052: child pid {victim} exit signal Segmentation fault (11)"
        assert (report in running.error_log()) == (number == signal.SIGSEGV)  # who kills knows


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_term_ends_everything(mpm: str, tmp_path: Path, number: signal.Signals) -> None:
    pid_file = tmp_path / "httpd.pid"
    with lab_server(tmp_path, mpm, extra="PidFile httpd.pid") as running:
        assert int(pid_file.read_text()) == running.process.pid
        with load.connected(running.address) as connection:
            connection.ask(load.Request("/"))
            running.process.send_signal(number)
            assert running.process.wait(30) == 0
        assert in_session(running.process.pid) == []
        assert f"{ENDED[mpm]}: caught SIGTERM, shutting down" in running.error_log()
        assert not pid_file.exists()


@pytest.mark.parametrize("listens", [1, 2])
def test_children_leave_when_the_parent_is_gone(mpm: str, tmp_path: Path, listens: int) -> None:
    user = "User #65534" if os.geteuid() == 0 else ""  # the kernel forgets some things with a change of user
    with lab_server(tmp_path, mpm, listens=listens, extra=user) as running:
        wait_until(lambda: all_there(running, mpm, 2), "the children")
        ask(running.address, "/")  # they have accepted before
        session = running.process.pid
        running.process.kill()
        running.process.wait(30)
        wait_until(lambda: not in_session(session), "the end of the children")


def test_children_of_root_give_up_their_privileges(mpm: str, tmp_path: Path) -> None:
    need_root()
    with lab_server(tmp_path, mpm, extra="User #65534\nGroup #65533") as running:
        wait_until(lambda: all_there(running, mpm, 2), "the children")
        nobody = {"Uid": ["65534"] * 4, "Gid": ["65533"] * 4, "Groups": ["65533"]}
        wait_until(lambda: all(ids(pid) == nobody for pid in running.children()), "the children's users")
        assert Path(f"/proc/{running.process.pid}").stat().st_uid == 0


def test_a_pid_file_of_an_earlier_server_is_replaced(tmp_path: Path) -> None:
    pid_file = tmp_path / "httpd.pid"
    pid_file.write_text("1\n")
    with lab_server(tmp_path, "event", extra="PidFile httpd.pid") as running:
        assert int(pid_file.read_text()) == running.process.pid
        assert f"AH00098: pid file {pid_file} overwritten" in running.error_log()


def test_a_pid_file_of_a_later_server_stays(tmp_path: Path) -> None:
    pid_file = tmp_path / "httpd.pid"
    with lab_server(tmp_path, "event", extra="PidFile httpd.pid") as running:
        pid_file.write_text("1\n")
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(30) == 0
    assert pid_file.read_text() == "1\n"


def test_a_pid_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ChildProcessError), lab_server(tmp_path, "event", extra="PidFile none/httpd.pid"):
        pass
    assert "AH00099: could not create" in (tmp_path / "error.log").read_text()


def test_a_socket_never_gets_the_number_of_standard_error(tmp_path: Path) -> None:
    config = tmp_path / "httpd.conf"
    config.write_text(NO_LOG.format(root=tmp_path))
    shell = f"exec {sys.executable} -m server -f {config} <&- >&- 2>&-"
    process = start(["sh", "-c", shell])
    try:
        wait_until(lambda: len(tree(process.pid)) == 2, "the child")
        names = [Path(f"/proc/{process.pid}/fd/{fd}").readlink() for fd in range(3)]
        assert names == [Path("/dev/null")] * 3
    finally:
        stop(process)


def test_a_taken_port_is_an_error(server: LabServer, tmp_path: Path) -> None:
    host, port = server.address
    with (
        pytest.raises(ChildProcessError, match="AH00072: make_sock: could not bind"),
        lab_server(tmp_path, "event", extra=f"Listen {host}:{port}"),
    ):
        pass
