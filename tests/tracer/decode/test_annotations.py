"""What stands between < and > comes from the task, and only where it is asked for."""

import struct

import pytest

from tests.support.decoding import FakeTask, decode
from tracekit.syscalls import by_name
from tracekit.syscalls.table import Effect
from tracekit.tracer.decode import Decoder, Options

BASE = 0x1000
NAMES = {0: "/dev/null", 3: "/etc/passwd", 4: "TCP:[127.0.0.1:80->127.0.0.1:4]", 5: "pipe:[1]", 6: "pipe:[1]"}


def halves(memory: bytes, name: str, *args: int, ret: int = 0, annotate: int = 1) -> tuple[str, str, str]:
    """The pieces of a call of a task with these descriptors."""
    task = FakeTask(memory, BASE, NAMES, "/srv")
    return decode(task, name, *args, ret=ret, options=Options(annotate=annotate))


def test_a_descriptor_says_what_it_is() -> None:
    task = b"abc"
    assert halves(task, "read", 3, BASE, 9, ret=3) == ("read(3</etc/passwd>, ", '"abc", 9)', "3")


def test_a_closed_descriptor_says_nothing() -> None:
    assert halves(b"", "close", 99, ret=-9) == ("close(99", ")", "-1 EBADF (Bad file descriptor)")


def test_a_negative_descriptor_is_not_asked_about() -> None:
    assert halves(b"", "mmap", 0, 4096, 3, 0x22, -1, 0, ret=0x7000)[0].endswith(
        "MAP_PRIVATE|MAP_ANONYMOUS, -1, 0"
    )


def test_without_the_option_nothing_is_asked() -> None:
    assert halves(b"abc", "read", 3, BASE, 9, ret=3, annotate=0)[0] == "read(3, "
    assert halves(b"/\0", "openat", -100, BASE, 0, ret=3, annotate=0) == (
        'openat(AT_FDCWD, "/", O_RDONLY',
        ")",
        "3",
    )


def test_the_working_directory_and_a_new_descriptor() -> None:
    entry, rest, result = halves(b"x\0", "openat", -100, BASE, 0, ret=3)
    assert (entry, rest, result) == ('openat(AT_FDCWD</srv>, "x", O_RDONLY', ")", "3</etc/passwd>")


@pytest.mark.parametrize("name", ["dup", "socket", "epoll_create1", "eventfd2"])
def test_calls_that_return_a_descriptor(name: str) -> None:
    assert halves(b"", name, 0, ret=4)[2] == "4<TCP:[127.0.0.1:80->127.0.0.1:4]>"


def test_a_descriptor_that_strace_returns_as_a_number() -> None:
    """open_by_handle_at's, and bpf's where its attributes cannot be read: RVAL_FD is not said there."""
    assert halves(bytes(16), "open_by_handle_at", 3, BASE, 0, ret=4)[2] == "4"
    assert halves(bytes(16), "bpf", 19, BASE, 16, ret=4)[2] == "4<TCP:[127.0.0.1:80->127.0.0.1:4]>"
    assert halves(bytes(8), "bpf", 19, BASE, 16, ret=4)[2] == "4"
    assert by_name()["open_by_handle_at"].form.effects == (Effect("opens"),)


def test_two_new_descriptors() -> None:
    assert halves((struct.pack("<ii", 5, 6)), "pipe", BASE)[1] == "[5<pipe:[1]>, 6<pipe:[1]>])"


def test_polled_descriptors_are_named_in_the_arguments_alone() -> None:
    task = struct.pack("<ihh", 3, 1, 1)
    entry, rest, result = halves(task, "poll", BASE, 1, 5, ret=1)
    assert entry == "poll([{fd=3</etc/passwd>, events=POLLIN}], 1, 5"
    assert (rest, result) == (")", "1 ([{fd=3, revents=POLLIN}])")


def test_selected_descriptors_are_named_in_the_arguments_alone() -> None:
    task = struct.pack("<Q", 1 << 3)
    entry, _, result = halves(task, "select", 4, BASE, 0, 0, 0, ret=1)
    assert entry == "select(4, [3</etc/passwd>], NULL, NULL, NULL"
    assert result == "1 (in [3])"


def test_descriptors_that_are_passed_on() -> None:
    control = struct.pack("<QIIi4x", 20, 1, 1, 3)
    head = struct.pack("<Qi4xQQQQi4x", 0, 0, 0, 0, BASE + 56, 24, 0)
    entry, _, _ = halves(head + control, "sendmsg", 4, BASE, 0, ret=0)
    assert "cmsg_type=SCM_RIGHTS, cmsg_data=[3</etc/passwd>]}]" in entry


def test_memory_is_not_read_twice_for_one_string() -> None:
    task = FakeTask(b"/etc/passwd\0" + bytes(500), BASE)
    decode(task, "access", BASE, 0)
    assert task.reads == [(BASE, 256)]


def test_a_signal_says_what_its_descriptor_is() -> None:
    """SI_SIGIO with a descriptor that is open, and with one that is none."""
    task = FakeTask(b"", BASE, NAMES, "/srv")
    head = "SIGIO {si_signo=SIGIO, si_code=SI_SIGIO, si_band=65, si_fd="
    for fd, level, text in ((3, 1, "3</etc/passwd>"), (3, 0, "3"), (99, 1, "99"), (-1, 1, "-1")):
        info = struct.pack("<iii4xqi", 29, 0, -5, 65, fd).ljust(128, b"\0")
        assert Decoder(Options(annotate=level)).signal(info, task) == f"{head}{text}}}"
