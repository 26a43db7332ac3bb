"""The seccomp filter: what it answers, run by an interpreter of our own and by the kernel."""

import os
import platform
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracekit.syscalls import calls
from tracekit.syscalls.select import ALL_CALLS, NO_CALLS, CallSet, choose
from tracekit.tracer.kernel import seccomp
from tracekit.tracer.machine import look

ARCHITECTURES = ("x86_64", "i386", "aarch64")
CODES = {"x86_64": 0xC000003E, "i386": 0x40000003, "aarch64": 0xC00000B7}
TRACE, ALLOW = 0x7FF00000, 0x7FFF0000
X32 = 0x40000000
SOCKETCALL, IPC = 102, 117  # asm/unistd_32.h
UNKNOWN = 0x40000028  # AUDIT_ARCH_ARM


def answer(program: bytes, arch: int, number: int, argument: int = 0) -> tuple[int, int]:
    """Run a filter (networking/filter.rst of the kernel); its answer, and in how many steps."""
    code = list(struct.iter_unpack("=HBBI", program))
    data = struct.pack("=iIQ6Q", number, arch, 0, argument, 0, 0, 0, 0, 0)
    at = accumulator = steps = 0
    while True:
        operation, true, false, operand = code[at]
        steps += 1
        at += 1
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, operand)
        elif operation == 0x05:
            at += operand
        elif operation == 0x15:
            at += true if accumulator == operand else false
        elif operation == 0x35:
            at += true if accumulator >= operand else false
        else:
            assert operation == 0x06
            return operand, steps


def stops(wanted: CallSet, arch: str, number: int) -> bool:
    """Whether a call stops; two calls of i386 stand for many, and always do."""
    return wanted.has(arch, number) or (arch == "i386" and number in {SOCKETCALL, IPC})


def sets() -> st.SearchStrategy[CallSet]:
    numbers = {arch: st.frozensets(st.sampled_from(sorted(calls(arch)))) for arch in ARCHITECTURES}
    return st.builds(CallSet, st.fixed_dictionaries(numbers), st.booleans())


@settings(max_examples=20)
@given(sets())
def test_exactly_the_wanted_calls_stop(wanted: CallSet) -> None:
    program = seccomp.program(wanted, ARCHITECTURES)
    assert len(program) // 8 <= seccomp.LIMIT
    for arch in ARCHITECTURES:
        for number in range(max(calls(arch)) + 1):
            expected = TRACE if stops(wanted, arch, number) else ALLOW
            assert answer(program, CODES[arch], number)[0] == expected


@settings(max_examples=50)
@given(sets(), st.integers(0, 2**32 - 1))
def test_what_is_not_known_stops(wanted: CallSet, number: int) -> None:
    program = seccomp.program(wanted, ("x86_64", "i386"))
    assert answer(program, UNKNOWN, number % 2**31)[0] == TRACE
    assert answer(program, CODES["aarch64"], number % 2**31)[0] == TRACE
    assert answer(program, CODES["x86_64"], X32 | number % 1024)[0] == TRACE
    assert answer(program, CODES["x86_64"], max(calls("x86_64")) + 1 + number % 2**29)[0] == TRACE
    assert answer(program, CODES["x86_64"], -1 - number % 2**30)[0] == TRACE


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_installing_a_filter_stops(arch: str) -> None:
    program = seccomp.program(NO_CALLS, ARCHITECTURES)
    numbers = {call.name: number for number, call in calls(arch).items()}
    for name, installing in (("prctl", 22), ("seccomp", 1)):
        for argument in range(64):
            expected = TRACE if argument == installing else ALLOW
            assert answer(program, CODES[arch], numbers[name], argument)[0] == expected
            assert seccomp.installs(name, argument) == (argument == installing)
        assert answer(program, CODES[arch], numbers[name], 0xFFFFFFFF00000000 | installing)[0] == TRACE
        assert seccomp.installs(name, 0xFFFFFFFF00000000 | installing)
    assert not seccomp.installs("read", 1)


def test_programs_are_short_and_fast() -> None:
    alternating = CallSet({arch: frozenset(range(0, 600, 2)) for arch in ARCHITECTURES})
    assert len(seccomp.program(alternating, ARCHITECTURES)) // 8 < seccomp.LIMIT
    files = seccomp.program(choose("%file,%network"), ARCHITECTURES)
    steps = [answer(files, CODES["x86_64"], number)[1] for number in range(335)]
    assert max(steps) <= 13


def test_everything_and_nothing() -> None:
    everything = seccomp.program(ALL_CALLS, ARCHITECTURES)
    assert all(answer(everything, CODES["i386"], number)[0] == TRACE for number in range(500))
    assert len(everything) // 8 < 20


# What the kernel makes of it

CHILD = """
import ctypes, errno, os, sys
from tracekit.syscalls import calls
from tracekit.syscalls.select import choose
from tracekit.tracer.kernel import seccomp

libc = ctypes.CDLL(None, use_errno=True)
numbers = {call.name: number for number, call in calls(sys.argv[2]).items()}
seccomp.install(seccomp.program(choose(sys.argv[1]), (sys.argv[2],)))

def outcome(name, *arguments):
    ctypes.set_errno(0)
    libc.syscall(numbers[name], *arguments)
    return errno.errorcode.get(ctypes.get_errno(), "allowed")

PR_GET_NAME, PR_SET_SECCOMP, FILTER = 16, 22, 2
name = ctypes.create_string_buffer(16)
seen = [outcome("getppid"), outcome("getpgid", 0), outcome("prctl", PR_GET_NAME, name)]
seen.append(outcome("prctl", PR_SET_SECCOMP, FILTER, 0))
if not os.fork():
    seen.append(outcome("getppid"))
    print(*seen, flush=True)
    os._exit(0)
os.wait()
"""
"""Without a tracer a call that is to stop fails with ENOSYS: so a filter shows what it does."""


def outcomes(calls_wanted: str, *prefix: str) -> list[str]:
    if (reason := seccomp.obstacle(look())) is not None:
        pytest.skip(f"no seccomp filter can be used here: {reason}")
    command = [*prefix, sys.executable, "-c", CHILD, calls_wanted, platform.machine()]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.split()


def test_the_kernel_takes_it() -> None:
    assert outcomes("getppid") == ["ENOSYS", "allowed", "allowed", "ENOSYS", "ENOSYS"]
    assert outcomes("getpgid,prctl") == ["allowed", "ENOSYS", "ENOSYS", "ENOSYS", "allowed"]


def test_without_privileges_too() -> None:
    if os.geteuid() == 0:
        drop = ("setpriv", "--reuid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all")
        assert outcomes("getppid", *drop) == ["ENOSYS", "allowed", "allowed", "ENOSYS", "ENOSYS"]
    else:
        assert outcomes("getppid")[0] == "ENOSYS"


# Where no filter is used


def test_set_uid_programs_keep_their_privileges() -> None:
    here = replace(look(Path("/")), no_new_privs=False)
    admin, tracer = 1 << 21, 1 << 19  # linux/capability.h
    assert seccomp.obstacle(replace(here, effective=admin | tracer)) is None
    assert seccomp.obstacle(replace(here, effective=0)) is None
    reason = seccomp.obstacle(replace(here, effective=tracer))
    assert reason is not None
    assert "set-uid" in reason
    assert seccomp.obstacle(replace(here, effective=tracer, no_new_privs=True)) is None


def test_a_kernel_without_such_filters() -> None:
    assert seccomp.obstacle(replace(look(), seccomp_actions=frozenset({"kill_thread", "allow"}))) is not None
