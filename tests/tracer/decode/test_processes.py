"""Descriptors of other processes; arguments that hang on others; signals for whoever looks at them."""

import struct
from typing import Final

import pytest

from tests.support.decoding import FakeTask, decode
from tracekit.tracer.decode import Options

PATHS: Final = Options(annotate=1)


@pytest.mark.parametrize(
    ("first", "text"),
    [
        (FakeTask.tid, "kcmp(77, 5, KCMP_FILE, 3</dev/null>, 3)"),
        (5, "kcmp(5, 5, KCMP_FILE, 3, 3)"),
    ],
)
def test_a_descriptor_is_described_in_its_own_process(first: int, text: str) -> None:
    task = FakeTask(names={3: "/dev/null"})
    assert "".join(decode(task, "kcmp", first, 5, 0, 3, 3, options=PATHS)[:2]) == text


def test_a_descriptor_behind_a_pidfd_is_that_of_its_process() -> None:
    task = FakeTask(names={3: "anon_inode:[pidfd]", 4: "/dev/full"})
    entry, rest, _ = decode(task, "pidfd_getfd", 3, 4, 0, options=PATHS)
    assert entry + rest == "pidfd_getfd(3<anon_inode:[pidfd]>, 4</dev/full>, 0)"


def test_nothing_is_described_when_nobody_asks() -> None:
    task = FakeTask(names={3: "/dev/null"})
    assert "".join(decode(task, "kcmp", 77, 77, 0, 3, 3)[:2]) == "kcmp(77, 77, KCMP_FILE, 3, 3)"


@pytest.mark.parametrize(
    ("second", "text"),
    [
        (1, "prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0)"),
        (0, "prctl(PR_MCE_KILL, PR_MCE_KILL_CLEAR, 0x1, 0, 0)"),
    ],
)
def test_one_argument_says_of_what_kind_another_is(second: int, text: str) -> None:
    assert "".join(decode(FakeTask(), "prctl", 33, second, 1, 0, 0)[:2]) == text


def test_the_descriptor_of_a_signal_is_described() -> None:
    info = struct.pack("<iiiiqi", 29, 0, 1, 0, 65, 3).ljust(128, b"\0")
    task = FakeTask(info, names={3: "/dev/null"})
    entry, _, _ = decode(task, "rt_sigqueueinfo", 1, 29, task.base, options=PATHS)
    assert "si_band=65, si_fd=3</dev/null>}" in entry


@pytest.mark.parametrize(
    ("arch", "number", "text"),
    [
        (0xC000003E, 39, "si_syscall=__NR_getpid"),
        (0x40000003, 224, "si_syscall=224 /* gettid */"),
        (0xC000003E, 0x40000000 | 186, "si_syscall=1073742010 /* gettid */"),
        (0xC000003E, 999, "si_syscall=999,"),
    ],
)
def test_a_call_of_another_architecture_keeps_its_number(arch: int, number: int, text: str) -> None:
    info = struct.pack("<iiiiQiI", 31, 0, 1, 0, 0, number, arch).ljust(128, b"\0")
    task = FakeTask(info)
    assert text in decode(task, "rt_sigqueueinfo", 1, 31, task.base)[0]
