"""Annotations of descriptors, in the forms that strace 6.1 prints with -y and -yy."""

import os
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tracekit.tracer.annotations.descriptors import DETAILS, PATHS, Descriptors, pidfd_target


@pytest.fixture
def details() -> Iterator[Descriptors]:
    with closing(Descriptors(DETAILS)) as descriptors:
        yield descriptors


@pytest.fixture
def paths() -> Iterator[Descriptors]:
    with closing(Descriptors(PATHS)) as descriptors:
        yield descriptors


def describe(descriptors: Descriptors, fd: int) -> str:
    return descriptors.describe(os.getpid(), fd)


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("plain", "plain"),
        ("a b, c) = 3 (x", "a b, c) = 3 (x"),
        ('<d"\\el\t\1', '\\74d\\"\\\\el\\t\\1'),
        ("one\0011", "one\\0011"),
        ("über", "\\303\\274ber"),
        ("x (deleted)", "x (deleted)"),
        ("<1>", "\\0741\\76"),
    ],
)
def test_paths(details: Descriptors, paths: Descriptors, tmp_path: Path, name: str, printed: str) -> None:
    with (tmp_path / name).open("w") as file:
        assert describe(details, file.fileno()) == f"<{tmp_path}/{printed}>"
        assert describe(paths, file.fileno()) == f"<{tmp_path}/{printed}>"
        with closing(Descriptors(0)) as nothing:
            assert not describe(nothing, file.fileno())


def test_a_deleted_file(details: Descriptors, tmp_path: Path) -> None:
    with (tmp_path / "gone").open("w") as file:
        (tmp_path / "gone").unlink()
        assert describe(details, file.fileno()) == f"<{tmp_path}/gone>(deleted)"


def test_devices_have_their_number_in_details_only(details: Descriptors, paths: Descriptors) -> None:
    with Path("/dev/null").open() as null:
        assert describe(details, null.fileno()) == "</dev/null<char 1:3>>"
        assert describe(paths, null.fileno()) == "</dev/null>"


def test_what_is_closed_has_none(details: Descriptors) -> None:
    assert not describe(details, 999_999)
    assert not describe(details, -100)


def test_tcp_sockets(details: Descriptors, paths: Descriptors) -> None:
    with socket.socket() as listener:
        inode = os.fstat(listener.fileno()).st_ino
        assert describe(details, listener.fileno()) == f"<TCP:[{inode}]>"
        assert describe(paths, listener.fileno()) == f"<socket:[{inode}]>"
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert describe(details, listener.fileno()) == f"<TCP:[127.0.0.1:{port}]>"
        with socket.create_connection(("127.0.0.1", port)) as client:
            accepted, (_, peer) = listener.accept()
            with accepted:
                assert describe(details, accepted.fileno()) == f"<TCP:[127.0.0.1:{port}->127.0.0.1:{peer}]>"
                assert describe(details, client.fileno()) == f"<TCP:[127.0.0.1:{peer}->127.0.0.1:{port}]>"


def test_a_socket_that_is_bound_and_connected_later_is_told_as_it_is(details: Descriptors) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        client.bind(("127.0.0.1", 0))
        near, far = (f"127.0.0.1:{end.getsockname()[1]}" for end in (client, listener))
        assert describe(details, client.fileno()) == f"<TCP:[{near}]>"
        client.connect(listener.getsockname())
        assert describe(details, client.fileno()) == f"<TCP:[{near}->{far}]>"
    with socket.socket(type=socket.SOCK_DGRAM) as asker:
        asker.bind(("127.0.0.1", 0))
        near = f"127.0.0.1:{asker.getsockname()[1]}"
        assert describe(details, asker.fileno()) == f"<UDP:[{near}]>"
        for port in (9, 10):
            asker.connect(("127.0.0.1", port))
            assert describe(details, asker.fileno()) == f"<UDP:[{near}->127.0.0.1:{port}]>"


def test_every_socket_of_many_is_found(details: Descriptors) -> None:
    """The kernel's answer then comes in several messages (netlink(7), NLM_F_MULTI)."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1000))
        far = f"127.0.0.1:{listener.getsockname()[1]}"
        for _ in range(400):
            client = stack.enter_context(socket.create_connection(listener.getsockname()))
            near = f"127.0.0.1:{client.getsockname()[1]}"
            assert describe(details, client.fileno()) == f"<TCP:[{near}->{far}]>"


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_tcp6_sockets(details: Descriptors) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        port = listener.getsockname()[1]
        assert describe(details, listener.fileno()) == f"<TCPv6:[[::1]:{port}]>"


def test_unix_sockets_name_their_peer_and_path(details: Descriptors, tmp_path: Path) -> None:
    left, right = socket.socketpair()
    with left, right:
        ends = [os.fstat(end.fileno()).st_ino for end in (left, right)]
        assert describe(details, left.fileno()) == f"<UNIX-STREAM:[{ends[0]}->{ends[1]}]>"
    with socket.socket(socket.AF_UNIX) as bound:
        inode = os.fstat(bound.fileno()).st_ino
        assert describe(details, bound.fileno()) == f"<UNIX-STREAM:[{inode}]>"
        bound.bind(str(tmp_path / "s"))
        assert describe(details, bound.fileno()) == f'<UNIX-STREAM:[{inode},"{tmp_path}/s"]>'


def test_anonymous_inodes_and_pidfds(details: Descriptors) -> None:
    with select.epoll() as epoll:
        assert describe(details, epoll.fileno()) == "<anon_inode:[eventpoll]>"
    pidfd = os.pidfd_open(os.getpid())
    try:
        assert describe(details, pidfd) == f"<pid:{os.getpid()}>"
    finally:
        os.close(pidfd)


def test_working_directory(details: Descriptors) -> None:
    assert details.working_directory(os.getpid()) == f"<{Path.cwd()}>"


def test_a_netlink_socket_has_its_port_once_it_is_bound(details: Descriptors) -> None:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4) as link:
        assert describe(details, link.fileno()) == f"<NETLINK:[{os.fstat(link.fileno()).st_ino}]>"
        link.bind((0, 0))
        port = link.getsockname()[0]
        assert describe(details, link.fileno()) == f"<NETLINK:[SOCK_DIAG:{port}]>"


def test_a_pidfd_leads_to_its_process_and_nothing_else_does() -> None:
    pidfd = os.pidfd_open(os.getpid())
    with Path(os.devnull).open("rb") as other:
        assert pidfd_target(os.getpid(), pidfd) == os.getpid()
        assert pidfd_target(os.getpid(), other.fileno()) == -1
    os.close(pidfd)
    assert pidfd_target(os.getpid(), pidfd) == -1


def test_no_process_has_no_descriptors(paths: Descriptors) -> None:
    assert paths.describe(-1, 0) == paths.describe(0, 0) == ""


def test_the_protocol_of_a_netlink_socket(details: Descriptors) -> None:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as link:
        assert details.netlink(os.getpid(), link.fileno()) == -1
        link.bind((0, 0))
        assert details.netlink(os.getpid(), link.fileno()) == socket.NETLINK_ROUTE


def test_other_descriptors_are_no_netlink_sockets(details: Descriptors) -> None:
    with socket.socket() as tcp, Path("/dev/null").open() as null:
        assert details.netlink(os.getpid(), tcp.fileno()) is None
        assert details.netlink(os.getpid(), null.fileno()) is None
        assert details.netlink(os.getpid(), -1) is None


def test_a_peer_that_is_gone_is_still_told(details: Descriptors) -> None:
    one, other = socket.socketpair()
    with one:
        before = describe(details, one.fileno())
        other.close()
        assert "->" in before
        assert describe(details, one.fileno()) == before
