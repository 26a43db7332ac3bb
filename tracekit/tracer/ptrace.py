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
import struct
from ctypes import addressof, c_ulong, create_string_buffer
from dataclasses import dataclass

from ptrace import PtraceError
from ptrace.binding import func

# linux/ptrace.h
_SEIZE = 0x4206
_INTERRUPT = 0x4207
_LISTEN = 0x4208
_GET_SYSCALL_INFO = 0x420E

EVENT_FORK = func.PTRACE_EVENT_FORK
EVENT_VFORK = func.PTRACE_EVENT_VFORK
EVENT_CLONE = func.PTRACE_EVENT_CLONE
EVENT_EXEC = func.PTRACE_EVENT_EXEC
EVENT_EXIT = func.PTRACE_EVENT_EXIT
EVENT_STOP = 128

_OPTIONS = func.PTRACE_O_TRACESYSGOOD | func.PTRACE_O_TRACEEXEC | func.PTRACE_O_TRACEEXIT
_OPTIONS_FOLLOW = _OPTIONS | func.PTRACE_O_TRACECLONE | func.PTRACE_O_TRACEFORK | func.PTRACE_O_TRACEVFORK

WAIT_ALL = func.THREAD_TRACE_FLAGS
"""__WALL of wait(2): wait for threads as well as processes."""

SIGINFO_SIZE = 128
"""sizeof(siginfo_t), asm-generic/siginfo.h."""

# struct ptrace_syscall_info, linux/ptrace.h: op, three bytes of padding, arch,
# instruction pointer, stack pointer, then a union by op.
_INFO_HEAD = struct.Struct("=B3xIQQ")
_INFO_ENTRY = struct.Struct("=Q6Q")
_INFO_EXIT = struct.Struct("=qB")
_INFO_OPS = {1: "entry", 2: "exit", 3: "entry"}

# AUDIT_ARCH_*, linux/audit.h
_ARCHES = {0xC000003E: "x86_64", 0xC00000B7: "aarch64", 0x40000003: "i386"}


@dataclass(slots=True)
class SyscallInfo:
    """What the kernel says of a syscall stop (PTRACE_GET_SYSCALL_INFO in ptrace(2))."""

    op: str
    """``entry``, ``exit``, or ``none`` when the task is not in a syscall stop."""
    arch: str
    number: int = -1
    args: tuple[int, ...] = ()
    stack: int = 0
    """The stack pointer."""
    ret: int = 0
    is_error: bool = False


_info = create_string_buffer(88)
_siginfo = create_string_buffer(SIGINFO_SIZE)
_message = c_ulong()


def seize(tid: int, follow: bool) -> None:
    """Attach to a task without stopping it; ``follow`` what it creates, too.

    Raises:
        OSError: EPERM (no permission, or traced already) or ESRCH (no such task).
    """
    try:
        func.ptrace(_SEIZE, tid, 0, _OPTIONS_FOLLOW if follow else _OPTIONS)
    except PtraceError as error:
        raise OSError(error.errno, str(error)) from error


def interrupt(tid: int) -> bool:
    """Ask a running or listening task to stop; an EVENT_STOP follows."""
    return _request(_INTERRUPT, tid)


def resume(tid: int, signal: int = 0) -> bool:
    """Let a stopped task go on to its next syscall stop, delivering a signal to it."""
    return _request(func.PTRACE_SYSCALL, tid, signal)


def listen(tid: int) -> bool:
    """Leave a task in its group-stop, but report what happens to it."""
    return _request(_LISTEN, tid)


def detach(tid: int, signal: int = 0) -> bool:
    """Let go of a stopped task, delivering a signal to it."""
    return _request(func.PTRACE_DETACH, tid, signal)


def event_message(tid: int) -> int | None:
    """Return what an event stop tells: the new task's tid, or at an exec the former tid."""
    return _message.value if _request(func.PTRACE_GETEVENTMSG, tid, addressof(_message)) else None


def signal_info(tid: int) -> bytes | None:
    """Return the siginfo_t of a signal-delivery-stop, raw."""
    return _siginfo.raw if _request(func.PTRACE_GETSIGINFO, tid, addressof(_siginfo)) else None


def syscall_info(tid: int) -> SyscallInfo | None:
    """Return what the syscall stop of a task is about."""
    try:
        func.ptrace(_GET_SYSCALL_INFO, tid, len(_info), addressof(_info))
    except PtraceError as error:
        _pass_over_gone(error)
        return None
    op, arch, _, stack = _INFO_HEAD.unpack_from(_info)
    kind = _INFO_OPS.get(op, "none")
    info = SyscallInfo(kind, _ARCHES.get(arch, hex(arch)), stack=stack)
    if kind == "entry":
        info.number, *args = _INFO_ENTRY.unpack_from(_info, _INFO_HEAD.size)
        info.args = tuple(args)
    elif kind == "exit":
        info.ret, failed = _INFO_EXIT.unpack_from(_info, _INFO_HEAD.size)
        info.is_error = bool(failed)
    return info


def _request(request: int, tid: int, data: int = 0) -> bool:
    try:
        func.ptrace(request, tid, 0, data)
    except PtraceError as error:
        _pass_over_gone(error)
        return False
    return True


def _pass_over_gone(error: PtraceError) -> None:
    """Pass over a task that is no more; anything else is a defect of ours."""
    if error.errno != errno.ESRCH:
        raise error
