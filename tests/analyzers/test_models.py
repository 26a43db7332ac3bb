"""How servers work that are none of httpd's: what tells one model from another, in logs written by hand."""

import pytest

from tests.support.traces import Written, accept, get, ok
from tracekit.analyzers.mpm import Mpm

LISTEN = ("socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3", "listen(3, 5) = 0")
READY = "poll([{fd=3, events=POLLIN}], 1, 500) = 1 ([{fd=3, revents=POLLIN}])"
FORK = "clone(child_stack=NULL, flags=SIGCHLD) ="
THREAD = "clone(child_stack=0x7f, flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD) ="


def add_to_set(fd: int) -> str:
    return f"epoll_ctl(5, EPOLL_CTL_ADD, {fd}, {{events=EPOLLIN, data={{u32={fd}, u64={fd}}}}}) = 0"


def model(log: Written) -> str:
    return Mpm().answer(log.read()).mpm


def test_who_makes_no_call_that_waits_but_accept_waits_there(log: Written) -> None:
    log.add(10, "brk(NULL) = 0x5000", *LISTEN)
    for port in (5001, 5002):
        log.add(10, accept(4, port), get(4, "/"), ok(4), "close(4) = 0")
    assert model(log) == "single-threaded"
    log.lines = [line for line in log.lines if "brk" not in line]
    assert model(log) == "undetermined"  # its waits may not have been traced


def test_an_eventfd_beside_a_connection_is_no_second_client(log: Written) -> None:
    log.add(10, "eventfd2(0, EFD_CLOEXEC) = 7", *LISTEN)
    beside = "poll([{fd=4, events=POLLIN}, {fd=7, events=POLLIN}], 2, 500) = 1 ([{fd=4, revents=POLLIN}])"
    for port in (5001, 5002):
        log.add(10, READY, accept(4, port), beside, get(4, "/"), ok(4), "close(4) = 0")
    assert model(log) == "single-threaded"


def test_threads_that_take_turns_at_one_epoll_set_are_a_pool(log: Written) -> None:
    log.add(10, *LISTEN, "epoll_create1(EPOLL_CLOEXEC) = 5", f"{THREAD} 11")
    for tid, port in ((10, 5001), (11, 5002)):
        log.add(tid, "epoll_wait(5, [{events=EPOLLIN, data={u32=3, u64=3}}], 128, -1) = 1", accept(4, port))
        log.add(tid, add_to_set(4), get(4, "/"), ok(4), "close(4) = 0")
    assert model(log) == "thread-pool"


@pytest.mark.parametrize(("watcher", "mpm"), [(21, "event"), (23, "thread-pool")])
def test_in_event_the_listener_itself_watches_idle_connections(log: Written, watcher: int, mpm: str) -> None:
    log.add(10, *LISTEN, f"{FORK} 20")
    log.add(20, "epoll_create1(EPOLL_CLOEXEC) = 5", f"{THREAD} 21", f"{THREAD} 22", f"{THREAD} 23")
    log.add(22, "getpid() = 20")
    log.add(watcher, "epoll_wait(5, [], 128, 10) = 0")
    log.add(21, READY, accept(6, 5001))
    log.add(22, get(6, "/"), ok(6), add_to_set(6), "close(6) = 0")
    assert model(log) == mpm


def test_a_grandchild_that_was_made_for_a_connection_serves_that_one(log: Written) -> None:
    log.add(10, *LISTEN)
    for child, port in ((20, 5001), (30, 5002)):
        log.add(10, accept(4, port), f"{FORK} {child}", "close(4) = 0")
        log.add(child, f"{FORK} {child + 1}", "close(4) = 0")
        log.add(child + 1, get(4, "/"), ok(4), "close(4) = 0")
    assert model(log) == "process-per-connection"


def test_what_is_reported_to_a_program_that_accepts_nothing_is_no_client(log: Written) -> None:
    reported = "poll([{fd=4, events=POLLIN}], 1, 500) = 1 ([{fd=4, revents=POLLIN}])"
    log.add(10, reported)
    assert "no call accepts one" in Mpm().answer(log.read()).reason
    log.lines.insert(0, '10 1600000000.0 execve("/bin/a", ["a"], 0x7f /* 5 vars */) = 0 <0.000001>')
    log.add(10, "brk(NULL) = 0x5000")
    assert "no server" in Mpm().answer(log.read()).reason


@pytest.mark.parametrize(("room", "mpm"), [(1, "undetermined"), (64, "event-loop")])
def test_who_asks_for_one_event_at_a_time_may_serve_one_connection_at_a_time(
    log: Written, room: int, mpm: str
) -> None:
    for port in (5001, 5002):
        log.add(10, f"epoll_wait(7, [{{events=EPOLLIN, data={{u32=3, u64=3}}}}], {room}, -1) = 1")
        log.add(
            10, accept(4, port).replace("SOCK_CLOEXEC", "SOCK_NONBLOCK"), get(4, "/"), ok(4), "close(4) = 0"
        )
    assert model(log) == mpm
