"""Names, requests and who works on them, in logs written by hand: roots, short strings, helpers, proxies."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.traces import Written, accept, get, ok
from tracekit.analyzers.dispatch import Dispatch
from tracekit.analyzers.state import lookups
from tracekit.analyzers.state.observe import observe
from tracekit.events import read_trace

SERVER = {"pid": 10, "cwd": "/srv", "fds": {"3": "socket:[1]"}, "tids": [10, 11, 12]}
WAIT = "futex(0x5600, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 0, NULL, FUTEX_BITSET_MATCH_ANY"


def requests(log: Written) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Dispatch().answer(log.read()).to_json()["requests"]
    return found


def paths(log: Written) -> list[tuple[str, str | None]]:
    return [(opening.path, opening.jail) for opening in observe(log.read()).openings]


def test_a_working_directory_is_each_process_s_own(log: Written) -> None:
    log.notes(SERVER)
    log.add(10, 'chdir("www") = 0', "clone(child_stack=NULL, flags=SIGCHLD) = 20")
    log.add(20, 'chdir("/tmp") = 0', 'open("a", O_RDONLY) = 5')
    log.add(10, 'open("b", O_RDONLY) = 5', 'chdir("/no") = -1 ENOENT (x)', 'open("c", O_RDONLY) = 6')
    assert paths(log) == [("/tmp/a", None), ("/srv/www/b", None), ("/srv/www/c", None)]


def test_clone_fs_shares_the_working_directory_until_unshare(log: Written) -> None:
    log.notes(SERVER)
    log.add(10, "clone(child_stack=0x7f00, flags=CLONE_VM|CLONE_FS|SIGCHLD) = 20")
    log.add(20, 'chdir("/one") = 0')
    log.add(10, 'open("a", O_RDONLY) = 5')
    log.add(20, "unshare(CLONE_FS) = 0", 'chdir("/two") = 0', 'open("b", O_RDONLY) = 5')
    log.add(10, 'open("c", O_RDONLY) = 6')
    assert paths(log) == [("/one/a", None), ("/two/b", None), ("/one/c", None)]


def test_a_thread_can_have_a_working_directory_of_its_own(log: Written) -> None:
    log.notes(SERVER)
    log.add(10, "getppid() = 1")
    log.add(11, "unshare(CLONE_FS) = 0", 'chdir("/one") = 0', "fork() = 20")
    log.add(11, "clone(child_stack=0x7f, flags=CLONE_VM|CLONE_FS|CLONE_SIGHAND|CLONE_THREAD) = 12")
    log.add(12, 'chdir("two") = 0')
    for tid in (10, 11, 20):
        log.add(tid, 'open("a", O_RDONLY) = 5')
    log.add(11, "unshare(CLONE_FILES) = 0", 'open("b", O_RDONLY) = 5', 'execve("/bin/a", ["a"], NULL) = 0')
    log.add(10, 'open("c", O_RDONLY) = 5')
    expected = ["/srv/a", "/one/two/a", "/one/a", "/one/two/b", "/one/two/c"]
    assert [path for path, _ in paths(log)] == expected


def test_openat2_can_make_a_folder_the_root_of_a_name(log: Written) -> None:
    log.notes(SERVER)
    log.add(10, 'open("/srv/www", O_PATH) = 5')
    for resolve in ("RESOLVE_IN_ROOT", "RESOLVE_NO_SYMLINKS"):
        log.add(10, f'openat2(5, "/../a", {{flags=O_RDONLY, resolve={resolve}}}, 24) = 6')
    assert [path for path, _ in paths(log)] == ["/srv/www", "/srv/www/a", "/a"]


def test_getcwd_tells_the_folder_but_not_one_that_cannot_be_reached(log: Written) -> None:
    log.add(10, 'open("a", O_RDONLY) = 5', 'getcwd("/srv/www", 4096) = 9', 'open("b", O_RDONLY) = 6')
    log.add(10, 'getcwd("(unreachable)/x", 4096) = 16', 'open("c", O_RDONLY) = 7')
    assert paths(log) == [("a", None), ("/srv/www/b", None), ("/srv/www/c", None)]


def test_in_a_chroot_names_are_the_process_s_and_the_root_is_known(log: Written) -> None:
    log.notes(SERVER)
    log.add(
        10, 'open("a", O_RDONLY) = 5', 'chroot("/srv") = 0', 'open("b", O_RDONLY) = 6', 'chdir("/www") = 0'
    )
    log.add(10, 'open("c", O_RDONLY) = 7', 'chroot("..") = 0', 'open("/d", O_RDONLY) = 8')
    log.add(
        10, "clone(child_stack=NULL, flags=SIGCHLD) = 20", 'chroot("/www") = 0', 'open("/e", O_RDONLY) = 9'
    )
    log.add(20, 'open("/f", O_RDONLY) = 9')
    assert paths(log) == [
        ("/srv/a", None),
        ("/b", "/srv"),
        ("/www/c", "/srv"),
        ("/d", "/srv"),
        ("/e", "/srv/www"),
        ("/f", "/srv"),
    ]


@pytest.mark.parametrize(
    ("calls", "path"),
    [
        (('chroot("/new") = 0',), "a"),
        (('pivot_root("/new", "/new/old") = 0',), "/a"),
        (('chdir("/new") = 0', 'pivot_root(".", ".") = 0'), "/a"),
        (('chdir("/srv") = 0', 'pivot_root("/new", "/new/old") = 0'), "a"),
    ],
)
def test_pivot_root_takes_the_working_directory_along_and_chroot_does_not(
    log: Written, calls: tuple[str, ...], path: str
) -> None:
    log.notes(SERVER | {"cwd": "/"})
    log.add(10, *calls, 'open("a", O_RDONLY) = 5')
    assert paths(log) == [(path, "/new")]


def test_what_the_kernel_says_of_a_chroot_s_files_is_put_in_the_process_s_terms(log: Written) -> None:
    log.notes({**SERVER, "root": "/jail", "cwd": "/jail/www"})
    log.add(
        10, 'open("a", O_RDONLY) = 5</jail/www/a>', 'openat(4</jail/sub>, "b", O_RDONLY) = 6</jail/sub/b>'
    )
    log.add(10, 'openat(AT_FDCWD</jail/two>, "c", O_RDONLY) = 7</jail/two/c>')
    log.add(10, 'openat(AT_FDCWD</out>, "d", O_RDONLY) = 8</out/d>')
    assert paths(log)[:3] == [("/www/a", "/jail"), ("/sub/b", "/jail"), ("/two/c", "/jail")]
    assert paths(log)[3] == ("d", "/jail")


def test_a_root_that_cannot_be_known_is_not_made_up(log: Written) -> None:
    log.add(10, 'chroot("x") = 0', 'chdir("/") = 0', 'open("a", O_RDONLY) = 5')
    assert paths(log) == [("/a", None)]


def test_a_name_that_was_cut_is_known_by_its_annotation_or_not_at_all(log: Written) -> None:
    log.notes(SERVER)
    log.add(10, 'open("/srv/lo"..., O_RDONLY) = 5</srv/long>', 'open("/srv/lo"..., O_RDONLY) = 6')
    assert paths(log) == [("/srv/long", None)]


def pool(log: Written, *, talks: str) -> list[dict[str, Any]]:
    """Return the requests of a server whose files another thread opens; ``talks`` is what shows it."""
    log.notes(SERVER)
    wake = "futex(0x5600, FUTEX_WAKE_PRIVATE, 1) = 1"
    for port, name in enumerate(("/a.html", "/b/c.html"), 1001):
        if talks == "futex":
            log.lines.append(f"11 {log.now:.6f} {WAIT} <unfinished ...>")
        log.add(10, accept(5, port), get(5, name), *([wake] if talks == "futex" else []))
        if talks == "futex":
            log.now += 0.001
            log.lines.append(f"11 {log.now:.6f} <... futex resumed>) = 0 <0.001000>")
        log.add(11, f'open("/srv/www{name}", O_RDONLY) = 7', 'read(7, "hi", 99) = 2', "close(7) = 0")
        if talks == "eventfd":
            log.add(11, 'write(9, "\\1\\0\\0\\0\\0\\0\\0\\0", 8) = 8')
            log.add(10, 'read(9, "\\1\\0\\0\\0\\0\\0\\0\\0", 1024) = 8')
        log.add(10, ok(5), "close(5) = 0")
    return requests(log)


@pytest.mark.parametrize("talks", ["futex", "eventfd"])
def test_files_that_a_thread_of_the_pool_opens_are_those_of_the_request(log: Written, talks: str) -> None:
    found = [(r["serve_tid"], r["files"]) for r in pool(log, talks=talks)]
    assert found == [(10, ["/srv/www/a.html"]), (10, ["/srv/www/b/c.html"])]


def test_a_thread_that_has_nothing_to_do_with_the_server_opens_nothing_for_it(log: Written) -> None:
    assert [r["files"] for r in pool(log, talks="nothing")] == [[], []]


def test_between_several_requests_nothing_is_guessed(log: Written) -> None:
    log.notes(SERVER)
    log.add(10, accept(5, 1001), accept(6, 1002), accept(8, 1003), get(5, "/a.html"), get(6, "/a.html"))
    log.add(10, get(8, "/b.html"))
    log.add(11, 'open("/srv/www/a.html", O_RDONLY) = 9', 'open("/srv/www/b.html", O_RDONLY) = 11')
    log.add(11, 'open("/etc/passwd", O_RDONLY) = 12', 'write(13, "x", 1) = 1')
    log.add(10, 'read(13, "x", 8) = 1', ok(5), ok(6), ok(8))
    assert [r["files"] for r in requests(log)] == [[], [], ["/srv/www/b.html"]]


def test_a_loop_that_has_read_several_requests_opens_a_file_for_the_one_that_it_fits(log: Written) -> None:
    log.notes(SERVER)
    log.add(10, accept(5, 1001), accept(6, 1002), get(5, "/a.html"), get(6, "/b.html"))
    log.add(10, 'open("/srv/www/a.html", O_RDONLY) = 7', 'open("/srv/www/b.html", O_RDONLY) = 8')
    log.add(10, ok(5), ok(6))
    assert [r["files"] for r in requests(log)] == [["/srv/www/a.html"], ["/srv/www/b.html"]]


def test_a_file_that_stays_open_belongs_to_each_request_that_takes_of_it(log: Written) -> None:
    log.notes(SERVER)
    log.add(10, accept(5, 1001), get(5, "/a"), 'open("/srv/a", O_RDONLY) = 7', ok(5, body=""))
    log.add(
        10, "sendfile(5, 7, [0] => [9], 9) = 9", get(5, "/a"), ok(5, body=""), 'pread64(7, "x", 9, 0) = 1'
    )
    assert [r["files"] for r in requests(log)] == [["/srv/a"], ["/srv/a"]]
    names = observe(log.read()).requests[1].names
    assert [(name.path, name.opened, name.row.name) for name in names] == [("/srv/a", False, "pread64")]


def test_a_look_at_what_came_is_no_request_whatever_the_client_writes(log: Written) -> None:
    log.notes(SERVER)
    text = "GET /MSG_PEEK HTTP/1.1\\r\\nHost: MSG_PEEK\\r\\n\\r\\n"
    log.add(10, accept(5, 1001), f'recvfrom(5, "{text}", 99, MSG_PEEK, NULL, NULL) = 42')
    log.add(10, f'recvfrom(5, "{text}", 99, 0, NULL, NULL) = 42', ok(5))
    log.add(10, "recvmsg(5, {msg_name=NULL, msg_namelen=0, msg_iov=NULL, msg_iovlen=0, "
            "msg_controllen=0, msg_flags=MSG_ERRQUEUE}, MSG_ERRQUEUE) = 0")  # fmt: skip
    assert [(r["target"], r["status"]) for r in requests(log)] == [("/MSG_PEEK", 200)]


def test_a_request_of_http_0_9_is_answered_without_a_status(log: Written) -> None:
    log.notes(SERVER)
    log.add(
        10, accept(5, 1001), 'read(5, "GET /old\\r\\n", 99) = 10', 'write(5, "<p>", 3) = 3', "close(5) = 0"
    )
    log.add(10, accept(5, 1002), 'read(5, "GET /none\\r\\n", 99) = 11', "close(5) = 0")
    assert [(r["method"], r["target"], r["status"], r["bytes"]) for r in requests(log)] == [
        ("GET", "/old", None, 3)
    ]


@pytest.mark.parametrize(
    "says",
    [
        "PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\\r\\n",
        "PROXY UNKNOWN\\r\\n",
        "\\r\\n\\r\\n\\0\\r\\nQUIT\\n!\\21\\0\\f\\300\\0\\2\\1\\300\\0\\2\\2\\23\\210\\0P",
    ],
)
@pytest.mark.parametrize("apart", [False, True])
def test_what_a_proxy_says_first_is_no_part_of_the_request(log: Written, says: str, *, apart: bool) -> None:
    log.notes(SERVER)
    text = "GET /a HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"
    reads = [says, text] if apart else [says + text]
    sizes = [len(each.encode().decode("unicode_escape")) for each in reads]
    log.add(10, accept(5, 1001), *(f'read(5, "{t}", 99) = {n}' for t, n in zip(reads, sizes, strict=True)))
    log.add(10, ok(5))
    assert [(r["method"], r["target"], r["status"]) for r in requests(log)] == [("GET", "/a", 200)]


def test_an_interim_response_is_not_the_answer(log: Written) -> None:
    log.notes(SERVER)
    log.add(10, accept(5, 1001), get(5, "/up", "Expect: 100-continue", "Content-Length: 3", method="PUT"))
    log.add(10, 'write(5, "HTTP/1.1 100 Continue\\r\\n\\r\\n", 25) = 25', 'read(5, "abc", 99) = 3')
    log.add(10, ok(5, status="201 Created"))
    assert [(r["method"], r["status"]) for r in requests(log)] == [("PUT", 201)]


def test_what_the_server_asks_of_others_is_no_request_to_it(log: Written) -> None:
    log.notes(SERVER)
    far = '{sa_family=AF_INET, sin_port=htons(9000), sin_addr=inet_addr("127.0.0.1")}'
    log.add(10, accept(5, 1001), get(5, "/a"), "socket(AF_INET, SOCK_STREAM, 0) = 6")
    log.add(
        10, f"connect(6, {far}, 16) = -1 EINPROGRESS (x)", 'write(6, "GET /b HTTP/1.1\\r\\n\\r\\n", 19) = 19'
    )
    log.add(10, 'read(6, "GET / HTTP/1.1\\r\\n\\r\\nHTTP/1.1 200", 99) = 30', ok(5))
    log.add(10, 'read(8<TCP:[127.0.0.1:4->127.0.0.1:9]>, "HTTP/1.1 200 OK\\r\\n\\r\\n", 99) = 19')
    assert [(r["target"], r["status"]) for r in requests(log)] == [("/a", 200)]


def test_strings_of_eight_bytes_still_show_who_serves_which_request(log: Written) -> None:
    log.notes(SERVER)
    log.add(10, accept(5, 1001))
    for tid in (11, 12, 11):
        log.add(tid, 'read(5, "GET /pag"..., 8000) = 90', 'writev(5, [{iov_base="HTTP/1.1"..., iov_len=200}, '
                '{iov_base="<html>"..., iov_len=900}], 2) = 1100')  # fmt: skip
    found = [(r["serve_tid"], r["method"], r["status"], r["bytes"]) for r in requests(log)]
    assert found == [(11, "GET", None, 1100), (12, "GET", None, 1100), (11, "GET", None, 1100)]


def test_pipelined_requests_are_served_by_whoever_answers_and_dropped_when_nobody_does(log: Written) -> None:
    log.notes(SERVER)
    text = "".join(f"GET /{name} HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n" for name in "abc")
    log.add(10, accept(5, 1001))
    log.add(11, f'read(5, "{text}", 8000) = {len(text.encode().decode("unicode_escape"))}', ok(5))
    log.add(12, ok(5), "shutdown(5, SHUT_WR) = 0", "close(5) = 0")
    assert [(r["target"], r["serve_tid"]) for r in requests(log)] == [("/a", 11), ("/b", 12)]


def test_messages_that_go_several_at_once_are_read_and_counted(log: Written) -> None:
    log.notes(SERVER)
    vectors = '[{{iov_base="{}", iov_len={}}}]'
    header = f"{{{{msg_name=NULL, msg_namelen=0, msg_iov={vectors}, msg_iovlen=1, msg_flags=0}}}}"
    one = f"{{{{msg_hdr={header}, msg_len={{}}}}}}"
    text, head = "GET /a HTTP/1.1\\r\\n\\r\\n", "HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\n"
    log.add(10, accept(5, 1001), f"recvmmsg(5, [{one.format(text, 99, 19)}], 1, 0, NULL) = 1")
    log.add(10, f"sendmmsg(5, [{one.format(head, 38, 38)}, {one.format('hi', 2, 2)}], 2, 0) = 2")
    assert [(r["target"], r["status"], r["bytes"]) for r in requests(log)] == [("/a", 200, 40)]


def test_a_log_without_writes_costs_no_more_the_longer_it_is(log: Written) -> None:
    log.notes(SERVER)
    for port in range(1001, 1001 + 300):
        log.add(10, accept(5, port), get(5, f"/{port}"))
        log.add(11, f'open("/srv/{port}", O_RDONLY) = 7')
    work = observe(log.read()).work
    assert max(map(len, (*work.open.values(), *work.own.values()))) <= 256


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("openat", 'AT_FDCWD</srv>, "/a/../b/", O_RDONLY|O_CLOEXEC'),
        ("openat", 'AT_FDCWD, "b", O_WRONLY|O_CREAT, 0666'),
        ("open", '"/a", O_RDONLY'),
        ("open", '"/a"..., O_RDONLY'),
        ("openat", '5</x>, "b", O_RDONLY'),
        ("openat", 'AT_FDCWD, "/a\\n\\351", O_RDONLY'),
        ("openat", 'AT_FDCWD, "/a", O_RDONLY|0x40000000'),
        ("openat2", 'AT_FDCWD, "/a", {flags=O_RDONLY|O_CLOEXEC, resolve=RESOLVE_BENEATH}, 24'),
        ("newfstatat", 'AT_FDCWD</srv>, "/a", {st_mode=S_IFREG|0644, st_size=9, ...}, 0'),
        ("stat", '"a", {st_mode=S_IFDIR|S_ISVTX|0755, st_size=9, ...}'),
        ("stat", '"st_mode=S_IFREG", {st_mode=S_IFCHR|0666, st_rdev=makedev(0x1, 0x3), ...}'),
        ("newfstatat", 'AT_FDCWD, "/a", 0x7ffe, 0'),
        ("newfstatat", '5</srv>, "", {st_mode=S_IFREG|0644, ...}, AT_EMPTY_PATH'),
        (
            "statx",
            (
                'AT_FDCWD, "/a", AT_STATX_SYNC_AS_STAT, STATX_ALL, {stx_mask=STATX_ALL, stx_attributes=0, '
                "stx_mode=S_IFREG|0644, stx_size=3, ...}"
            ),
        ),
        ("access", '"/a", R_OK'),
        ("faccessat2", 'AT_FDCWD, "x", F_OK, 0'),
    ],
)
def test_names_are_read_fast_as_the_grammar_reads_them(
    call: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = lookups._opened.__wrapped__ if call in lookups.OPENS else lookups._asked.__wrapped__
    fast = read(call, text)
    monkeypatch.setattr(lookups, "_plain", lambda *_: None)
    assert fast == read(call, text)


@pytest.mark.parametrize(
    "begins", ['execve("/bin/server", ["server"], 0x7ffe /* 9 vars */) = 0', "brk(NULL) = 0x1"]
)
def test_lines_of_a_task_that_strace_never_attached_are_the_program_s_own(
    tmp_path: Path, begins: str
) -> None:
    calls = (accept(5, 1001), get(5, "/real"), ok(5), accept(6, 1002), get(6, "/forged"), ok(6))
    own, forged = (f"[pid    10] {call}" for call in calls[:3]), (f"[pid  4242] {call}" for call in calls[3:])
    log = tmp_path / "log.strace"
    clone = "clone(child_stack=NULL, flags=CLONE_VM|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD) = 11"
    log.write_text("\n".join([begins, clone, "strace: Process 11 attached", *own, *forged, ""]))
    found = [request.target.target for request in observe(read_trace(log)).requests]
    assert found == (["/real"] if begins.startswith("execve") else ["/real", "/forged"])
