"""Which calls touch a path: those of this very process, whose descriptors and memory are known."""

import ctypes
import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracekit.syscalls import calls
from tracekit.tracer.decode import Call
from tracekit.tracer.decode.view import Piece
from tracekit.tracer.kernel import memory
from tracekit.tracer.paths import PathFilter


class Self(Piece):
    """This process as a task."""

    def read(self, address: int, size: int) -> bytes:
        return memory.read(os.getpid(), address, size)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[tuple[str, int]]:
    path = tmp_path / "file"
    path.touch()
    fd = os.open(path, os.O_RDONLY)
    yield str(path), fd
    os.close(fd)


def call(name: str, *args: int) -> Call:
    number, syscall = next((number, one) for number, one in calls().items() if one.name == name)
    return Call(syscall, number, "x86_64", (*args, *(0,) * (6 - len(args))))


MINUS = (1 << 64) - 100
"""AT_FDCWD in a register."""


def touched(path: str, *made: Call) -> list[bool]:
    chosen = PathFilter([path])
    return [chosen.touches(one, Self(0, b"", os.getpid())) for one in made]


def test_descriptors(file: tuple[str, int]) -> None:
    path, fd = file
    upper = fd | 0xDEAD << 32
    assert (
        touched(
            path,
            call("read", fd),
            call("read", upper),
            call("dup2", 0, fd),
            call("mmap", 0, 1, 2, 3, fd),
            call("splice", 9999, 0, fd),
            call("epoll_ctl", 0, 0, fd),
        )
        == [True] * 6
    )
    assert (
        touched(
            path,
            call("read", 9999),
            call("mmap", fd),
            call("epoll_ctl", fd),
            call("pipe", fd),
            call("getpid", fd),
        )
        == [False] * 5
    )


def test_paths(file: tuple[str, int]) -> None:
    path, _ = file
    same, other = (ctypes.create_string_buffer(one.encode()) for one in (path, path + "x"))
    at, elsewhere = ctypes.addressof(same), ctypes.addressof(other)
    assert (
        touched(
            path,
            call("open", at),
            call("openat", MINUS, at),
            call("symlink", elsewhere, at),
            call("linkat", MINUS, elsewhere, MINUS, at),
            call("fanotify_mark", 0, 0, 0, MINUS, at),
            call("fsconfig", 0, 3, 0, at, 0),
        )
        == [True] * 6
    )
    assert (
        touched(
            path,
            call("open", elsewhere),
            call("open", 0),
            call("openat", at),
            call("symlink", at),
            call("open", 1),
        )
        == [False] * 5
    )


def test_descriptors_in_sets(file: tuple[str, int]) -> None:
    path, fd = file
    polled = ctypes.create_string_buffer(struct.pack("<ihhihh", 9999, 1, 0, fd, 1, 0))
    bits = ctypes.create_string_buffer((1 << fd).to_bytes(8, "little") + bytes(120))
    at, sets = ctypes.addressof(polled), ctypes.addressof(bits)
    assert touched(path, call("poll", at, 2), call("select", fd + 1, 0, sets)) == [True] * 2
    assert (
        touched(
            path,
            call("poll", at, 1),
            call("poll", 8, 1 << 31),
            call("select", fd, 0, sets),
            call("select", 1 << 31, sets),
            call("select", 1 << 30, 8),
        )
        == [False] * 5
    )


def test_a_deleted_file_keeps_its_name(tmp_path: Path) -> None:
    path = tmp_path / "gone"
    fd = os.open(path, os.O_CREAT | os.O_RDWR)
    path.unlink()
    assert touched(str(path), call("read", fd)) == [True]
    os.close(fd)
    named = tmp_path / "there (deleted)"
    fd = os.open(named, os.O_CREAT | os.O_RDWR)
    assert touched(str(named), call("read", fd)) == [True]
    assert touched(str(tmp_path / "there"), call("read", fd)) == [False]
    os.close(fd)
