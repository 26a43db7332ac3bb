"""How requests came to who served them, how the work was shared out, and why there are none."""

from pathlib import Path

import pytest

from tests.support.traces import Written, accept, get, ok, recorded
from tracekit.analyzers.dispatch import Dispatch, DispatchAnswer
from tracekit.analyzers.serving.shares import Share, Spread, classes, fairness, spread

LISTENER, ONE, TWO, CHILD = 11, 12, 13, 20
THREADS = {"pid": 10, "tids": [10, LISTENER, ONE, TWO], "fds": {"3": "socket:[9]"}}
WAIT = "futex(0x7f00, FUTEX_WAIT_BITSET_PRIVATE, 0, NULL, FUTEX_BITSET_MATCH_ANY"
WAKE = "futex(0x7f00, FUTEX_WAKE_PRIVATE, 1) = 1"


def ask(log: Written) -> DispatchAnswer:
    return Dispatch().answer(log.read())


def ways(log: Written) -> list[str | None]:
    return [request.handover for request in ask(log).requests]


def wakes(log: Written, waker: int, sleeper: int) -> None:
    """Let one thread wake another that waits."""
    log.add(sleeper, f"{WAIT} <unfinished ...>")
    log.lines[-1] = log.lines[-1].removesuffix(" <0.000100>")
    log.add(waker, WAKE)
    log.add(sleeper, "<... futex resumed>) = 0")


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("apache-prefork", "same-thread"),
        ("apache-worker", "futex-wake"),
        ("apache-event", "futex-wake"),
        ("built-in-prefork", "same-thread"),
        ("built-in-worker", "futex-wake"),
        ("built-in-event", "futex-wake"),
        ("nginx", "same-thread"),
        ("busybox", "fork"),
        ("http.server-threads", "thread"),
        ("gunicorn-gthread", "futex-wake"),
    ],
)
def test_each_kind_of_server_hands_over_in_its_way(name: str, way: str) -> None:
    answer = Dispatch().answer(recorded(f"servers/{name}"))
    assert answer.handovers == {way: len(answer.requests)}


def test_a_wake_by_the_acceptor_after_its_accept_is_the_hand_over(log: Written) -> None:
    log.notes(THREADS)
    log.add(LISTENER, accept(5, 1001))
    wakes(log, LISTENER, ONE)
    log.add(ONE, get(5, "/a"), ok(5))
    (request,) = ask(log).requests
    assert request.handover == "futex-wake"
    assert [(row.tid, row.name) for row in request.evidence[:4]] == [
        (LISTENER, "accept4"),
        (LISTENER, "futex"),
        (ONE, "futex"),
        (ONE, "read"),
    ]


def test_a_thread_that_was_about_to_wait_is_handed_over_to_as_well(log: Written) -> None:
    log.notes(THREADS)
    log.add(ONE, "getpid() = 10")
    log.add(LISTENER, accept(5, 1001), WAKE.removesuffix("1") + "0")
    log.add(ONE, f"{WAIT}) = -1 EAGAIN (Resource temporarily unavailable)", get(5, "/a"), ok(5))
    assert ways(log) == ["futex-wake"]


def test_a_mutex_is_no_hand_over_and_hides_none(log: Written) -> None:
    mutex, free = "futex(0x7f80, FUTEX_WAIT_PRIVATE, 2, NULL)", "futex(0x7f80, FUTEX_WAKE_PRIVATE, 1)"
    busy = f"{mutex} = -1 EAGAIN (Resource temporarily unavailable)"
    log.notes(THREADS)
    log.add(ONE, "getpid() = 10")
    log.add(LISTENER, accept(5, 1001), f"{free} = 0")
    log.add(ONE, busy, get(5, "/a"), ok(5))
    log.add(LISTENER, accept(6, 1002))
    wakes(log, LISTENER, TWO)
    log.add(LISTENER, f"{free} = 1")
    log.add(TWO, f"{mutex} = 0", get(6, "/b"), ok(6))
    first, second = ask(log).requests
    assert (first.handover, second.handover) == ("unknown", "futex-wake")
    assert (second.evidence[2].args or "").startswith("0x7f00")


def test_a_wake_before_the_accept_or_by_another_is_not(log: Written) -> None:
    log.notes(THREADS)
    log.add(ONE, "getpid() = 10")
    wakes(log, LISTENER, ONE)
    log.add(LISTENER, accept(5, 1001))
    log.add(ONE, get(5, "/a"), ok(5))
    log.add(LISTENER, accept(6, 1002))
    wakes(log, TWO, ONE)
    log.add(ONE, get(6, "/b"), ok(6))
    assert ways(log) == ["unknown", "unknown"]


def test_one_wake_is_for_one_connection(log: Written) -> None:
    log.notes(THREADS)
    log.add(ONE, "getpid() = 10")
    log.add(LISTENER, accept(5, 1001), accept(6, 1002))
    wakes(log, LISTENER, ONE)
    log.add(ONE, get(5, "/a"), ok(5), get(6, "/b"), ok(6), get(5, "/c"), ok(5))
    assert ways(log) == ["futex-wake", "unknown", "futex-wake"]


def test_a_connection_that_another_process_was_sent(log: Written) -> None:
    sent = "[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[%d]}]"
    message = '{msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="x", iov_len=1}], msg_iovlen=1, '
    message += "msg_control=%s, msg_controllen=24, msg_flags=0}"
    log.notes({"pid": 10, "tids": [10], "fds": {"3": "socket:[9]"}}, {"pid": CHILD, "tids": [CHILD]})
    log.add(CHILD, "getpid() = 20")
    log.add(10, accept(5, 1001), f"sendmsg(4, {message % (sent % 5)}, 0) = 1")
    log.add(CHILD, f"recvmsg(4, {message % (sent % 7)}, 0) = 1", get(7, "/a"), ok(7))
    (request,) = ask(log).requests
    assert (request.accept_tid, request.serve_tid, request.handover) == (10, CHILD, "fd-passing")
    assert [row.name for row in request.evidence[:2]] == ["accept4", "recvmsg"]


def test_an_older_connection_has_no_hand_over_and_the_reason_says_so(log: Written) -> None:
    log.notes({"pid": 10, "tids": [10], "fds": {"5": "socket:[9]"}})
    log.add(10, get(5, "/a"), ok(5))
    answer = ask(log)
    assert [request.handover for request in answer.requests] == [None]
    assert "1 connection is served that no traced task accepted" in answer.reason


def test_who_did_how_much(log: Written) -> None:
    log.notes(THREADS)
    for fd, tid, status in ((5, ONE, "200 OK"), (6, TWO, "404 Not Found"), (7, ONE, "200 OK")):
        log.add(LISTENER, accept(fd, 1000 + fd))
        wakes(log, LISTENER, tid)
        log.add(tid, get(fd, "/a"), ok(fd, status=status))
    answer = ask(log)
    assert answer.threads == (
        Share(LISTENER, 10, 3, 0),
        Share(ONE, 10, 0, 2),
        Share(TWO, 10, 0, 1),
    )
    assert answer.fairness == 0.9
    assert answer.statuses == {"2xx": 2, "4xx": 1}
    assert answer.service_ns == Spread(1_000_000, 1_000_000, 1_000_000, 1_000_000)


def test_the_figures_themselves() -> None:
    assert fairness([Share(1, 1, 0, 5), Share(2, 1, 9, 0), Share(3, 1, 0, 5)]) == 1.0
    assert fairness([Share(2, 1, 9, 0)]) is None
    assert spread([*range(1, 201), None]) == Spread(100, 180, 198, 200)
    assert spread([7]) == Spread(7, 7, 7, 7)
    assert spread([None]) == Spread()
    assert classes([200, 206, None, 101]) == {"1xx": 1, "2xx": 2, "none": 1}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("apache-event-silent", "no traffic"),
        ("apache-worker-network", "not one read: those calls were not traced"),
        ("apache-event-files", "nothing in the trace accepts connections"),
        ("apache-event-no-text", "cut after 0 bytes"),
        ("apache-event-unprivileged", "reads show an address"),
        ("apache-event-thread", "who serves was not traced"),
        ("apache-worker-tls", "encrypted"),
        ("stranger-curl", "it is no server's"),
        ("stranger-lines", "nothing in what is shown is a request of HTTP"),
    ],
)
def test_a_trace_without_requests_says_why(name: str, reason: str) -> None:
    answer = Dispatch().answer(recorded(f"servers/{name}"))
    assert (answer.verdict, answer.requests) == ("undetermined", ())
    assert reason in answer.reason


def test_evidence_is_text_in_json(log: Written) -> None:
    log.add(10, accept(5, 1001), get(5, "/a"), ok(5))
    (request,) = ask(log).to_json()["requests"]
    assert {Path(proof["file"]).name for proof in request["evidence"]} == {"by-hand.strace"}
    assert [proof["line"] for proof in request["evidence"]] == [1, 2, 3]
    assert request["evidence"][1]["text"].startswith('read(5, "GET /a HTTP/1.1')
