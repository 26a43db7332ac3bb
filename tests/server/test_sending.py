"""Sending a response: to a reader that is slow, of a file that changes, and with which calls."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.connections.sending import WINDOW, FileChangedError, Sender
from server.http.response import FilePart, Response

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"
SIZE = WINDOW + 300_001
MODES = {"mmap": (True, False), "read": (False, False), "sendfile": (True, True)}


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    """A file that is larger than what is mapped at a time."""
    path = tmp_path / "file"
    path.write_bytes(bytes(range(251)) * (SIZE // 251 + 1))
    os.truncate(path, SIZE)
    fd = os.open(path, os.O_RDWR)
    yield fd
    os.close(fd)


def response(mode: str, file: int, content: list[bytes | FilePart]) -> Response:
    made = Response(200, [])
    made.head = HEAD
    made.file = file
    made.set_content(content)
    made.use_mmap, made.use_sendfile = MODES[mode]
    return made


def drain(sender: Sender, client: socket.socket, size: int) -> bytes:
    """Read a little whenever the socket is full; return everything."""
    received = bytearray()
    while not sender.send():
        received += client.recv(100_007)
    while len(received) < size:
        received += client.recv(65536)
    return bytes(received)


def send_again_and_again(sender: Sender) -> None:
    while not sender.send():
        pass


@pytest.mark.parametrize("mode", MODES)
def test_a_slow_reader_gets_every_byte_once(
    mode: str, pair: tuple[socket.socket, socket.socket], file: int
) -> None:
    server, client = pair
    content: list[bytes | FilePart] = [
        b"first",
        FilePart(1, 7),
        FilePart(0, SIZE),
        b"between",
        FilePart(4097, 100_000),
        FilePart(SIZE - 1, 1),
        b"last",
    ]
    whole = os.pread(file, SIZE, 0)
    expected = HEAD + b"".join(
        whole[piece.offset : piece.offset + piece.length] if isinstance(piece, FilePart) else piece
        for piece in content
    )
    made = response(mode, file, content)
    sender = Sender(server, made)
    assert drain(sender, client, len(expected)) == expected
    assert made.sent == len(expected)
    assert made.content_sent == made.content_length


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("left", [0, 1, 4096, 5000, WINDOW])
def test_a_file_that_is_truncated_while_it_is_sent_ends_the_connection(
    mode: str, left: int, pair: tuple[socket.socket, socket.socket], file: int
) -> None:
    server, client = pair
    sender = Sender(server, response(mode, file, [FilePart(0, SIZE)]))
    assert not sender.send()
    os.ftruncate(file, left)
    with pytest.raises(FileChangedError):
        drain(sender, client, SIZE)


@pytest.mark.parametrize("mode", MODES)
def test_a_file_that_was_truncated_before_is_not_waited_for(
    mode: str, pair: tuple[socket.socket, socket.socket], file: int
) -> None:
    os.ftruncate(file, 0)
    with pytest.raises(FileChangedError):
        Sender(pair[0], response(mode, file, [FilePart(0, 300)])).send()
    os.ftruncate(file, 5000)
    sender = Sender(pair[0], response(mode, file, [FilePart(0, 50_000)]))
    with pytest.raises(FileChangedError):
        drain(sender, pair[1], 50_000)


def test_the_socket_is_not_left_corked(pair: tuple[socket.socket, socket.socket], file: int) -> None:
    server, client = pair
    sender = Sender(server, response("sendfile", file, [FilePart(0, SIZE)]))
    assert not sender.send()
    assert not server.getsockopt(socket.IPPROTO_TCP, socket.TCP_CORK)
    drain(sender, client, len(HEAD) + SIZE)
    assert not server.getsockopt(socket.IPPROTO_TCP, socket.TCP_CORK)


def test_a_client_that_is_gone_is_an_error(pair: tuple[socket.socket, socket.socket], file: int) -> None:
    server, client = pair
    client.close()
    with pytest.raises(ConnectionError):
        send_again_and_again(Sender(server, response("mmap", file, [FilePart(0, SIZE)])))
