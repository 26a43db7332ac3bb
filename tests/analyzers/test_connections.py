"""Connections and requests in logs written by hand: what a plain log makes hard."""

from typing import Any

import pytest

from tests.support.traces import Written, accept, get, ok
from tracekit.analyzers.dispatch import Dispatch
from tracekit.analyzers.docroot import Docroot

SERVER = {"pid": 10, "cwd": "/", "fds": {"3": "socket:[1]"}}
OTHER = {"pid": 20, "cwd": "/", "fds": {"3": "socket:[1]"}}


def requests(log: Written) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Dispatch().answer(log.read()).to_json()["requests"]
    return found


def test_one_fd_number_in_two_processes_and_again_in_one(log: Written) -> None:
    log.notes(SERVER, OTHER)
    log.add(10, accept(5, 1001))
    log.add(20, accept(5, 1002))
    log.add(10, get(5, "/ten"))
    log.add(20, get(5, "/twenty"), ok(5), "close(5) = 0")
    log.add(10, ok(5), "close(5) = 0", accept(5, 1003), get(5, "/again"), ok(5), "close(5) = 0")
    shown = [(r["client"], r["pid"], r["target"], r["status"], r["connection"]) for r in requests(log)]
    assert shown == [
        ("127.0.0.1:1001", 10, "/ten", 200, 1),
        ("127.0.0.1:1002", 20, "/twenty", 200, 2),
        ("127.0.0.1:1003", 10, "/again", 200, 3),
    ]


def test_a_number_that_is_free_before_its_close_returns(log: Written) -> None:
    log.notes(SERVER)
    log.lines.append('# tracekit task {"tid": 11, "pid": 10}')
    log.add(10, accept(5, 1001), get(5, "/one"), ok(5))
    log.lines += [
        "10 1700000001.000001 close(5 <unfinished ...>",
        "11 1700000001.000002 " + accept(5, 1002) + " <0.000001>",
        "10 1700000001.000003 <... close resumed>) = 0 <0.000002>",
    ]
    log.now = 1700000002
    log.add(11, get(5, "/two"), ok(5), "close(5) = 0")
    found = requests(log)
    assert [(r["client"], r["serve_tid"], r["close_tid"]) for r in found] == [
        ("127.0.0.1:1001", 10, 10),
        ("127.0.0.1:1002", 11, 11),
    ]


def test_several_requests_on_a_connection_in_one_read_and_over_several(log: Written) -> None:
    log.notes(SERVER)
    log.add(10, accept(5, 1001))
    text = "GET /a HTTP/1.1\\r\\nHost: a\\r\\n\\r\\nPOST /b HTTP/1.1\\r\\nContent-Length: 4\\r\\n\\r\\nGET "
    log.add(10, f'read(5, "{text}", 8000) = {len(text.encode().decode("unicode_escape"))}', ok(5), ok(5))
    log.add(
        10,
        'read(5, "GET /c HT", 8000) = 9',
        'read(5, "TP/1.1\\r\\n\\r\\n", 8000) = 10',
        ok(5),
        "close(5) = 0",
    )
    found = requests(log)
    assert [(r["method"], r["target"], r["nth_on_connection"], r["status"]) for r in found] == [
        ("GET", "/a", 1, 200),
        ("POST", "/b", 2, 200),
        ("GET", "/c", 3, 200),
    ]


def test_a_body_that_looks_like_a_request_is_none(log: Written) -> None:
    log.notes(SERVER)
    body = "GET /fake HTTP/1.1\\r\\n\\r\\n"
    log.add(10, accept(5, 1001), get(5, "/form", "Content-Length: 22", method="POST"))
    log.add(10, f'read(5, "{body}", 8000) = 22', ok(5), get(5, "/real"), ok(5))
    assert [r["target"] for r in requests(log)] == ["/form", "/real"]


def test_a_body_that_looks_like_a_request_is_none_when_strings_are_cut(log: Written) -> None:
    log.notes(SERVER)
    log.add(10, accept(5, 1001), 'read(5, "POST /form HTTP/1.1\\r\\nHost: local"..., 8000) = 90')
    log.add(10, 'read(5, "GET /fake HTTP/1.1\\r\\nHost: localh"..., 8000) = 60')
    log.add(10, 'write(5, "HTTP/1.1 200 OK\\r\\nDate: Mon, 23 N"..., 200) = 200')
    log.add(10, 'read(5, "GET /real HTTP/1.1\\r\\nHost: localh"..., 8000) = 60')
    log.add(10, 'write(5, "HTTP/1.1 404 Not Found\\r\\nDate: Mo"..., 300) = 300')
    assert [(r["target"], r["status"]) for r in requests(log)] == [("/form", 200), ("/real", 404)]


def test_a_response_body_that_looks_like_a_response_is_none(log: Written) -> None:
    log.notes(SERVER)
    log.add(10, accept(5, 1001), 'read(5, "GET /a HTTP/1.1\\r\\nHost: localhost"..., 8000) = 60')
    log.add(10, 'writev(5, [{iov_base="HTTP/1.1 200 OK\\r\\nDate: Mon, 23 N"..., iov_len=200}, '
            '{iov_base="HTTP/1.1 500 Not me\\r\\n", iov_len=21}], 2) = 221')  # fmt: skip
    log.add(10, 'write(5, "HTTP/1.1 503 Nor me\\r\\n", 21) = 21')
    assert [(r["status"], r["bytes"]) for r in requests(log)] == [(200, 242)]


def test_a_cut_target_is_marked_and_kept(log: Written) -> None:
    log.notes(SERVER)
    log.add(10, accept(5, 1001), 'read(5, "GET /a/rather/long/target/that/i"..., 8000) = 90')
    log.add(10, 'write(5, "HTTP/1.1 200 OK\\r\\n"..., 200) = 200')
    [found] = requests(log)
    assert (found["method"], found["target"], found["target_complete"]) == (
        "GET",
        "/a/rather/long/target/that/i",
        False,
    )
    assert (found["host"], found["host_known"]) == (None, False)


def test_an_accept_that_was_not_seen(log: Written) -> None:
    name = "<TCP:[127.0.0.1:80->127.0.0.1:999]>"
    log.add(10, f'read(7{name}, "GET /a HTTP/1.1\\r\\n\\r\\n", 8000) = 19', ok(7).replace("7", f"7{name}", 1))
    log.add(10, f"close(7{name}) = 0")
    [found] = requests(log)
    assert (found["client"], found["local"]) == ("127.0.0.1:999", "127.0.0.1:80")
    assert (found["accept_tid"], found["serve_tid"], found["close_tid"]) == (None, 10, 10)
    assert found["queue_ns"] is None


def test_what_is_read_from_a_file_is_no_request(log: Written) -> None:
    log.add(10, 'read(7, "GET /a HTTP/1.1\\r\\n\\r\\n", 8000) = 19', 'write(1, "GET /a", 6) = 6')
    log.add(10, 'openat(AT_FDCWD, "/srv/a", O_RDONLY) = 8', 'read(8, "GET /b HTTP/1.1\\r\\n\\r\\n", 99) = 19')
    assert requests(log) == []


def test_a_client_cannot_write_trace_lines(log: Written) -> None:
    log.notes(SERVER)
    forged = '/x\\") = 7 <0.1>\\n10 1.0 read(5, \\"GET /forged HTTP/1.1'
    log.add(10, accept(5, 1001), f'read(5, "GET {forged}\\r\\n\\r\\n", 8000) = 60', ok(5))
    found = requests(log)
    assert len(found) == 1
    assert "/forged" not in (found[0]["target"] or "")


def test_halves_without_their_other_half(log: Written) -> None:
    log.notes(SERVER)
    log.add(10, '<... read resumed>"GET /lost HTTP/1.1\\r\\n\\r\\n", 8000) = 22')
    log.add(10, accept(5, 1001), get(5, "/a"), ok(5))
    log.lines.append("10 1700000009.000001 read(5 <unfinished ...>")
    found = Dispatch().answer(log.read()).to_json()
    assert [r["target"] for r in found["requests"]] == ["/a"]
    assert (found["trace"]["incomplete"], found["trace"]["in_progress"]) == (1, 1)


def test_a_body_that_is_spliced_away_is_no_request_and_does_not_hide_the_next(log: Written) -> None:
    log.notes(SERVER)
    log.add(10, accept(5, 1001), get(5, "/form", "Content-Length: 600", method="POST"))
    log.add(10, "pipe([6, 7]) = 0", "splice(5, NULL, 7, NULL, 9000, SPLICE_F_MOVE) = 600", ok(5))
    log.add(10, get(5, "/next"), ok(5))
    assert [(r["method"], r["target"], r["status"]) for r in requests(log)] == [
        ("POST", "/form", 200),
        ("GET", "/next", 200),
    ]


def test_preadv2_reads_sockets_too(log: Written) -> None:
    log.notes(SERVER)
    vector = '[{{iov_base="{}", iov_len={}}}], 1, -1, 0'
    asks, says = (
        vector.format("GET /a HTTP/1.1\\r\\n\\r\\n", 99),
        vector.format("HTTP/1.1 204 No\\r\\n\\r\\n", 19),
    )
    log.add(10, accept(5, 1001), f"preadv2(5, {asks}) = 19", f"pwritev2(5, {says}) = 19")
    assert [(r["target"], r["status"], r["bytes"]) for r in requests(log)] == [("/a", 204, 19)]


def test_a_connection_that_a_child_serves(log: Written) -> None:
    log.notes(SERVER)
    log.add(
        10, accept(5, 1001), "clone(child_stack=NULL, flags=SIGCHLD) = 30", "close(5) = 0", accept(5, 1002)
    )
    log.add(30, get(5, "/child"), ok(5), "close(5) = 0")
    [found] = requests(log)
    assert (found["client"], found["pid"]) == ("127.0.0.1:1001", 30)
    assert (found["accept_tid"], found["serve_tid"], found["close_tid"]) == (10, 30, 30)


def test_responses_by_sendfile_and_by_another_thread_count(log: Written) -> None:
    log.notes(SERVER)
    log.lines += ['# tracekit task {"tid": 11, "pid": 10}']
    log.add(10, accept(5, 1001), get(5, "/big"), 'openat(AT_FDCWD, "/srv/big", O_RDONLY) = 6')
    head = "HTTP/1.1 200 OK\\r\\nContent-Length: 1000\\r\\n\\r\\n"
    log.add(10, f'write(5, "{head}", 41) = 41', "sendfile(5, 6, [0] => [600], 1000) = 600")
    log.add(11, "sendfile(5, 6, [600] => [1000], 400) = 400", "close(5) = 0")
    [found] = requests(log)
    assert (found["bytes"], found["serve_tid"], found["writer_tids"]) == (1041, 10, [10, 11])
    assert found["files"] == ["/srv/big"]


def test_a_pipelined_request_behind_a_cut_string_is_told_by_its_response(log: Written) -> None:
    log.notes(SERVER)
    log.add(10, accept(5, 1001), 'read(5, "GET /a.txt HTTP/1.1\\r\\nHost: local"..., 8000) = 90')
    log.add(10, 'openat(AT_FDCWD, "/srv/a.txt", O_RDONLY) = 6')
    log.add(10, 'writev(5, [{iov_base="HTTP/1.1 200 OK\\r\\nDate: Mon, 23 N"..., iov_len=200}], 1) = 200')
    log.add(10, 'openat(AT_FDCWD, "/srv/b.txt", O_RDONLY) = 7')
    log.add(10, 'writev(5, [{iov_base="HTTP/1.1 200 OK\\r\\nDate: Mon, 23 N"..., iov_len=201}], 1) = 201')
    first, second = requests(log)
    assert (first["target"], first["bytes"], first["files"]) == ("/a.txt", 200, ["/srv/a.txt"])
    assert (second["target"], second["bytes"], second["files"]) == (None, 201, ["/srv/b.txt"])
    assert not second["target_complete"]


def test_times_of_a_request(log: Written) -> None:
    log.notes(SERVER)
    log.add(
        10,
        accept(5, 1001),
        get(5, "/a"),
        ok(5),
        "poll([{fd=5, events=POLLIN}], 1, 5000) = 1",
        get(5, "/b"),
        ok(5),
    )
    found = requests(log)
    assert [(r["queue_ns"], r["service_ns"]) for r in found] == [(900_000, 1_000_000)] * 2


def test_an_empty_trace_of_a_server_has_no_requests(log: Written) -> None:
    log.add(10, "epoll_wait(3, [], 13, 5000) = 0")
    assert requests(log) == []


def test_a_request_that_is_answered_before_its_end(log: Written) -> None:
    log.notes(SERVER)
    log.add(10, accept(5, 1001), 'read(5, "\\26\\3\\1\\2", 8000) = 4', ok(5, status="400 Bad Request"))
    log.add(10, accept(6, 1002), 'read(6, "GET /slow HTTP/1.1\\r\\nHost", 8000) = 24')
    log.add(
        10, ok(6, status="408 Request Timeout"), accept(7, 1003), 'read(7, "A", 8000) = 1', "close(7) = 0"
    )
    found = [(r["method"], r["target"], r["status"]) for r in requests(log)]
    assert found == [(None, None, 400), ("GET", "/slow", 408)]


def test_what_follows_an_upgrade_is_no_request(log: Written) -> None:
    log.notes(SERVER)
    log.add(10, accept(5, 1001), get(5, "/chat"), 'write(5, "HTTP/1.1 101 Switching\\r\\n\\r\\n", 26) = 26')
    log.add(
        10, get(5, "/fake"), accept(6, 1002), 'read(6, "PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n", 8000) = 24'
    )
    assert [(r["target"], r["status"]) for r in requests(log)] == [("/chat", 101)]


def test_an_encrypted_connection_is_said_to_be_one(log: Written) -> None:
    log.notes(SERVER)
    hello = 'read(5, "\\26\\3\\1\\2\\0\\1\\0\\1\\374\\r\\n\\r\\nGET / HTTP/1.1\\r\\n\\r\\n", 8000) = 31'
    log.add(10, accept(5, 1001), hello, 'write(5, "\\26\\3\\3\\0z\\2", 6) = 6', "close(5) = 0")
    trace = log.read()
    answer = Dispatch().answer(trace)
    assert (answer.verdict, answer.requests) == ("undetermined", ())
    assert "1 connections are encrypted (TLS)" in answer.reason
    assert "encrypted" in Docroot().answer(trace).reason
    log.add(10, accept(5, 1002), get(5, "/a"), ok(5))
    assert Dispatch().answer(log.read()).verdict == "found"


def test_a_connection_of_http_2_is_said_to_be_one(log: Written) -> None:
    log.notes(SERVER)
    hello = r"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\22\4\0\0\0\0\0\0\3"
    log.add(10, accept(5, 1001), f'read(5, "{hello}"..., 8000) = 99', 'write(5, "\\0\\0\\6\\4", 4) = 4')
    trace = log.read()
    assert "1 connections speak HTTP/2" in Dispatch().answer(trace).reason
    assert "1 connections speak HTTP/2" in Docroot().answer(trace).reason


def test_a_head_that_lost_its_beginning_has_no_method(log: Written) -> None:
    log.notes(SERVER)
    log.add(
        10, accept(5, 1001), 'read(5, "b/deep/page.html HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n", 8000) = 39', ok(5)
    )
    (found,) = requests(log)
    assert (found["method"], found["target"]) == (None, None)


def test_a_connection_taken_from_another_process_is_one(log: Written) -> None:
    log.add(10, "pidfd_open(9, 0) = 4", "pidfd_getfd(4, 7, 0) = 5", get(5, "/a"), ok(5), "close(5) = 0")
    [request] = Dispatch().answer(log.read()).requests
    assert (request.target, request.status, request.close_tid) == ("/a", 200, 10)


@pytest.mark.parametrize("made", [True, False])
def test_what_another_server_answers_is_no_request_and_takes_no_files(log: Written, *, made: bool) -> None:
    log.notes(SERVER)
    far = "6<TCP:[127.0.0.1:4->127.0.0.1:9]>"
    log.add(10, accept(5, 1001), get(5, "/a"))
    if made:
        log.add(10, "socket(AF_INET, SOCK_STREAM, 0) = 6<TCP:[7]>", "connect(6<TCP:[7]>, {...}, 16) = 0")
    log.add(10, f'write({far}, "GET /b HTTP/1.1\\r\\n\\r\\n", 19) = 19')
    log.add(10, f'read({far}, "HTTP/1.1 200 OK\\r\\n\\r\\n", 99) = 19')
    log.add(10, 'openat(AT_FDCWD, "/cache/a", O_RDWR|O_CREAT, 0600) = 7', ok(5))
    (found,) = Dispatch().answer(log.read()).requests
    assert (found.target, found.connection, list(found.files)) == ("/a", 1, ["/cache/a"])


def test_what_a_helper_answers_on_a_unix_socket_is_no_request(log: Written) -> None:
    log.notes(SERVER)
    log.add(10, accept(5, 1001), get(5, "/cgi-bin/a"), "socket(AF_UNIX, SOCK_STREAM, 0) = 6<UNIX-STREAM:[7]>")
    log.add(10, 'connect(6<UNIX-STREAM:[7]>, {sa_family=AF_UNIX, sun_path="/run/cgi"}, 10) = 0')
    log.add(10, 'read(6<UNIX-STREAM:[7->8]>, "Content-Type: text/plain\\n\\nhello "..., 8000) = 33', ok(5))
    assert [(r["target"], r["status"]) for r in requests(log)] == [("/cgi-bin/a", 200)]


@pytest.mark.parametrize("made", [True, False])
def test_a_datagram_is_no_request(log: Written, *, made: bool) -> None:
    if made:
        log.add(
            10,
            "socket(AF_INET, SOCK_DGRAM|SOCK_CLOEXEC, IPPROTO_IP) = 3",
            "bind(3, {sa_family=AF_INET}, 16) = 0",
        )
    sender = '{sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("127.0.0.1")}, [16]'
    log.add(10, f'recvfrom(3, "GET / HTTP/1.1\\r\\n\\r\\n", 99, 0, {sender}) = 18')
    log.add(10, f'sendto(3, "HTTP/1.1 200 OK\\r\\n\\r\\n", 19, 0, {sender.removesuffix(", [16]")}, 16) = 19')
    assert requests(log) == []


def test_the_other_end_of_a_socketpair_is_no_client(log: Written) -> None:
    log.add(10, 'read(0<UNIX-STREAM:[7->8]>, "GET / HTTP/1.0\\r\\n\\r\\n", 99) = 18')
    assert requests(log) == []
    log.add(10, 'read(4<UNIX-STREAM:[9->6, "/run/a"]>, "GET / HTTP/1.0\\r\\n\\r\\n", 99) = 18')
    assert len(requests(log)) == 1
