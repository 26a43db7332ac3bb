"""What a descriptor stands for, over time and across processes, in logs written after the man pages."""

from typing import Any

import pytest

from tests.support.traces import Written, accept, get, ok
from tracekit.analyzers.dispatch import Dispatch
from tracekit.analyzers.state.observe import observe
from tracekit.analyzers.state.openfiles import OpenFile
from tracekit.analyzers.state.state import State

PARENT = {"pid": 10, "cwd": "/srv", "fds": {"3": "socket:[1]"}}
CHILD = {"pid": 20, "cwd": "/"}
FORK = "clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD) = 20"


def state(log: Written) -> State:
    return observe(log.read())


def reads(log: Written) -> dict[str | None, int]:
    """Return how many bytes were read of each file."""
    return {opening.path: opening.file.bytes_read for opening in state(log).openings if opening.file}


def spans(log: Written, fd: int) -> list[tuple[int, str | None, bool]]:
    """Return what a number was: in which process, of which path, and whether it is known what ended it."""
    found = [span for span in state(log).descriptors.spans if span.fd == fd]
    return [(span.process, span.file.path, span.until is not None) for span in found]


def open_of(path: str, fd: int, flags: str = "O_RDONLY") -> str:
    return f'openat(AT_FDCWD, "{path}", {flags}) = {fd}'


def read_of(fd: int, count: int = 5) -> str:
    return f'read({fd}, "{"x" * count}", 99) = {count}'


def requests(log: Written) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Dispatch().answer(log.read()).to_json()["requests"]
    return found


def rights(call: str, fd: int, *fds: str, flags: str = "0") -> str:
    """Return a sendmsg or recvmsg of one byte with descriptors (unix(7), cmsg(3))."""
    data = f"{{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[{', '.join(fds)}]}}"
    return (
        f'{call}({fd}, {{msg_name=NULL, msg_namelen=0, msg_iov=[{{iov_base="x", iov_len=1}}], msg_iovlen=1, '
        f"msg_control=[{data}], msg_controllen=24, msg_flags=0}}, {flags}) = 1"
    )


def test_a_descriptor_that_was_passed_is_the_same_open_file(log: Written) -> None:
    log.notes(PARENT, CHILD)
    log.add(10, "socketpair(AF_UNIX, SOCK_STREAM, 0, [4, 5]) = 0", FORK)
    log.add(10, accept(6, 1001), rights("sendmsg", 4, "6"), "close(6) = 0")
    log.add(20, rights("recvmsg", 5, "9"), get(9, "/a"), ok(9), "close(9) = 0")
    (found,) = requests(log)
    assert (found["client"], found["accept_tid"], found["serve_tid"]) == ("127.0.0.1:1001", 10, 20)
    assert (found["close_tid"], found["connection"]) == (20, 1)


def test_descriptors_come_in_the_order_in_which_they_were_sent(log: Written) -> None:
    log.notes(PARENT, CHILD)
    log.add(10, "socketpair(AF_UNIX, SOCK_DGRAM, 0, [4, 5]) = 0", FORK, open_of("/a", 6), open_of("/b", 7))
    log.add(10, rights("sendmsg", 4, "6"), rights("sendmsg", 4, "7"), "close(6) = 0", "close(7) = 0")
    log.add(20, rights("recvmsg", 5, "8", flags="MSG_PEEK"), rights("recvmsg", 5, "9"))
    log.add(20, rights("recvmsg", 5, "11"), read_of(8, 1), read_of(9, 2), read_of(11, 4))
    assert reads(log) == {"/a": 3, "/b": 4}


def test_what_the_receiver_has_no_room_for_is_closed_and_the_next_come_in_order(log: Written) -> None:
    log.notes(PARENT, CHILD)
    log.add(10, "socketpair(AF_UNIX, SOCK_STREAM, 0, [4, 5]) = 0", FORK, accept(6, 1001), open_of("/a", 7))
    log.add(10, rights("sendmsg", 4, "7", "6"), rights("sendmsg", 4, "7"), "close(6) = 0", "close(7) = 0")
    cut = rights("recvmsg", 5, "8").replace("msg_flags=0", "msg_flags=MSG_CTRUNC")
    log.add(20, cut, rights("recvmsg", 5, "9"), read_of(8, 1), read_of(9, 2))
    assert reads(log) == {"/a": 3}
    (connection,) = state(log).connections
    assert connection.closed is not None
    assert connection.closed.name == "recvmsg"


def test_sockets_of_unknown_ends_pass_one_descriptor_at_a_time(log: Written) -> None:
    log.notes(PARENT, CHILD)
    log.add(10, open_of("/a", 6), rights("sendmsg", 4, "6"))
    log.add(20, rights("recvmsg", 5, "9"), read_of(9, 3))
    log.add(10, open_of("/b", 7), rights("sendmsg", 4, "6"), rights("sendmsg", 4, "7"))
    log.add(20, rights("recvmsg", 5, "8"), read_of(8, 4))
    assert reads(log) == {"/a": 3, "/b": 0}


def test_inodes_tell_which_end_belongs_to_which(log: Written) -> None:
    log.notes(PARENT, CHILD)
    log.add(10, open_of("/a", 6), open_of("/b", 7))
    log.add(10, rights("sendmsg", 4, "6").replace("(4", "(4<UNIX-STREAM:[70->71]>", 1))
    log.add(10, rights("sendmsg", 5, "7").replace("(5", "(5<UNIX-STREAM:[80->81]>", 1))
    log.add(20, rights("recvmsg", 4, "9").replace("(4", "(4<UNIX-STREAM:[81->80]>", 1), read_of(9, 3))
    assert reads(log) == {"/a": 0, "/b": 3}


def test_several_messages_at_once_carry_descriptors(log: Written) -> None:
    log.notes(PARENT, CHILD)
    log.add(10, "socketpair(AF_UNIX, SOCK_STREAM, 0, [4, 5]) = 0", FORK, open_of("/a", 6))
    one = rights("sendmsg", 4, "6").partition(", ")[2].rpartition(", ")[0]
    log.add(10, f"sendmmsg(4, [{{msg_hdr={one}, msg_len=1}}], 1, 0) = 1")
    other = one.replace("[6]", "[9]")
    log.add(20, f"recvmmsg(5, [{{msg_hdr={other}, msg_len=1}}], 1, 0, NULL) = 1", read_of(9))
    assert reads(log) == {"/a": 5}


def test_a_descriptor_is_taken_through_a_pidfd(log: Written) -> None:
    log.notes(PARENT, CHILD)
    log.add(20, open_of("/a", 7))
    log.add(10, "pidfd_open(20, 0) = 4", "pidfd_getfd(4, 7, 0) = 5", read_of(5))
    assert reads(log) == {"/a": 5}


def test_a_pidfd_of_clone3_is_one_too(log: Written) -> None:
    log.notes(PARENT, CHILD)
    log.add(10, "clone3({flags=CLONE_PIDFD, pidfd=0x7ff0, exit_signal=SIGCHLD, stack=NULL, stack_size=0} => "
            "{pidfd=[4]}, 88) = 20")  # fmt: skip
    log.add(20, open_of("/a", 7))
    log.add(10, "pidfd_getfd(4, 7, 0) = 5", read_of(5))
    assert reads(log) == {"/a": 5}


@pytest.mark.parametrize(
    "call", ["dup(5) = 7", "dup2(5, 7) = 7", "dup3(5, 7, O_CLOEXEC) = 7", "fcntl(5, F_DUPFD, 7) = 7"]
)
def test_a_duplicate_is_the_same_file_and_outlives_the_first(log: Written, call: str) -> None:
    log.notes(PARENT)
    log.add(10, open_of("/a", 5), call, "close(5) = 0", read_of(7))
    assert reads(log) == {"/a": 5}


def test_dup2_closes_what_its_number_stood_for(log: Written) -> None:
    log.notes(PARENT)
    log.add(10, accept(5, 1001), get(5, "/a"), ok(5), open_of("/b", 6), "dup2(6, 5) = 5", read_of(5))
    (found,) = requests(log)
    assert found["close_tid"] == 10
    assert reads(log) == {"/b": 5}


def test_a_failed_duplicate_changes_nothing(log: Written) -> None:
    log.notes(PARENT)
    log.add(10, open_of("/a", 5), open_of("/b", 6))
    log.add(10, "dup2(6, 5) = -1 EBUSY (Device or resource busy)")
    log.add(10, "fcntl(6, F_DUPFD, 5) = -1 EMFILE (Too many open files)", read_of(5))
    assert reads(log) == {"/a": 5, "/b": 0}


@pytest.mark.parametrize(("error", "closed"), [("EINTR (x)", True), ("EIO (x)", True), ("EBADF (x)", False)])
def test_a_close_that_fails_frees_the_number_all_the_same(log: Written, error: str, *, closed: bool) -> None:
    log.notes(PARENT)
    log.add(10, open_of("/a", 5), f"close(5) = -1 {error}")
    assert spans(log, 5) == [(10, "/a", closed)]


@pytest.mark.parametrize(
    ("mark", "kept"),
    [
        ((open_of("/a", 5),), True),
        ((open_of("/a", 5, "O_RDONLY|O_CLOEXEC"),), False),
        ((open_of("/a", 5), "fcntl(5, F_SETFD, FD_CLOEXEC) = 0"), False),
        ((open_of("/a", 5, "O_RDONLY|O_CLOEXEC"), "fcntl(5, F_SETFD, 0) = 0"), True),
        ((open_of("/a", 5), "ioctl(5, FIOCLEX) = 0"), False),
        ((open_of("/a", 5, "O_RDONLY|O_CLOEXEC"), "ioctl(5, FIONCLEX) = 0"), True),
        ((open_of("/a", 5), "close_range(5, 4294967295, CLOSE_RANGE_CLOEXEC) = 0"), False),
        ((open_of("/a", 6, "O_RDONLY|O_CLOEXEC"), "dup2(6, 5) = 5"), True),
        ((open_of("/a", 6), "dup3(6, 5, O_CLOEXEC) = 5"), False),
        ((open_of("/a", 6) + "</O_CLOEXEC>", "dup2(6</O_CLOEXEC>, 5) = 5</O_CLOEXEC>"), True),
        (('mq_open("a", O_RDWR|O_CREAT, 0600, NULL) = 5',), False),
        (('fsopen("tmpfs", 0) = 5',), True),
        (('fsopen("tmpfs", FSOPEN_CLOEXEC) = 5',), False),
        ((open_of("/a", 5, "O_RDONLY|O_CLOEXEC"), 'execve("/bin/no", ["no"], NULL) = -1 ENOENT (x)'), None),
    ],
)
def test_exec_closes_what_is_marked(log: Written, mark: tuple[str, ...], kept: bool | None) -> None:
    log.notes(PARENT)
    log.add(10, *mark)
    if kept is not None:
        log.add(10, 'execve("/bin/true", ["true"], 0x7ffe /* 9 vars */) = 0')
    assert spans(log, 5)[-1][2] is (kept is False)


def test_close_range_closes_what_lies_in_it(log: Written) -> None:
    log.notes(PARENT)
    log.add(10, *(open_of(f"/{fd}", fd) for fd in (5, 6, 7, 8)), "close_range(6, 7, 0) = 0")
    assert [spans(log, fd)[0][2] for fd in (5, 6, 7, 8)] == [False, True, True, False]


def test_close_range_can_leave_a_shared_table_to_the_other(log: Written) -> None:
    log.notes(PARENT, CHILD)
    log.add(10, open_of("/a", 5), "clone(child_stack=0x7f00, flags=CLONE_VM|CLONE_FILES|SIGCHLD) = 20")
    log.add(20, "close_range(5, 5, CLOSE_RANGE_UNSHARE) = 0")
    log.add(10, read_of(5))
    assert reads(log) == {"/a": 5}


def test_processes_that_share_a_table_see_what_the_other_does(log: Written) -> None:
    log.notes(PARENT, CHILD)
    log.add(10, "clone(child_stack=0x7f00, flags=CLONE_VM|CLONE_FILES|SIGCHLD) = 20")
    log.add(20, open_of("/a", 5))
    log.add(10, read_of(5), "exit_group(0) = ?")
    log.lines.append(f"10 {log.now:.6f} +++ exited with 0 +++")
    log.add(20, read_of(5, 2), "unshare(CLONE_FILES) = 0", "close(5) = 0")
    assert reads(log) == {"/a": 7}
    assert spans(log, 5) == [(20, "/a", True)]


def test_a_forked_table_is_a_copy(log: Written) -> None:
    log.notes(PARENT, CHILD)
    log.add(10, open_of("/a", 5), "vfork() = 20")
    log.add(20, "close(5) = 0", open_of("/b", 5), read_of(5, 2))
    log.add(10, read_of(5))
    assert reads(log) == {"/a": 5, "/b": 2}


@pytest.mark.parametrize(
    "parts", ["unshare(CLONE_FILES) = 0", "close_range(90, 99, CLOSE_RANGE_UNSHARE) = 0"]
)
@pytest.mark.parametrize(("one", "other"), [(11, 10), (10, 11)])
def test_a_thread_may_have_a_table_of_its_own(log: Written, parts: str, one: int, other: int) -> None:
    log.notes({**PARENT, "tids": [10, 11]})
    log.add(other, open_of("/a", 5))
    log.add(one, parts, "close(5) = 0", open_of("b", 5), read_of(5, 2))
    log.add(other, read_of(5))
    assert reads(log) == {"/a": 5, "/srv/b": 2}
    assert {span.process for span in state(log).descriptors.spans} == {10}


def test_what_a_thread_has_alone_is_closed_at_its_end(log: Written) -> None:
    log.notes({**PARENT, "tids": [10, 11]})
    log.add(10, "getppid() = 1")
    log.add(11, "unshare(CLONE_FILES) = 0", accept(5, 1001), open_of("/a", 6))
    log.add(11, "clone(child_stack=0x7f, flags=CLONE_VM|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD) = 12")
    log.add(12, read_of(6, 3), "exit(0) = ?")
    log.add(11, "exit(0) = ?")
    log.add(10, open_of("/b", 6), read_of(6, 4))
    assert reads(log) == {"/a": 3, "/b": 4}
    (connection,) = state(log).connections
    assert connection.closed is not None
    assert connection.closed.tid == 11


@pytest.mark.parametrize("calls", [("exit_group(0) = ?",), ('execve("/bin/a", ["a"], NULL) = 0',)])
def test_the_threads_that_a_process_ends_have_nothing_any_more(log: Written, calls: tuple[str, ...]) -> None:
    log.notes({**PARENT, "tids": [10, 11]})
    log.add(10, "getppid() = 1")
    log.add(11, "unshare(CLONE_FILES) = 0", accept(5, 1001))
    log.add(10, *calls)
    log.lines += [f"{tid} {log.now:.6f} +++ exited with 0 +++" for tid in (11, 10)]
    (connection,) = state(log).connections
    assert connection.closed is not None


@pytest.mark.parametrize("flags", ["{flags=CLONE_VM|CLONE_FILES|CLONE_THREAD}", "0x7ffe"])
def test_a_new_thread_does_not_keep_what_its_process_closes(log: Written, flags: str) -> None:
    log.notes({**PARENT, "tids": [10, 11]})
    log.add(10, accept(5, 1001), f"clone3({flags}, 88) = 11", "close(5) = 0")
    (connection,) = state(log).connections
    assert connection.closed is not None


def test_a_thread_made_without_clone_files_has_a_copy(log: Written) -> None:
    log.notes(PARENT)
    log.add(10, open_of("/a", 5), "clone(child_stack=0x7f, flags=CLONE_VM|CLONE_SIGHAND|CLONE_THREAD) = 11")
    log.lines.append('# tracekit task {"tid": 11, "pid": 10}')
    log.add(11, read_of(5), "close(5) = 0", open_of("/b", 5))
    log.add(10, read_of(5, 2))
    assert reads(log) == {"/a": 7, "/b": 0}


@pytest.mark.parametrize("parts", [(), ("unshare(CLONE_FILES) = 0",)])
def test_exec_by_a_thread_leaves_its_table_to_the_process(log: Written, parts: tuple[str, ...]) -> None:
    log.notes({**PARENT, "tids": [10, 11]})
    log.add(10, open_of("/a", 7, "O_RDONLY|O_CLOEXEC"))
    log.add(11, *parts, accept(5, 1001), "fcntl(5, F_SETFD, 0) = 0", open_of("/b", 6))
    log.lines.append(f'11 {log.now:.6f} execve("/bin/a", ["a"], 0x7f /* 9 vars */ <pid changed to 10 ...>')
    log.lines.append(f"10 {log.now:.6f} +++ superseded by execve in pid 11 +++")
    log.lines.append(f"10 {log.now:.6f} <... execve resumed>) = 0 <0.0001>")
    log.add(10, read_of(6))
    log.lines.append(f"10 {log.now:.6f} +++ exited with 0 +++")
    assert reads(log) == {"/a": 0, "/b": 5}
    assert spans(log, 7)[-1] == (10, "/a", True)
    (connection,) = state(log).connections
    assert connection.closed is not None
    assert connection.closed.kind == "exit"


def test_a_connection_with_the_ends_of_one_that_was_not_seen_to_close_is_another(log: Written) -> None:
    log.notes(PARENT, CHILD)
    ends = "<TCP:[127.0.0.1:80->127.0.0.1:9]>"
    for fd in (5, 6):
        log.add(10, f"accept4(3, NULL, NULL, 0) = {fd}{ends}")
    log.add(20, get(7, "/a").replace("7", f"7{ends}", 1), ok(7).replace("7", f"7{ends}", 1))
    (found,) = requests(log)
    assert (found["connection"], found["accept_tid"]) == (2, 10)


def test_a_file_that_is_renamed_or_removed_stays_the_same(log: Written) -> None:
    log.notes(PARENT)
    log.add(10, open_of("/a", 5) + "</a>", 'rename("/a", "/b") = 0', 'read(5</b>, "x", 9) = 1')
    log.add(10, 'renameat(AT_FDCWD, "/b", AT_FDCWD, "/c") = 0', 'read(5</c>, "xx", 9) = 2')
    log.add(10, 'unlink("/c") = 0', 'read(5</c (deleted)>, "xxxx", 9) = 4', 'read(5</d>, "x", 9) = 1')
    assert reads(log) == {"/a": 7}


def test_what_is_no_file_is_not_taken_for_one(log: Written) -> None:
    log.notes(PARENT)
    log.add(10, 'memfd_create("x", MFD_CLOEXEC) = 5</memfd:x>(deleted)', "eventfd2(0, EFD_NONBLOCK) = 6")
    log.add(10, 'read(5</memfd:x>(deleted), "abc", 9) = 3', "signalfd4(-1, [CHLD], 8, 0) = 7")
    log.add(10, "inotify_init1(0) = 8", "timerfd_create(CLOCK_REALTIME, 0) = 9")
    assert {span.file.kind for span in state(log).descriptors.spans if span.fd != 3} == {"other"}


def test_a_socket_that_two_processes_had_before_the_trace_is_one(log: Written) -> None:
    log.notes(PARENT, {**CHILD, "fds": {"7": "socket:[1]"}})
    files: set[OpenFile] = {span.file for span in state(log_with_a_call(log)).descriptors.spans}
    assert len(files) == 1


def log_with_a_call(log: Written) -> Written:
    log.add(10, "getpid() = 10")
    return log


def test_an_inode_that_contradicts_the_table_wins(log: Written) -> None:
    log.notes(PARENT)
    log.add(
        10,
        'read(5<socket:[70]>, "GET /a HTTP/1.1\\r\\n\\r\\n", 99) = 19',
        ok(5).replace("(5", "(5<socket:[70]>"),
    )
    log.add(
        10,
        'read(5<socket:[71]>, "GET /b HTTP/1.1\\r\\n\\r\\n", 99) = 19',
        ok(5).replace("(5", "(5<socket:[71]>"),
    )
    assert [(r["target"], r["connection"]) for r in requests(log)] == [("/a", 1), ("/b", 2)]


def test_a_handle_has_the_name_that_its_annotation_tells(log: Written) -> None:
    log.notes(PARENT)
    log.add(10, 'open_by_handle_at(4, {handle_bytes=8, handle_type=1, f_handle="\\1"}, O_RDONLY) = 5</srv/a>')
    assert reads(log) == {"/srv/a": 0}


def test_a_ring_is_noted(log: Written) -> None:
    log.notes(PARENT)
    log.add(10, "io_uring_enter(5, 1, 0, 0, NULL, 8) = 1", "io_uring_enter(5, 1, 0, 0, NULL, 8) = 1")
    assert [row.name for row in state(log).rings] == ["io_uring_enter"]


def test_a_number_that_is_used_again_has_nothing_of_the_process_before(log: Written) -> None:
    log.notes(PARENT, CHILD)
    log.add(10, open_of("/a", 5), FORK, "close(5) = 0")
    log.add(20, read_of(5, 1))
    log.lines.append(f"20 {log.now:.6f} +++ exited with 0 +++")
    log.add(10, open_of("/b", 6), FORK)
    log.add(20, read_of(6, 2))
    assert reads(log) == {"/a": 1, "/b": 2}
    assert spans(log, 5) == [(10, "/a", True), (20, "/a", True)]
