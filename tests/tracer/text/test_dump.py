"""Dumps, as strace prints them (its own examples in strace(1), -e read=)."""

import struct

import pytest

from tracekit.syscalls import calls
from tracekit.tracer.decode import Call
from tracekit.tracer.decode.view import Piece
from tracekit.tracer.options.filters import Filters, Members
from tracekit.tracer.text.dump import dump

ONE = Filters(read=Members(frozenset({1})), write=Members(frozenset({1})))


def made(name: str, args: tuple[int, ...], ret: int, arch: str = "x86_64") -> Call:
    number, syscall = next((number, one) for number, one in calls(arch).items() if one.name == name)
    call = Call(syscall, number, arch, (*args, *(0,) * (6 - len(args))))
    call.ret, call.is_error = ret, ret < 0
    return call


def test_sixteen_bytes_a_line() -> None:
    call = made("write", (1, 0x1000, 19), 19)
    assert dump(call, Piece(0x1000, b"hello\n\x00\xffworld and ever"), ONE) == (
        " | 00000  68 65 6c 6c 6f 0a 00 ff  77 6f 72 6c 64 20 61 6e  hello...world an |\n"
        " | 00010  64 20 65                                          d e              |\n"
    )


def test_what_was_read_is_shown_and_no_more() -> None:
    memory = Piece(0x1000, b"abcdef")
    assert dump(made("read", (1, 0x1000, 6), 2), memory, ONE).count("61 62  ") == 1
    assert not dump(made("read", (1, 0x1000, 6), 0), memory, ONE)
    assert not dump(made("read", (1, 0x1000, 6), -11), memory, ONE)


@pytest.mark.parametrize(
    "call",
    [
        made("write", (2, 0x1000, 6), 6),
        made("close", (1, 0x1000, 6), 0),
        made("write", (0xFFFFFFFF, 0x1000, 6), -9),
        made("write", (1, 0x9000, 6), -14),
        made("write", (1, 0x1000, 7), -14),
    ],
)
def test_nothing_is_shown_of_other_descriptors_calls_and_memory(call: Call) -> None:
    assert not dump(call, Piece(0x1000, b"abcdef"), ONE)


def test_what_is_written_is_shown_even_when_it_fails() -> None:
    assert dump(made("write", (1, 0x1000, 3), -32), Piece(0x1000, b"abc"), ONE)


def test_a_size_may_be_anything() -> None:
    text = dump(made("write", (1, 0x1000, 1 << 62), -14), Piece(0x1000, b"a" * (1 << 16), 7), ONE)
    assert text.count("\n") == (1 << 12) + 1
    assert text.splitlines()[-1] == " | <Cannot fetch 65536 bytes from pid 7 @0x11000>"


def test_offsets_grow_with_the_size() -> None:
    data = b"a" * ((1 << 20) + 1)
    assert dump(made("write", (1, 0, len(data)), 0), Piece(0, data), ONE).startswith(" | 000000  61")
    assert dump(made("write", (1, 0, 1 << 20), 0), Piece(0, data), ONE).startswith(" | 00000  61")


@pytest.mark.parametrize(("arch", "vector"), [("x86_64", "<QQQQ"), ("i386", "<IIII")])
def test_buffers_are_filled_in_order(arch: str, vector: str) -> None:
    head = struct.pack(vector, 0x2000, 2, 0x2002, 9)
    memory = Piece(0x1000, head.ljust(0x1000, b"\0") + b"abcdefghijk")
    assert dump(made("readv", (1, 0x1000, 2), 5, arch), memory, ONE) == (
        " * 2 bytes in buffer 0\n"
        " | 00000  61 62                                             ab               |\n"
        " * 3 bytes in buffer 1\n"
        " | 00000  63 64 65                                          cde              |\n"
    )
    assert not dump(made("writev", (1, 0x1000, 1 << 20), -22, arch), memory, ONE)


def test_messages() -> None:
    vector = struct.pack("<QQ", 0x1100, 2)
    head = struct.pack("<QIIQQQQI4x", 0, 0, 0, 0x1080, 1, 0, 0, 0) + struct.pack("<I4x", 1)
    memory = Piece(0x1000, head.ljust(0x80, b"\0") + vector.ljust(0x80, b"\0") + b"xy")
    row = " | 00000  78 79                                             xy               |\n"
    assert dump(made("sendmsg", (1, 0x1000), 2), memory, ONE) == f" * 2 bytes in buffer 0\n{row}"
    text = dump(made("recvmmsg", (1, 0x1000, 4), 1), memory, ONE)
    assert text.startswith(" = 1 buffers in vector 0\n * 1 bytes in buffer 0\n | 00000  78   ")
