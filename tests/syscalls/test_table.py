"""The table of calls against tables that others keep, and the form in which it is written."""

import re
import subprocess
from collections import Counter
from dataclasses import replace

import pytest
from ptrace.syscall.linux import aarch64, x86_64

from tests.support.requirements import need
from tracekit.errors import UsageError
from tracekit.syscalls import ARCHITECTURES, Argument, Effect, by_name, calls
from tracekit.syscalls.table import read_form, rows

#: python-ptrace's names of calls that changed theirs, or that it spells in its own way.
OTHER_NAMES = {"timerfd": "timerfd_create"}
FIRST_PART = 500  # from here on i386 has parts of socketcall and ipc
X32 = 512  # from here on python-ptrace has the numbers of the x32 interface


def test_numbers_of_x86_64_are_those_of_python_ptrace() -> None:
    ours = {number: call.name for number, call in calls("x86_64").items()}
    theirs = {
        number: OTHER_NAMES.get(name, name) for number, name in x86_64.SYSCALL_NAMES.items() if number < X32
    }
    wrong = {number: (name, ours.get(number)) for number, name in theirs.items() if ours.get(number) != name}
    assert not wrong


def test_numbers_of_aarch64_are_those_of_python_ptrace() -> None:
    ours = calls("aarch64")
    both = {number: name for number, name in aarch64.SYSCALL_NAMES.items() if name in by_name()}
    wrong = {number: name for number, name in both.items() if number not in ours or ours[number].name != name}
    assert len(both) > 250
    assert not wrong


#: Headers with the numbers of the kernel that they came with, which may be older than ours.
HEADERS = {"x86_64": "asm/unistd_64.h", "i386": "asm/unistd_32.h", "aarch64": "asm-generic/unistd.h"}
#: What <asm/unistd.h> of aarch64 asks the generic header for.
WANTS = ("RENAMEAT", "NEW_STAT", "SET_GET_RLIMIT", "SYS_CLONE3", "MEMFD_SECRET")
NO_CALLS = {"arch_specific_syscall", "syscalls"}


@pytest.mark.parametrize("arch", HEADERS)
def test_numbers_are_those_of_the_kernels_headers(arch: str) -> None:
    lines = [*(f"#define __ARCH_WANT_{one}" for one in WANTS), "#define __BITS_PER_LONG 64"]
    source = "\n".join([*lines, f"#include <{HEADERS[arch]}>", ""])
    command = [need("cc"), "-E", "-dM", "-"]
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no <{HEADERS[arch]}> here (Debian: apt-get install linux-libc-dev)")
    defined: dict[str, str] = dict(re.findall(r"#define (__NR\w+) (\w+)", done.stdout))
    theirs = {
        name.removeprefix("__NR_"): int(defined.get(value, value))
        for name, value in defined.items()
        if name.startswith("__NR_") and name.removeprefix("__NR_") not in NO_CALLS
    }
    ours = {call.name: number for number, call in calls(arch).items() if number < FIRST_PART}
    wrong = {name: (number, ours.get(name)) for name, number in theirs.items() if ours.get(name) != number}
    assert len(theirs) > 300
    assert not wrong


def test_parts_of_calls_have_numbers_that_the_kernel_does_not() -> None:
    beyond = {number: call.name for number, call in calls("i386").items() if number >= FIRST_PART}
    parts_of_socketcall = {505: "accept", 509: "send", 510: "recv"}
    parts_of_ipc = {522: "semop", 524: "semctl", 525: "semtimedop", 533: "msgrcv", 542: "shmat"}
    assert beyond == parts_of_socketcall | parts_of_ipc


def test_a_call_that_is_another_one_elsewhere_has_a_row_for_each() -> None:
    wide, narrow = calls("x86_64")[0x11], calls("i386")[180]
    assert (wide.name, narrow.name) == ("pread64", "pread64")
    assert by_name()["pread64"] is wide
    assert [one.kind for one in wide.form.arguments] == ["fd", "bytes", "ulong", "long"]
    assert narrow.form.arguments[3] == Argument("wide", 3, ("4",), at_exit=True)


def test_the_commands_of_two_headings_add_up() -> None:
    plain, wide = by_name()["fcntl"].commands, by_name()["fcntl64"].commands
    assert plain is not None
    assert wide is not None
    assert plain.forms.items() < wide.forms.items()
    assert wide.forms.keys() - plain.forms.keys() == {12, 13, 14}  # F_GETLK64, F_SETLK64, F_SETLKW64


def test_x86_64_has_no_gap() -> None:
    assert set(range(335)) | set(range(424, 470)) <= set(calls("x86_64"))


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_a_number_stands_for_one_call(arch: str) -> None:
    numbers = Counter(call.numbers[arch] for call in rows() if arch in call.numbers)
    assert max(numbers.values()) == 1


def test_calls_of_an_unknown_architecture_are_refused() -> None:
    with pytest.raises(UsageError, match="sparc"):
        calls("sparc")


def test_an_argument_says_where_and_when_it_is_printed() -> None:
    form = read_form("fd >bytes(ret) ulong -> fd ; opens closes(0)")
    assert form.arguments == (
        Argument("fd", 0),
        Argument("bytes", 1, ("ret",), at_exit=True),
        Argument("ulong", 2, at_exit=True),
    )
    assert form.returns == "fd"
    assert form.effects == (Effect("opens"), Effect("closes", (0,)))


def test_marks_labels_and_registers_are_read() -> None:
    text = "child_stack=address@1 +parent_tid=tid@2 ~size@3 ^*timespec ?length"
    stack, tid, size, time, length = read_form(text).arguments
    assert stack == Argument("address", 1, label="child_stack")
    assert tid == Argument("tid", 2, at_exit=True, joins_late=True, label="parent_tid")
    assert size == Argument("size", 3, at_exit=True, glued=True)
    assert time == Argument("*timespec", 3, at_exit=True, early=True)
    assert length == Argument("length", 4, at_exit=True, if_asked=True)


@pytest.mark.parametrize("text", ["fd )", "fd@9x", "fd ; opens(", "label=", "bytes(2"])
def test_a_row_that_is_none_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"no (argument|effect)"):
        read_form(text)


@pytest.mark.parametrize(
    ("name", "effects"),
    [
        ("openat", {"opens"}),
        ("accept4", {"opens", "accepts"}),
        ("close", {"closes"}),
        ("close_range", {"closes_range"}),
        ("dup2", {"dups", "closes"}),
        ("pipe2", {"pair"}),
        ("socketpair", {"pair"}),
        ("clone3", {"forks"}),
        ("vfork", {"forks"}),
        ("execve", {"execs"}),
        ("exit_group", {"exits"}),
        ("read", set()),
    ],
)
def test_effects_on_descriptors_and_tasks(name: str, effects: set[str]) -> None:
    assert {effect.verb for effect in by_name()[name].form.effects} == effects


def test_only_a_command_that_duplicates_a_descriptor_opens_one() -> None:
    fcntl = by_name()["fcntl"].commands
    assert fcntl is not None
    duplicating = {command for command, form in fcntl.forms.items() if form.returns == "fd"}
    assert duplicating == {0, 1030}  # F_DUPFD, F_DUPFD_CLOEXEC


def test_every_call_with_a_descriptor_as_return_value_says_where_it_comes_from() -> None:
    sources = {"opens", "dups"}
    silent = [
        call.name
        for call in by_name().values()
        if call.form.returns == "fd" and not sources & {effect.verb for effect in call.form.effects}
    ]
    assert silent == ["mount_setattr"]  # its 0 is none: strace only describes it as one


def test_rows_cannot_be_changed() -> None:
    read = by_name()["read"]
    with pytest.raises(AttributeError):
        read.name = "write"  # type: ignore[misc]
    assert replace(read, name="write").name == "write"
