"""The ptrace requests that the stop loop needs, over python-ptrace's binding.

python-ptrace brings the call itself, its errors and the older constants; the
requests of PTRACE_SEIZE (Linux 3.4) and PTRACE_GET_SYSCALL_INFO (Linux 5.3)
are added here. This is the only module that imports python-ptrace.

A task can die at any moment, between a stop and the next request too (SIGKILL
leaves no stop behind). The kernel then answers ESRCH, and its end is reported
by wait4; so requests on stopped tasks tell "gone" by their return value and
leave the rest to the loop.
"""

import errno
import os
import struct
import sys
from ctypes import (
    Array,
    addressof,
    c_char,
    c_long,
    c_ulong,
    c_void_p,
    create_string_buffer,
    get_errno,
    set_errno,
)

from ptrace import PtraceError
from ptrace.binding import func
from ptrace.ctypes_libc import libc

# func.ptrace makes objects and texts of each answer, which costs more than the request itself. The function
# below it is called directly, and without argtypes, which halves the time again: numbers are passed as int,
# extended by their sign, and addresses as c_void_p.
_ptrace = libc["ptrace"]
_peek = libc["ptrace"]
_peek.restype = c_long

# linux/ptrace.h
_SEIZE = 0x4206
_INTERRUPT = 0x4207
_LISTEN = 0x4208
_GET_SYSCALL_INFO = 0x420E
_GETREGSET = 0x4204
_SETREGSET = 0x4205
_SYSCALL = func.PTRACE_SYSCALL

EVENT_FORK = func.PTRACE_EVENT_FORK
EVENT_VFORK = func.PTRACE_EVENT_VFORK
EVENT_CLONE = func.PTRACE_EVENT_CLONE
EVENT_EXEC = func.PTRACE_EVENT_EXEC
EVENT_EXIT = func.PTRACE_EVENT_EXIT
EVENT_SECCOMP = 7
EVENT_STOP = 128

_OPTIONS = func.PTRACE_O_TRACESYSGOOD | func.PTRACE_O_TRACEEXEC | func.PTRACE_O_TRACEEXIT
_OPTION_SECCOMP = 0x80  # PTRACE_O_TRACESECCOMP
_OPTIONS_FOLLOW = _OPTIONS | func.PTRACE_O_TRACECLONE | func.PTRACE_O_TRACEFORK | func.PTRACE_O_TRACEVFORK

WAIT_ALL = func.THREAD_TRACE_FLAGS
"""__WALL of wait(2): wait for threads as well as processes."""

SIGINFO_SIZE = 128
"""sizeof(siginfo_t), asm-generic/siginfo.h."""

# struct ptrace_syscall_info, linux/ptrace.h: op, three bytes of padding, arch, instruction pointer, stack
# pointer; then the number and six arguments, or the return value and a byte that tells an error.
_INFO = struct.Struct("=B3xIQQq6Q")
_unpack_info = _INFO.unpack_from
_INFO_SIZE = 88
ENTRY, EXIT, SECCOMP = 1, 2, 3
"""What a syscall stop is: the ``op`` of a SyscallInfo."""

ARCHITECTURES = {0xC000003E: "x86_64", 0xC00000B7: "aarch64", 0x40000003: "i386"}
"""AUDIT_ARCH_* (linux/audit.h): how the kernel tells an architecture."""

_AUDIT_X86_64, _AUDIT_I386 = 0xC000003E, 0x40000003
_REGISTERS = tuple(
    "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax"  # noqa: SIM905 - as in the header
    " rip cs eflags rsp ss fs_base gs_base ds es fs gs".split()
)
"""struct user_regs_struct, sys/user.h."""
_ARGUMENTS = ("rdi", "rsi", "rdx", "r10", "r8", "r9")
_ARGUMENTS32 = ("rbx", "rcx", "rdx", "rsi", "rdi", "rbp")
_USER32_CS = 0x23  # asm/segment.h
_MAX_ERRNO = 4095  # linux/err.h

SyscallInfo = tuple[int, int, int, int, int, int, int, int, int, int, int]
"""op, architecture, instruction pointer, stack pointer, then number and six arguments; at an exit the
return value, and in the next field's low byte whether it is an error. Op is 0 outside of syscall stops."""

_info = create_string_buffer(_INFO_SIZE)
_info_at = c_void_p(addressof(_info))
_siginfo = create_string_buffer(SIGINFO_SIZE)
_siginfo_at = c_void_p(addressof(_siginfo))
_registers = (c_ulong * len(_REGISTERS))()
_registers_at = c_void_p(addressof(_registers))
_message = c_ulong()
_message_at = c_void_p(addressof(_message))


def seize(tid: int, follow: bool, *, filtered: bool = False) -> None:
    """Attach to a task without stopping it; ``follow`` what it creates, too.

    A ``filtered`` one has a seccomp filter, or gets one, that sends calls to us.

    Raises:
        OSError: EPERM (no permission, or traced already) or ESRCH (no such task).
    """
    options = _OPTIONS_FOLLOW if follow else _OPTIONS
    _attach(tid, options | _OPTION_SECCOMP if filtered else options)


def watch(tid: int) -> None:
    """Attach to a task for its end alone: an EVENT_EXIT comes before it, and its signals.

    Raises:
        OSError: as ``seize``.
    """
    _attach(tid, func.PTRACE_O_TRACEEXIT)


def _attach(tid: int, options: int) -> None:
    if _ptrace(_SEIZE, tid, 0, options) < 0:
        raise OSError(get_errno(), os.strerror(get_errno()))


def interrupt(tid: int) -> bool:
    """Ask a running or listening task to stop; an EVENT_STOP follows."""
    return _request(_INTERRUPT, tid)


def resume(tid: int, signal: int = 0) -> bool:
    """Let a stopped task go on to its next syscall stop, delivering a signal to it."""
    return _ptrace(_SYSCALL, tid, 0, signal) >= 0 or _failed(_SYSCALL, tid)


def proceed(tid: int, signal: int = 0) -> bool:
    """Let a stopped task go on, past the stops of calls that no filter sends to us."""
    return _request(func.PTRACE_CONT, tid, 0, signal)


def listen(tid: int) -> bool:
    """Leave a task in its group-stop, but report what happens to it."""
    return _request(_LISTEN, tid)


def detach(tid: int, signal: int = 0) -> bool:
    """Let go of a stopped task, delivering a signal to it."""
    return _request(func.PTRACE_DETACH, tid, 0, signal)


def event_message(tid: int) -> int | None:
    """Return what an event stop tells: the new task's tid, or at an exec the former tid."""
    return _message.value if _request(func.PTRACE_GETEVENTMSG, tid, 0, _message_at) else None


def signal_info(tid: int) -> bytes | None:
    """Return the siginfo_t of a signal-delivery-stop, raw."""
    return _siginfo.raw if _request(func.PTRACE_GETSIGINFO, tid, 0, _siginfo_at) else None


def syscall_info(tid: int) -> SyscallInfo | None:
    """Return what the syscall stop of a task is about."""
    if _ptrace(_GET_SYSCALL_INFO, tid, _INFO_SIZE, _info_at) < 0:
        if get_errno() == errno.EIO and os.uname().machine == "x86_64":
            return _info_of_registers(tid)
        _failed(_GET_SYSCALL_INFO, tid)
        return None
    return _unpack_info(_info)


def ask_syscall_info(tid: int) -> None:
    """Try whether the kernel itself tells it.

    Raises:
        PtraceError: it does not.
    """
    _request(_GET_SYSCALL_INFO, tid, _INFO_SIZE, _info_at)


def _info_of_registers(tid: int) -> SyscallInfo | None:
    """Return the same where that request is refused: struct user_regs_struct (sys/user.h) tells it, too."""
    stop = event_message(tid)
    if stop is None or not _request(func.PTRACE_GETREGS, tid, 0, _registers_at):
        return None
    at = dict(zip(_REGISTERS, _registers, strict=True))
    narrow = at["cs"] == _USER32_CS
    arch = _AUDIT_I386 if narrow else _AUDIT_X86_64
    result = c_long(at["rax"]).value
    if stop == EXIT:  # PTRACE_EVENTMSG_SYSCALL_EXIT, linux/ptrace.h
        return EXIT, arch, at["rip"], at["rsp"], result, int(-_MAX_ERRNO <= result < 0), 0, 0, 0, 0, 0
    one, two, three, four, five, six = (at[name] for name in (_ARGUMENTS32 if narrow else _ARGUMENTS))
    number = c_long(at["orig_rax"]).value
    return ENTRY, arch, at["rip"], at["rsp"], number, one, two, three, four, five, six


def peek(tid: int, address: int) -> bytes | None:
    """Return a word of a stopped task's memory, None where it cannot be read."""
    set_errno(0)
    word = _peek(func.PTRACE_PEEKDATA, tid, c_void_p(address), None)
    return None if word == -1 and get_errno() else word.to_bytes(8, sys.byteorder, signed=True)


def write_user(tid: int, offset: int, value: int) -> bool:
    """Set a word of a stopped task's ``struct user`` (sys/user.h); x86 alone has one."""
    return _request(func.PTRACE_POKEUSER, tid, offset, c_ulong(value & (1 << 64) - 1))


def read_registers(tid: int, kind: int, size: int) -> bytes | None:
    """Return a set of a stopped task's registers (NT_*, linux/elf.h)."""
    block = create_string_buffer(size)
    vector = _vector(block)
    return block.raw if _request(_GETREGSET, tid, kind, c_void_p(addressof(vector))) else None


def write_registers(tid: int, kind: int, data: bytes) -> bool:
    """Set registers of a stopped task, as ``read_registers`` returns them."""
    block = create_string_buffer(data, len(data))
    vector = _vector(block)
    return _request(_SETREGSET, tid, kind, c_void_p(addressof(vector)))


def _vector(block: Array[c_char]) -> Array[c_ulong]:
    """Return a struct iovec (sys/uio.h) about a block, which has to outlive it."""
    return (c_ulong * 2)(addressof(block), len(block))


def _request(request: int, tid: int, address: int = 0, data: int | c_void_p | c_ulong = 0) -> bool:
    """Make a request on a stopped task; False when the task is no more.

    Raises:
        PtraceError: anything else, which is a defect of ours.
    """
    return _ptrace(request, tid, address, data) >= 0 or _failed(request, tid)


def _failed(request: int, tid: int) -> bool:
    """Return False for a request that failed since the task is no more.

    Raises:
        PtraceError: it failed for anything else, which is a defect of ours.
    """
    number = get_errno()
    if number != errno.ESRCH:
        raise PtraceError(f"ptrace request {request:#x}", errno=number, pid=tid)
    return False
