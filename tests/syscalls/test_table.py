"""The table of calls against tables that others keep, and the form in which it is written."""

from collections import Counter
from dataclasses import replace

import pytest
from ptrace.syscall.linux import aarch64, x86_64

from tracekit.errors import UsageError
from tracekit.syscalls import ARCHITECTURES, Argument, Effect, by_name, calls
from tracekit.syscalls.table import read_form

#: python-ptrace's names of calls that changed theirs, or that it spells in its own way.
OTHER_NAMES = {"timerfd": "timerfd_create"}
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


def test_x86_64_has_no_gap() -> None:
    assert set(range(335)) | set(range(424, 470)) <= set(calls("x86_64"))


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_a_number_stands_for_one_call(arch: str) -> None:
    counts = Counter(call.numbers[arch] for call in by_name().values() if arch in call.numbers)
    assert max(counts.values()) == 1


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
    stack, tid, size, time = read_form("child_stack=address@1 +parent_tid=tid@2 ~size@3 ^*timespec").arguments
    assert stack == Argument("address", 1, label="child_stack")
    assert tid == Argument("tid", 2, at_exit=True, joins_late=True, label="parent_tid")
    assert size == Argument("size", 3, at_exit=True, glued=True)
    assert time == Argument("*timespec", 3, at_exit=True, early=True)


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
    assert not silent


def test_rows_cannot_be_changed() -> None:
    read = by_name()["read"]
    with pytest.raises(AttributeError):
        read.name = "write"  # type: ignore[misc]
    assert replace(read, name="write").name == "write"
