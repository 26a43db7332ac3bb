"""The model of a server, against the configuration that it was started with; and what is not concluded."""

import gzip
import json
from pathlib import Path

import pytest

from tests.support.traces import RECORDED, Written, accept, get, ok, recorded
from tracekit.analyzers.mpm import Mpm, MpmAnswer
from tracekit.events import read_trace

MODELS = RECORDED / "models"
TRUTH: dict[str, dict[str, str]] = json.loads((MODELS / "truth.json").read_text())

UNKNOWABLE = {
    "apache-event-1.attach.none": "no traffic",
    "apache-event-1.lasttid.mix": "not one read",
    "apache-event-1.workeronly.mix": "nobody is seen accepting",
    "apache-event-1.enoepoll.mix": "worker or event",
    "apache-event-1.efile.mix": "not traced (-e trace=)",
    "apache-prefork-1.parent.mix": "waits for children that were not",
    "apache-worker-1.enet.mix": "not one read",
    "apache-worker-1.erw.mix": "threads of one process",
    "threading.enet.mix": "what made them was not traced",
    "prethread.attach.close": "processes (prefork) or threads",
    "waitress.mainonly.mix": "who answers was not traced",
    "httpserver.attach.close": "whether it is the only one at its socket is not shown",
}
"""Recordings that do not tell, and words of the reason why."""

ORDINARY = {
    "apache-event": "event",
    "apache-event-plain": "event",
    "apache-event-ff": "event",
    "apache-worker": "worker",
    "apache-worker-plain": "worker",
    "apache-prefork": "prefork",
    "apache-prefork-plain": "prefork",
    "event-attach": "event",
    "worker-attach": "worker",
    "prefork-attach": "prefork",
}
"""Recordings that are there for other answers, and the MPM that was loaded."""


def ask(path: Path) -> MpmAnswer:
    return Mpm().answer(read_trace(path))


def without(name: str, folder: Path, *words: str) -> MpmAnswer:
    """Ask about a recording of which all lines with one of the words were taken away."""
    text = gzip.decompress((MODELS / f"{name}.strace.gz").read_bytes()).decode()
    path = folder / "less.strace"
    path.write_text(
        "".join(line for line in text.splitlines(True) if not any(word in line for word in words))
    )
    return ask(path)


@pytest.mark.parametrize("name", sorted(TRUTH.keys() - UNKNOWABLE.keys()))
def test_the_model_is_the_one_that_the_server_was_started_with(name: str) -> None:
    answer = ask(MODELS / f"{name}.strace.gz")
    assert (answer.verdict, answer.mpm) == ("found", TRUTH[name]["mpm"]), answer.reason
    assert answer.evidence


@pytest.mark.parametrize("name", ORDINARY)
def test_the_mpm_that_was_loaded(name: str) -> None:
    assert Mpm().answer(recorded(name)).mpm == ORDINARY[name]


@pytest.mark.parametrize("name", UNKNOWABLE)
def test_what_cannot_be_known_is_not_guessed(name: str) -> None:
    answer = ask(MODELS / f"{name}.strace.gz")
    assert (answer.verdict, answer.mpm) == ("undetermined", "undetermined")
    assert UNKNOWABLE[name] in answer.reason
    assert not answer.determined


@pytest.mark.parametrize("name", sorted(TRUTH.keys() - UNKNOWABLE.keys()))
def test_evidence_stands_where_it_says(name: str) -> None:
    path = MODELS / f"{name}.strace.gz"
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    for proof in ask(path).evidence:
        line = lines[proof.line - 1]
        called = proof.text.partition("(")[0]
        assert called in line or "restart_syscall" in line
        assert proof.tid is None or line.startswith(str(proof.tid))


@pytest.mark.parametrize("name", ["apache-event-1.attach.keepalive", "apache-event-2.attach.mix"])
def test_event_is_not_taken_for_worker_when_its_epoll_calls_are_missing(name: str, tmp_path: Path) -> None:
    assert without(name, tmp_path, "epoll_ctl").mpm in {"event", "undetermined"}
    assert without(name, tmp_path, "epoll_ctl", "epoll_wait", "EAGAIN").mpm == "undetermined"


@pytest.mark.parametrize("name", ["apache-worker-1.attach.keepalive", "apache-worker-2.attach.mix"])
def test_worker_is_not_taken_for_event_when_its_waits_are_missing(name: str, tmp_path: Path) -> None:
    assert without(name, tmp_path, "poll(", "poll resumed", "shutdown").mpm in {"worker", "undetermined"}
    assert without(name, tmp_path, " poll(", "LOCK_PI", "ERESTART").mpm in {"worker", "undetermined"}


@pytest.mark.parametrize("name", ["apache-event-1.attach.keepalive", "apache-worker-1.attach.keepalive"])
def test_threads_that_are_not_there_are_missed(name: str, tmp_path: Path) -> None:
    answer = without(name, tmp_path, " read(", "read resumed", "writev")
    assert answer.mpm == "undetermined"


def test_processes_and_threads_are_counted() -> None:
    answer = ask(MODELS / "apache-event-2.attach.mix.strace.gz")
    parent, *children = answer.members
    assert parent.role == "parent"
    # ThreadsPerChild 3, the listener, the main thread
    assert [(process.role, process.threads) for process in children] == [("worker", 5), ("worker", 5)]
    assert answer.threads_per_process == 5


LISTEN = (
    "socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3",
    'bind(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = 0',
    "listen(3, 5) = 0",
)
READY = "poll([{fd=3, events=POLLIN}], 1, 500) = 1 ([{fd=3, revents=POLLIN}])"


def serve(log: Written, tid: int, port: int, *, wait: str = READY, target: str = "/") -> None:
    log.add(tid, wait, accept(4, port), get(4, target), ok(4), "close(4) = 0")


def test_one_after_another_in_the_process_that_listens(log: Written) -> None:
    log.add(10, *LISTEN)
    serve(log, 10, 5001)
    serve(log, 10, 5002)
    assert Mpm().answer(log.read()).mpm == "single-threaded"


def test_the_same_in_children_is_prefork(log: Written) -> None:
    log.add(
        10,
        *LISTEN,
        "clone(child_stack=NULL, flags=SIGCHLD) = 11",
        "clone(child_stack=NULL, flags=SIGCHLD) = 12",
    )
    serve(log, 11, 5001)
    serve(log, 12, 5002)
    assert Mpm().answer(log.read()).mpm == "prefork"


@pytest.mark.parametrize(
    ("clients", "wait", "waited", "mpm"),
    [
        (8, READY, 0.002, "single-threaded"),
        (7, READY, 0.002, "undetermined"),  # luck
        (20, READY, 0.00001, "single-threaded"),
        (19, READY, 0.00001, "undetermined"),  # it had no time to wait: nor had siblings
        (20, "brk(NULL) = 0x55", 0.002, "undetermined"),  # of siblings in accept one is woken for one client
    ],
)
def test_whether_one_process_is_all_there_is(
    log: Written, clients: int, wait: str, waited: float, mpm: str
) -> None:
    for port in range(5001, 5001 + clients):
        log.now += 0.01
        log.lines.append(f"10 {log.now:.6f} {wait} <{waited:.6f}>")
        log.lines.append(f"10 {log.now + 0.003:.6f} {accept(4, port)} <0.000009>")
        log.now += 0.004
        log.add(10, get(4, "/"), ok(4), "close(4) = 0")
    log.lines.append(f"10 {log.now + 0.01:.6f} accept4(3, 0x7ffc, [16], SOCK_CLOEXEC <detached ...>")
    answer = Mpm().answer(log.read())
    assert answer.mpm == mpm
    assert mpm != "undetermined" or "not show" in answer.reason


@pytest.mark.parametrize(("number", "mpm"), [("10 ", "prefork"), ("", "undetermined")])
def test_who_came_first_is_a_process_only_where_threads_were_followed(
    log: Written, number: str, mpm: str
) -> None:
    late = "accept4(3, 0x7ffc, [16], SOCK_CLOEXEC) = -1 EAGAIN (Resource temporarily unavailable)"
    log.add(10, READY, accept(4, 5001), get(4, "/"), ok(4), "close(4) = 0", READY, late)
    log.lines = [number + line.removeprefix("10 ") for line in log.lines]
    assert Mpm().answer(log.read()).mpm == mpm


@pytest.mark.parametrize(
    ("wait", "mpm"), [("getpid() = 10", "event-loop"), ("poll([...], 1, 2000) = 1 ([...])", "undetermined")]
)
def test_a_wait_that_is_cut_may_be_for_one_connection_alone(log: Written, wait: str, mpm: str) -> None:
    for port in (5001, 5002):
        log.add(10, "epoll_wait(7, [{events=EPOLLIN, data={u32=3, u64=3}}], 2, -1) = 1", accept(4, port))
        log.add(10, "fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0", get(4, "/"), ok(4), wait, "close(4) = 0")
    assert Mpm().answer(log.read()).mpm == mpm


def test_a_child_that_is_not_in_the_trace_may_accept_too(log: Written) -> None:
    log.add(10, *LISTEN, "clone(child_stack=NULL, flags=SIGCHLD) = 11")
    serve(log, 10, 5001)
    assert Mpm().answer(log.read()).mpm == "undetermined"


def test_all_holders_of_a_port_were_traced(log: Written) -> None:
    log.lines.append('# tracekit trace {"argv":["tracekit","mpm","--port","80"],"calls":null}')
    serve(log, 10, 5001)
    assert Mpm().answer(log.read()).mpm == "single-threaded"


def test_going_to_the_background_is_not_prefork(log: Written) -> None:
    log.add(10, *LISTEN, "clone(child_stack=NULL, flags=SIGCHLD) = 11")
    log.lines.append(f"10 {log.now:.6f} +++ exited with 0 +++")
    serve(log, 11, 5001)
    answer = Mpm().answer(log.read())
    assert (answer.mpm, [(one.pid, one.role) for one in answer.members]) == (
        "single-threaded",
        [(11, "worker")],
    )


def test_a_shell_around_a_server_is_none_of_its_processes(log: Written) -> None:
    log.add(
        10, 'execve("/bin/sh", ["sh"], 0x1 /* 1 var */) = 0', "clone(child_stack=NULL, flags=SIGCHLD) = 12"
    )
    log.add(12, 'execve("/bin/x", ["x"], 0x1 /* 1 var */) = 0', *LISTEN)
    for child in (11, 13):
        log.add(12, f"clone(child_stack=NULL, flags=SIGCHLD) = {child}")
    serve(log, 13, 5001)
    serve(log, 11, 5002)
    for parent in (12, 10):
        log.add(parent, "wait4(-1, NULL, WNOHANG, NULL) = 0")
    members = Mpm().answer(log.read()).members
    assert [(one.pid, one.role) for one in members] == [(12, "parent"), (11, "worker"), (13, "worker")]


def test_who_only_accepts_is_the_listener(log: Written) -> None:
    log.add(10, *LISTEN, READY, accept(4, 5001), "clone(child_stack=NULL, flags=SIGCHLD) = 9", "close(4) = 0")
    log.add(9, get(4, "/"), ok(4), "close(4) = 0", "exit_group(0) = ?")
    answer = Mpm().answer(log.read())
    assert answer.mpm == "process-per-connection"
    assert [(one.pid, one.role, one.accepted, one.served) for one in answer.members] == [
        (9, "worker", 0, 1),
        (10, "listener", 1, 0),
    ]


def test_a_second_connection_before_the_first_is_done_is_an_event_loop(log: Written) -> None:
    log.add(
        10, *LISTEN, READY, accept(4, 5001), get(4, "/a"), READY, accept(5, 5002), get(5, "/b"), ok(5), ok(4)
    )
    log.add(10, "close(4) = 0", "close(5) = 0")
    assert Mpm().answer(log.read()).mpm == "event-loop"


def test_what_a_client_sends_is_no_evidence(log: Written) -> None:
    log.add(10, *LISTEN)
    forged = "/\\n10 1700000000.1 epoll_ctl(6, EPOLL_CTL_ADD, 4, {events=EPOLLIN}) = 0\\n"
    serve(log, 10, 5001, target=forged)
    serve(log, 10, 5002)
    assert Mpm().answer(log.read()).mpm == "single-threaded"


def test_two_servers_in_one_trace_are_named_both(log: Written) -> None:
    log.add(10, *LISTEN)
    serve(log, 10, 5001)
    other = [call.replace("htons(80)", "htons(81)") for call in LISTEN]
    log.add(20, 'execve("/b", ["b"], 0x1 /* 1 var */) = 0', *other)
    log.add(
        20,
        READY,
        accept(4, 6001),
        READY,
        accept(5, 6002),
        get(4, "/"),
        ok(4),
        get(5, "/"),
        ok(5),
        "close(4) = 0",
    )
    answer = Mpm().answer(log.read())
    assert answer.mpm == "undetermined"
    assert "single-threaded at 127.0.0.1:80" in answer.reason
    assert "event-loop at 127.0.0.1:81" in answer.reason


def test_a_helper_on_a_unix_socket_is_no_server_of_clients(log: Written) -> None:
    log.add(10, *LISTEN)
    serve(log, 10, 5001)
    log.add(20, "accept(3, {sa_family=AF_UNIX}, [110 => 2]) = 4", 'read(4, "\\1\\0", 176) = 2')
    log.add(20, "clone(child_stack=NULL, flags=SIGCHLD) = 21", "close(4) = 0")
    log.add(21, 'write(4, "Content-Type: text/plain\\n\\nhello ", 31) = 31', "exit_group(0) = ?")
    answer = Mpm().answer(log.read())
    assert answer.mpm == "single-threaded"
    assert [process.pid for process in answer.members] == [10]


def test_a_log_that_is_no_servers(log: Written) -> None:
    log.add(10, 'openat(AT_FDCWD, "/etc/passwd", O_RDONLY) = 3', 'read(3, "root", 4096) = 4', "close(3) = 0")
    assert "no server's" in Mpm().answer(log.read()).reason
