"""Named values against those that Python was built with, from the same headers."""

import errno
import fcntl
import json
import mmap
import os
import resource
import select
import signal
import socket
import stat
import types
from pathlib import Path

import pytest

from tracekit.syscalls import ConstantSet, constant_sets, constants, errno_name, errno_text
from tracekit.tracer.decode.returns import error_text

MODULES: list[tuple[str, types.ModuleType]] = [
    ("creation_flags", os),
    ("access_modes", os),
    ("access_mode", os),
    ("whence", os),
    ("wait_options", os),
    ("scheduler", os),
    ("splice_flags", os),
    ("getrandom_flags", os),
    ("prot", mmap),
    ("map_type", mmap),
    ("map_flags", mmap),
    ("madvise_advice", mmap),
    ("resource", resource),
    ("rusage_who", resource),
    ("epoll_mask", select),
    ("poll_mask", select),
    ("fcntl_cmd", fcntl),
    ("flock_op", fcntl),
    ("lock_type", fcntl),
    ("signal", signal),
    ("address_family", socket),
    ("socket_kind", socket),
    ("msg_flags", socket),
    ("socket_level", socket),
    ("shutdown_how", socket),
    ("sockopt_0", socket),
    ("sockopt_1", socket),
    ("sockopt_6", socket),
    ("sockopt_41", socket),
    ("file_type", stat),
]
#: Python's own numbers, which are not the kernel's, and names that changed their meaning.
NOT_THE_SAME = {
    "O_LARGEFILE",
    "SIGRTMIN",
    "O_ACCMODE",
    "SO_BINDTODEVICE",
    "F_GETLK64",
    "F_SETLK64",
    "F_SETLKW64",
}


@pytest.mark.parametrize(("name", "module"), MODULES)
def test_values_are_pythons(name: str, module: types.ModuleType) -> None:
    shared = {key: value for key, value in constants(name).values.items() if hasattr(module, key)}
    wrong = {
        key: (value, getattr(module, key))
        for key, value in shared.items()
        if key not in NOT_THE_SAME and int(getattr(module, key)) != value
    }
    assert shared
    assert not wrong


def test_every_set_names_its_header() -> None:
    assert all(
        one.headers.startswith("<") and one.headers.endswith(".h>") for one in constant_sets().values()
    )


@pytest.mark.parametrize("one", constant_sets().values(), ids=lambda one: one.name)
def test_flags_are_bits(one: ConstantSet) -> None:
    assert one.values
    if one.style == "flags":
        assert all(value >= 0 for value in one.values.values())


def test_errors_read_as_strace_has_them() -> None:
    fixture = Path(__file__).parents[2] / "fixtures" / "decode" / "errors.json"
    expected = json.loads(fixture.read_text())
    assert {code: error_text(int(code)) for code in expected} == expected


def test_error_names_and_texts() -> None:
    assert errno_name(errno.ENOENT) == "ENOENT"
    assert errno_text(errno.ENOENT) == os.strerror(errno.ENOENT)
    assert errno_name(512) == "ERESTARTSYS"
    assert errno_name(9999) is None
