"""A seccomp filter for a launched program, so that calls nobody asked for run without a stop.

The filter is a classic BPF program (seccomp(2)) that answers RET_TRACE for the
wanted calls, which then stop with PTRACE_EVENT_SECCOMP, and RET_ALLOW for the
rest. What it does not know (another architecture, the x32 bit, a number behind
the last known one) stops as well: the loop decides what that is.

All answers but two follow from the architecture and the number alone, by a
binary search. Since Linux 5.11 the kernel works such answers out when the
filter is installed, and never runs it for a call that it always allows; it
cannot see through the arithmetic of a bitmap.

The two are for calls that install a filter of the program's own, see ``installs``.
"""

import ctypes
import errno
import os
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from tracekit.syscalls import calls
from tracekit.syscalls.select import CallSet

if TYPE_CHECKING:
    from tracekit.tracer.kernel.facts import Machine

LIMIT: Final = 4096
"""BPF_MAXINSNS, linux/bpf_common.h: no program is longer."""

# linux/bpf_common.h: class, size or operation, and mode of an instruction.
_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_JUMP: Final = 0x05  # BPF_JMP | BPF_JA
_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_AT_LEAST: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_RETURN: Final = 0x06  # BPF_RET | BPF_K
_FARTHEST: Final = 255
"""A conditional jump counts the instructions that it skips in one byte."""

# struct seccomp_data, linux/seccomp.h: where the filter finds its facts.
_NUMBER: Final = 0
_ARCH: Final = 4
_ARGUMENT: Final = 16  # the low half of the first one: every architecture here is little-endian

# linux/seccomp.h
_TRACE: Final = 0x7FF00000
_ALLOW: Final = 0x7FFF0000

AUDIT: Final[Mapping[str, int]] = {"x86_64": 0xC000003E, "i386": 0x40000003, "aarch64": 0xC00000B7}
"""AUDIT_ARCH_*, linux/audit.h."""

RUNS: Final[Mapping[str, tuple[str, ...]]] = {"x86_64": ("x86_64", "i386"), "aarch64": ("aarch64",)}
"""Whose programs a machine runs, its own first. Of 32-bit ARM nothing is known: it stops at every call."""

# linux/prctl.h and linux/seccomp.h
_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_SECCOMP_MODE_FILTER: Final = 2
_SECCOMP_SET_MODE_FILTER: Final = 1
_INSTALLING: Final[Mapping[str, int]] = {"prctl": _PR_SET_SECCOMP, "seccomp": _SECCOMP_SET_MODE_FILTER}
"""The calls that install a filter, when this is their first argument."""

# linux/capability.h
_CAP_SYS_PTRACE: Final = 19
_CAP_SYS_ADMIN: Final = 21

_MANY: Final = frozenset({"socketcall", "ipc"})
"""Calls of i386 that stand for others: what they are is seen when they have stopped."""

_Code = list[tuple[int, int, int, int]]
"""Instructions: code, how many to skip if true, how many if false, operand."""
_INSTRUCTION: Final = struct.Struct("=HBBI")  # struct sock_filter, linux/filter.h


class _Program(ctypes.Structure):
    """struct sock_fprog, linux/filter.h."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


_prctl = ctypes.CDLL(None, use_errno=True).prctl
_prctl.argtypes = (ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong)


def obstacle(machine: "Machine") -> str | None:
    """Return why no filter can be used here, None when one can.

    Without CAP_SYS_ADMIN the kernel takes a filter only from a task that gives
    up gaining privileges for good (no_new_privs, prctl(2)). A program under a
    tracer without CAP_SYS_PTRACE cannot gain any as it is (execve(2)), so
    nothing is lost; with CAP_SYS_PTRACE set-uid programs would lose theirs.
    """
    if machine.seccomp_actions is not None and "trace" not in machine.seccomp_actions:
        return "this kernel's seccomp filters cannot stop a program for its tracer"
    ctypes.set_errno(0)
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, None, 0, 0)
    if ctypes.get_errno() != errno.EFAULT:
        return "seccomp filters are not to be had here"
    if machine.has(_CAP_SYS_ADMIN) or machine.no_new_privs or not machine.has(_CAP_SYS_PTRACE):
        return None
    return "without CAP_SYS_ADMIN a filter would take set-uid programs their privileges"


def program(wanted: CallSet, architectures: tuple[str, ...]) -> bytes:
    """Return the BPF program that stops the wanted calls.

    Args:
        wanted: the calls to stop.
        architectures: those whose calls are told apart, the most frequent first; others stop always.
    """
    code: _Code = [(_RETURN, 0, 0, _TRACE)]
    for arch in reversed(architectures):
        code = _branch(_EQUAL, AUDIT[arch], _section(wanted, arch), code)
    code = [(_LOAD, 0, 0, _ARCH), *code]
    return b"".join(_INSTRUCTION.pack(*instruction) for instruction in code)


def install(program: bytes) -> None:
    """Put the calling task, and what it will create, under a filter. There is no way back.

    A call that is to stop fails with ENOSYS when there is no tracer that asked
    for PTRACE_O_TRACESECCOMP.

    Raises:
        OSError: the kernel refuses.
    """
    ctypes.set_errno(0)
    block = _Program(len(program) // _INSTRUCTION.size, program)
    if _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(block), 0, 0) == 0:
        return
    if ctypes.get_errno() == errno.EACCES and _prctl(_PR_SET_NO_NEW_PRIVS, 1, None, 0, 0) == 0:
        ctypes.set_errno(0)
        if _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(block), 0, 0) == 0:
            return
    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def installs(name: str, argument: int) -> bool:
    """Say whether a call with that first argument adds a filter of the program's own.

    The strictest answer of all filters counts (seccomp(2)), so that one may
    refuse a call before ours is heard. From then on the task, and what it
    creates, has to be stopped at every call.
    """
    return _INSTALLING.get(name) == argument & 0xFFFFFFFF


def _section(wanted: CallSet, arch: str) -> _Code:
    """Return the code for one architecture's calls: a piece for each range of numbers with one answer."""
    known = calls(arch)
    end = max(known) + 1
    listed = [
        _answer(known[number].name if number in known else "", wanted.has(arch, number))
        for number in range(end)
    ]
    pieces = [(at, listed[at]) for at in range(end) if not at or listed[at] != listed[at - 1]]
    return [(_LOAD, 0, 0, _NUMBER), *_search([*pieces, (end, _answer("", wanted=True))])]


def _answer(name: str, wanted: bool) -> _Code:
    """Return the code that answers for a call."""
    allow: _Code = [(_RETURN, 0, 0, _ALLOW)]
    trace: _Code = [(_RETURN, 0, 0, _TRACE)]
    wanted = wanted or name in _MANY
    if not wanted and name in _INSTALLING:
        return [(_LOAD, 0, 0, _ARGUMENT), *_branch(_EQUAL, _INSTALLING[name], trace, allow)]
    return trace if wanted else allow


def _search(pieces: list[tuple[int, _Code]]) -> _Code:
    """Return a binary search over pieces: the number that each begins at, and its code."""
    if len(pieces) == 1:
        return pieces[0][1]
    middle = len(pieces) // 2
    return _branch(_AT_LEAST, pieces[middle][0], _search(pieces[middle:]), _search(pieces[:middle]))


def _branch(comparison: int, operand: int, then: _Code, otherwise: _Code) -> _Code:
    """Return the code for ``then`` where the comparison holds, else ``otherwise``; both end by returning."""
    if len(otherwise) <= _FARTHEST:
        return [(comparison, len(otherwise), 0, operand), *otherwise, *then]
    return [(comparison, 0, 1, operand), (_JUMP, 0, 0, len(otherwise)), *otherwise, *then]
