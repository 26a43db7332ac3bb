"""What the kernel changes between entry and exit, and what a failure leaves unknown."""

import struct

import pytest

from tests.support.decoding import FakeTask, decode
from tracekit.syscalls import by_name
from tracekit.syscalls.select import NO_CALLS
from tracekit.tracer.decode import Call, Decoder, Options
from tracekit.tracer.decode.view import pointer
from tracekit.tracer.options.filters import Filters

BASE = 0x1000
INET = struct.pack("<H", 2) + struct.pack(">H4s8x", 80, bytes((10, 0, 0, 1)))


def test_an_address_that_is_shorter_than_its_room() -> None:
    before = bytes(16) + struct.pack("<I", 128)
    task = FakeTask(before, BASE)
    after = INET + struct.pack("<I", 16)
    assert decode(task, "accept4", 3, BASE, BASE + 16, 0x80000, ret=5, after=after) == (
        "accept4(3, ",
        '{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("10.0.0.1")}, [128 => 16], SOCK_CLOEXEC)',
        "5",
    )


@pytest.mark.parametrize(("address", "length"), [(0, 0), (0, BASE), (BASE, 0), (BASE, BASE + 18)])
@pytest.mark.parametrize("name", ["accept", "accept4", "getsockname", "getpeername"])
def test_an_address_that_nobody_asked_for_is_printed_at_entry(name: str, address: int, length: int) -> None:
    flags = ", SOCK_CLOEXEC" if name == "accept4" else ""
    shown = f"{name}(3, {pointer(address)}, {pointer(length)}{flags}"
    task = FakeTask(bytes(20), BASE)
    assert decode(task, name, 3, address, length, 0x80000, ret=4) == (shown, ")", "4")
    assert decode(task, name, 3, address, length, 0x80000, ret=-14)[1] == ")"


def test_nothing_is_looked_into_and_all_is_printed_at_entry() -> None:
    task = FakeTask(struct.pack("<Q", 128) * 20, BASE)
    entries = {
        ("accept4", (3, BASE, BASE, 0x80000)): "accept4(3, 0x1000, 0x1000, SOCK_CLOEXEC",
        ("getsockopt", (3, 1, 2, BASE, BASE)): "getsockopt(3, SOL_SOCKET, SO_REUSEADDR, 0x1000, 0x1000",
        ("recvmsg", (3, BASE, 0x40)): "recvmsg(3, 0x1000, MSG_DONTWAIT",
        ("recvmmsg", (3, BASE, 2, 0x40, BASE)): "recvmmsg(3, 0x1000, 2, MSG_DONTWAIT, 0x1000",
    }
    blind = Decoder(Options(), Filters(verbose=NO_CALLS))
    for (name, args), entry in entries.items():
        call = Call(by_name()[name], by_name()[name].numbers["x86_64"], "x86_64", (*args, *[0] * 6)[:6])
        blind.enter(call, task)
        assert blind.entering(call) == entry
        assert blind.unfinished(call) == ")"
        assert decode(task, name, *args)[1] != ")"


def test_an_address_that_nobody_filled_in() -> None:
    task = FakeTask(bytes(16) + struct.pack("<I", 128), BASE)
    _, rest, result = decode(task, "accept4", 3, BASE, BASE + 16, 0x80000, ret=-11)
    assert rest == f"{BASE:#x}, [128], SOCK_CLOEXEC)"
    assert result == "-1 EAGAIN (Resource temporarily unavailable)"


def test_an_address_longer_than_its_room_is_cut() -> None:
    task = FakeTask(INET + struct.pack("<I", 4), BASE)
    _, rest, _ = decode(task, "getsockname", 3, BASE, BASE + 16, after=INET + struct.pack("<I", 16))
    assert rest == r'{sa_family=AF_INET, sa_data="\0P"}, [4 => 16])'


def test_the_sender_of_a_message() -> None:
    head = struct.Struct("<Qi4xQQQQi4x")
    before = head.pack(BASE + 56, 128, 0, 0, 0, 0, 0) + bytes(16)
    after = head.pack(BASE + 56, 16, 0, 0, 0, 0, 0) + INET
    _, rest, _ = decode(FakeTask(before, BASE), "recvmsg", 3, BASE, 0, ret=0, after=after)
    assert "msg_namelen=128 => 16" in rest
    _, rest, _ = decode(FakeTask(before, BASE), "recvmsg", 3, BASE, 0, ret=-4)
    assert rest == "{msg_namelen=128}, 0)"


def test_an_offset_that_moved() -> None:
    task = FakeTask(struct.pack("<q", 0), BASE)
    assert decode(task, "sendfile", 4, 5, BASE, 100, ret=60, after=struct.pack("<q", 60)) == (
        "sendfile(4, 5, [0]",
        " => [60], 100)",
        "60",
    )


def test_an_option_that_is_shorter_than_its_room() -> None:
    before = bytes(8) + struct.pack("<I", 8)
    after = struct.pack("<QI", 1, 4)
    _, rest, _ = decode(FakeTask(before, BASE), "getsockopt", 3, 1, 2, BASE, BASE + 8, after=after)
    assert rest == "[1], [8 => 4])"


def test_the_rest_of_an_interrupted_sleep() -> None:
    time = struct.pack("<QQ", 9, 0)
    left = struct.pack("<QQ", 4, 5)
    _, rest, result = decode(
        FakeTask(time * 2, BASE), "nanosleep", BASE, BASE + 16, ret=-516, after=time + left
    )
    assert rest == "{tv_sec=4, tv_nsec=5})"
    assert result == "? ERESTART_RESTARTBLOCK (Interrupted by signal)"
    assert decode(FakeTask(time * 2, BASE), "nanosleep", BASE, BASE + 16)[1] == f"{BASE + 16:#x})"


def test_a_time_limit_shows_as_it_was_given() -> None:
    given, left = struct.pack("<QQ", 9, 0), struct.pack("<QQ", 1, 0)
    memory = bytes(136)
    task = FakeTask(memory + given, BASE)
    _, rest, _ = decode(task, "rt_sigtimedwait", BASE, 0, BASE + 136, 8, ret=-11, after=memory + left)
    assert rest == "NULL, {tv_sec=9, tv_nsec=0}, 8)"


def test_memory_that_is_gone_at_exit() -> None:
    _, rest, _ = decode(FakeTask(bytes(64), BASE), "read", 3, BASE, 64, ret=64, after=b"")
    assert rest == f"{BASE:#x}, 64)"


def test_an_array_that_ends_in_unreadable_memory() -> None:
    vectors = struct.pack("<QQQ", 0, 0, 7)
    entry, _, _ = decode(FakeTask(vectors, BASE), "writev", 1, BASE, 2)
    assert entry == f"writev(1, [{{iov_base=NULL, iov_len=0}}, ... /* {BASE + 16:#x} */], 2"


def test_an_unknown_call_prints_its_registers() -> None:

    decoder, task = Decoder(Options()), FakeTask()
    call = Call(None, 0x59F, "x86_64", (1, 2, 0, 0xFFFF, 5, 6))
    decoder.enter(call, task)
    assert decoder.entering(call) == "syscall_0x59f(0x1, 0x2, 0, 0xffff, 0x5, 0x6"
    call.ret, call.is_error = -38, True
    decoder.leave(call, task)
    assert decoder.exiting(call) == (")", "-1 ENOSYS (Function not implemented)")


def test_a_call_that_goes_on_after_a_signal_names_it() -> None:

    call = Call(by_name()["restart_syscall"], 219, "x86_64", (0,) * 6, resumes="poll")
    decoder = Decoder(Options())
    decoder.enter(call, FakeTask())
    assert decoder.entering(call) == "restart_syscall(<... resuming interrupted poll ...>"
