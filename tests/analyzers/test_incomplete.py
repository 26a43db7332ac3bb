"""Logs that were cut off, or lack lines: what is said of them is as right as before, or is not said."""

import pytest

from tests.support.traces import Written, accept, get, ok
from tracekit.analyzers.crashes import Crashes
from tracekit.analyzers.dispatch import Dispatch
from tracekit.analyzers.docroot import Docroot
from tracekit.analyzers.mpm import Mpm
from tracekit.analyzers.scaling import Scaling

THREAD = "CLONE_VM|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD"
CLIENT = "epoll_wait(7, [{events=EPOLLIN, data={u32=3, u64=3}}], 2, -1) = 1"
FREE = "fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0"


@pytest.mark.parametrize(("lines", "mpm"), [(5, "thread-per-connection"), (40, "thread-pool")])
def test_a_thread_is_not_at_rest_because_the_log_ends(log: Written, lines: int, mpm: str) -> None:
    for tid, port in ((11, 5001), (12, 5002)):
        log.add(10, "socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3", accept(4, port))
        log.add(10, f"clone(child_stack=0x7f, flags={THREAD}) = {tid}")
        log.add(tid, get(4, "/"), ok(4), "close(4) = 0")
        if tid == 11:
            log.lines.append(f"11 {log.now:.6f} +++ exited with 0 +++")
    log.lines.append(f"12 {log.now:.6f} futex(0x7f10, FUTEX_WAIT_PRIVATE, 2, NULL <unfinished ...>")
    log.add(10, *["getpid() = 10"] * lines)
    log.lines = [line.partition(" <0.0")[0] for line in log.lines]  # without -T
    log.lines = [" ".join([line.split()[0], *line.split()[2:]]) for line in log.lines]  # without -ttt
    assert Mpm().answer(log.read()).mpm == mpm


def test_a_connection_that_is_not_over_may_be_waited_for_alone(log: Written) -> None:
    log.add(10, CLIENT, accept(4, 5001), FREE, get(4, "/"), ok(4))
    assert Mpm().answer(log.read()).mpm == "undetermined"
    log.add(10, CLIENT)
    assert Mpm().answer(log.read()).mpm == "event-loop"


def test_who_takes_a_lock_before_it_waits_is_no_event_loop(log: Written) -> None:
    for port in (5001, 5002):
        log.add(10, "futex(0x7f00, FUTEX_LOCK_PI, NULL) = 0", CLIENT, accept(4, port))
        log.add(10, "futex(0x7f00, FUTEX_UNLOCK_PI) = 0", FREE, get(4, "/"), ok(4), "close(4) = 0")
    assert Mpm().answer(log.read()).mpm == "undetermined"


def test_a_number_that_is_used_again_is_no_second_thread(log: Written) -> None:
    for port in (5001, 5002):
        log.add(10, accept(4, port), get(4, "/"), ok(4), "close(4) = 0")
        log.lines.append(f"10 {log.now:.6f} +++ exited with 0 +++")
    assert Mpm().answer(log.read()).mpm == "undetermined"


@pytest.mark.parametrize(
    ("call", "mpm"),
    [
        ("clone3({flags=0x10f00, stack=0x7f} => {parent_tid=[11]}, 88) = 11", "thread-per-connection"),
        (
            "clone(child_stack=0x7f, flags=0x10f00 /* CLONE_VM|CLONE_THREAD */|0) = 11",
            "thread-per-connection",
        ),
        ("clone(child_stack=NULL, flags=0x1200000|17) = 11", "process-per-connection"),
        ("fork() = 11", "process-per-connection"),
        ("clone3(0x7ffc10, 88) = 11", "undetermined"),
        ("<... clone3 resumed> => {parent_tid=[11]}, 88) = 11", "undetermined"),
    ],
)
def test_threads_and_processes_are_told_by_what_the_trace_shows_of_flags(
    log: Written, call: str, mpm: str
) -> None:
    log.add(10, accept(4, 5001), call)
    log.add(11, get(4, "/"), ok(4), "close(4) = 0")
    log.lines.append(f"11 {log.now:.6f} +++ exited with 0 +++")
    log.add(10, CLIENT)
    assert Mpm().answer(log.read()).mpm == mpm


@pytest.mark.parametrize(("seen", "pid"), [((), None), (("poll([{fd=3, events=POLLIN}], 1, 500) = 0",), 20)])
def test_the_process_of_a_thread_is_told_only_where_it_would_show(
    log: Written, seen: tuple[str, ...], pid: int | None
) -> None:
    named = get(4, "/").replace("4", "4<TCP:[127.0.0.1:80->127.0.0.1:5001]>", 1)
    log.add(20, *seen, named, ok(4), "close(4) = 0")
    answer = Dispatch().answer(log.read())
    assert [(one.serve_tid, one.pid) for one in answer.requests] == [(20, pid)]
    assert [(one.tid, one.pid) for one in answer.threads] == [(20, pid)]


FAULT = "--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=NULL} ---"
GONE = "+++ killed by SIGSEGV +++"


@pytest.mark.parametrize(
    "news",
    [
        "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=20, si_uid=33, si_status=SIGSEGV} ---",
        "wait4(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV}], WNOHANG, NULL) = 20",
    ],
)
def test_threads_that_a_signal_ended_together_are_of_the_process_that_the_parent_is_told_of(
    log: Written, news: str
) -> None:
    """Nothing else tells that they are: they were there before, and neither clone nor futex was traced."""
    for tid, port in ((22, 5001), (21, 5002), (31, 5003)):
        named = get(4, "/").replace("4", f"4<TCP:[127.0.0.1:80->127.0.0.1:{port}]>", 1)
        log.add(tid, named)
    log.lines += [f"{tid} {log.now:.6f} {line}" for tid, line in ((22, FAULT), (22, GONE), (21, GONE))]
    log.lines += [f"20 {log.now:.6f} {GONE}", f"10 {log.now:.6f} {news}"]
    trace = log.read()
    (crash,) = Crashes().answer(trace).crashes
    assert (crash.pid, crash.culprit_tid, crash.victims) == (20, 22, (20, 21, 22))
    assert [(one.serve_tid, one.pid) for one in Dispatch().answer(trace).requests] == [
        (22, 20),
        (21, 20),
        (31, None),
    ]


def test_who_raised_a_signal_in_a_process_that_was_not_traced_is_not_known(log: Written) -> None:
    log.add(10, "wait4(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV}], WNOHANG, NULL) = 20")
    log.add(10, "clone(child_stack=NULL, flags=SIGCHLD) = 30")
    (crash,) = Crashes().answer(log.read()).crashes
    assert (crash.pid, crash.culprit_tid, crash.replacement_pid) == (20, None, 30)


def test_the_listener_of_another_child_waits_for_idle_connections_too(log: Written) -> None:
    """Of the one child the trace shows who takes a connection over, of the other who is given it back."""
    add = "epoll_ctl(7, EPOLL_CTL_ADD, 4, {events=EPOLLIN, data={u32=4, u64=4}}) = 0"
    late = "accept4(3, 0x7ffc, [16], SOCK_CLOEXEC) = -1 EAGAIN (Resource temporarily unavailable)"
    log.notes({"pid": 10, "tids": [11, 12], "fds": {"3": "socket:[9]"}})
    log.notes({"pid": 20, "tids": [21, 22], "fds": {"3": "socket:[9]"}})
    log.add(11, "futex(0x7f00, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 0, NULL, 0x1) = 0")
    log.add(21, CLIENT, late)
    log.add(12, CLIENT, accept(4, 5001), "futex(0x7f00, FUTEX_WAKE_PRIVATE, 1) = 1")
    log.add(11, get(4, "/"), ok(4), "close(4) = 0")
    log.add(21, CLIENT, accept(4, 5002))
    log.add(22, get(4, "/"), ok(4), add)
    log.add(21, CLIENT)
    assert Mpm().answer(log.read()).mpm == "event"


def test_requests_that_come_after_the_server_said_its_last_are_none(log: Written) -> None:
    """A server that takes so many requests on a connection reads the others of a pipeline to no end."""
    one, two = (get(4, target).partition('"')[2].partition('"')[0] for target in ("/a", "/b"))
    log.add(10, accept(4, 5001), f'read(4, "{one}{two}", 8000) = 56', ok(4), "shutdown(4, SHUT_WR) = 0")
    log.add(10, f'read(4, "{two}{one}", 8000) = 56', 'read(4, "", 8000) = 0', "close(4) = 0")
    assert [request.target for request in Dispatch().answer(log.read()).requests] == ["/a"]


def test_what_a_host_that_is_not_shown_is_sent_may_lie_in_its_root(log: Written) -> None:
    """strace cuts the Host field off; two of the requests are of one virtual host, the third of another."""
    for target, path in (
        ("/", "/two/index.html"),
        ("/b.html", "/two/b.html"),
        ("/c/d.html", "/one/c/d.html"),
    ):
        log.add(
            10,
            accept(4, 5001),
            get(4, target).replace("Host: a\\r\\n\\r\\n", '"...').replace('...",', "...,"),
        )
        log.add(
            10, f'openat(AT_FDCWD, "/srv{path}", O_RDONLY) = 5', 'read(5, "hi", 4096) = 2', "close(5) = 0"
        )
        log.add(10, ok(4), "close(4) = 0")
    answer = Docroot().answer(log.read())
    assert ([root.path for root in answer.docroots], answer.aliases) == (["/srv/two"], ())


@pytest.mark.parametrize(("close", "peak"), [("close(4) = 0", 1), ("getpid() = 10", None)])
def test_connections_are_counted_only_where_their_ends_are_shown(
    log: Written, close: str, peak: int | None
) -> None:
    log.add(10, 'execve("/a", ["a"], 0x1 /* 1 var */) = 0')
    for port in (5001, 5002):
        log.add(10, accept(4, port), get(4, "/"), ok(4), close)
    answer = Scaling().answer(log.read())
    assert (answer.peak_connections, "no call that closes" in answer.reason) == (peak, peak is None)


def test_requests_that_are_read_by_threads_of_an_unknown_process_are_not_passed_over_in_silence(
    log: Written,
) -> None:
    log.add(12, accept(4, 5001))
    log.add(11, get(4, "/"))
    assert "which tasks are threads of one process" in Dispatch().answer(log.read()).reason


@pytest.mark.parametrize(("shown", "count"), [("GET /ind", 1), ("EHLO the", 0), ("get /etc", 0)])
def test_what_is_cut_and_never_answered_has_to_look_like_a_request(
    log: Written, shown: str, count: int
) -> None:
    log.add(10, accept(4, 5001), f'recvfrom(4, "{shown}"..., 8000, 0, NULL, NULL) = 90')
    log.add(10, 'sendto(4, "220 hell"..., 11, 0, NULL, 0) = 11', "close(4) = 0")
    assert len(Dispatch().answer(log.read()).requests) == count
