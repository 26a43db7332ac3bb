"""What a signal brings along: siginfo_t (sigaction(2))."""

import struct
from collections.abc import Callable
from typing import Final, NamedTuple

from tracekit.syscalls import calls, constants, errno_name
from tracekit.tracer.decode.files import fd
from tracekit.tracer.decode.names import Names, hexadecimal
from tracekit.tracer.decode.registry import kinds, of_registers
from tracekit.tracer.decode.scalars import NO_ID, U32, ticks
from tracekit.tracer.decode.siginfo32 import widened
from tracekit.tracer.decode.signals import SIGNALS, signal_name, styled_signal
from tracekit.tracer.decode.structs import array_text
from tracekit.tracer.decode.view import View, pointer

SIGINFO_SIZE: Final = 128
_X32: Final = 0x40000000  # __X32_SYSCALL_BIT, <asm/unistd.h>

_CODES: Final = {
    "SIGCHLD": "si_code_sigchld",
    "SIGSEGV": "si_code_sigsegv",
    "SIGBUS": "si_code_sigbus",
    "SIGFPE": "si_code_sigfpe",
    "SIGILL": "si_code_sigill",
    "SIGTRAP": "si_code_sigtrap",
    "SIGIO": "si_code_sigpoll",
    "SIGSYS": "si_code_sigsys",
}
_SI_USER, _SI_TKILL, _SI_TIMER, _SI_SIGIO = 0, -6, -2, -5
_SEGV_BNDERR, _SEGV_PKUERR = 3, 4
_BUS_MCEERR: Final = (4, 5)
_ARCHES: Final = {"AUDIT_ARCH_X86_64": "x86_64", "AUDIT_ARCH_AARCH64": "aarch64", "AUDIT_ARCH_I386": "i386"}


class Beholder(NamedTuple):
    """Who a siginfo_t is told to: in which style, from which architecture, with which descriptors."""

    names: Names
    arch: str = ""
    """Whose numbers of system calls need no comment; empty for everybody's."""
    describe: Callable[[int], str] = str


def siginfo_text(by: Beholder, info: bytes, *, named: bool = False) -> str:
    """The bytes of a siginfo_t: ``{si_signo=SIGCHLD, si_code=CLD_EXITED, ...}``, perhaps after its name."""
    names = by.names
    signo, errno, code = struct.unpack_from("<iii", info)
    name = signal_name(signo)
    if not signo:
        return "{}"
    shown = [f"si_signo={styled_signal(names, signo)}", f"si_code={_code(names, name, code)}"]
    if errno:
        shown.append(f"si_errno={error_number(names, errno)}")
    shown += _details(by, name, code, info)
    text = "{" + ", ".join(shown) + "}"
    return f"{name} {text}" if named else text


def _code(names: Names, name: str, code: int) -> str:
    """Where a signal came from; what has no name is a plain number."""
    general = constants("si_code_any").names.get(code)
    own = constants(_CODES[name]).names.get(code) if name in _CODES else None
    return names.word(hexadecimal(code & U32), general or own)


def _sender(by: Beholder, info: bytes) -> list[str]:
    pid, uid = struct.unpack_from("<iI", info, 16)
    return [f"si_pid={by.names.task(pid)}", f"si_uid={-1 if uid == NO_ID else uid}"]


def _value(info: bytes) -> list[str]:
    """What sigqueue(3) sent along: one value, seen as a number and as an address."""
    return [
        f"si_int={struct.unpack_from('<i', info, 24)[0]}",
        f"si_ptr={pointer(struct.unpack_from('<Q', info, 24)[0])}",
    ]


def _queued(by: Beholder, info: bytes) -> list[str]:
    """What a process sent along; when the kernel sent it (alarm(2): SI_KERNEL), there may be no sender."""
    code = struct.unpack_from("<i", info, 8)[0]
    sender = _sender(by, info) if code <= 0 or any(info[16:24]) else []
    return [*sender, *(_value(info) if any(info[24:32]) else [])]


def _timer(_by: Beholder, info: bytes) -> list[str]:
    timer, overrun = struct.unpack_from("<Ii", info, 16)
    return [f"si_timerid={hexadecimal(timer)}", f"si_overrun={overrun}", *_value(info)]


def _child(by: Beholder, info: bytes) -> list[str]:
    code = struct.unpack_from("<i", info, 8)[0]
    status, user, system = struct.unpack_from("<i4xqq", info, 24)
    return [
        *_sender(by, info),
        f"si_status={_status(by.names, code, status)}",
        f"si_utime={ticks(user)}",
        f"si_stime={ticks(system)}",
    ]


def _fault(_by: Beholder, info: bytes) -> list[str]:
    """Where memory or an instruction was wrong, and for some codes by which bounds or key."""
    signo, _, code = struct.unpack_from("<iii", info)
    address, lower, upper = struct.unpack_from("<Q8xQQ", info, 16)
    shown = [f"si_addr={pointer(address)}"]
    if SIGNALS.get(signo) == "SIGSEGV" and code == _SEGV_BNDERR:
        shown += [f"si_lower={pointer(lower)}", f"si_upper={pointer(upper)}"]
    if SIGNALS.get(signo) == "SIGSEGV" and code == _SEGV_PKUERR:
        shown.append(f"si_pkey={lower & U32}")
    if SIGNALS.get(signo) == "SIGBUS" and code in _BUS_MCEERR:
        shown.append(f"si_addr_lsb={hexadecimal(struct.unpack_from('<H', info, 24)[0])}")
    return shown


def _io(by: Beholder, info: bytes) -> list[str]:
    band, number = struct.unpack_from("<qi", info, 16)
    return [f"si_band={band}", f"si_fd={by.describe(number)}"]


def _syscall(by: Beholder, info: bytes) -> list[str]:
    address, number, arch = struct.unpack_from("<QiI", info, 16)
    return [
        f"si_call_addr={pointer(address)}",
        f"si_syscall={call_name(by, number & U32, arch)}",
        f"si_arch={by.names.spell('audit_arch', arch)}",
    ]


def call_name(by: Beholder, number: int, arch: int) -> str:
    """A system call by the macro of its number: ``__NR_read``; ``224 /* gettid */`` on another architecture.

    ``arch`` is a constant AUDIT_ARCH_...; calls of x32 are those of x86_64 with a bit of their own.
    """
    there = _ARCHES.get(constants("audit_arch").names.get(arch, ""), "")
    foreign = by.arch not in ("", there) or number & _X32
    call = calls(there).get(number & ~_X32) if there else None
    if call is None or not foreign:
        return by.names.word(str(number), f"__NR_{call.name}" if call else None)
    return str(number) if by.names.style == "raw" else f"{number} /* {call.name} */"


def _details(by: Beholder, name: str, code: int, info: bytes) -> list[str]:
    """The members that this signal and this code have (sigaction(2), "The siginfo_t argument")."""
    if code in _BY_CODE:
        return _BY_CODE[code](by, info)
    if code < 0 or name not in _BY_SIGNAL:
        return _queued(by, info)
    if name == "SIGIO" and code not in constants("si_code_sigpoll").names:
        return []
    return _BY_SIGNAL[name](by, info)


#: What stands in a siginfo_t: first the code decides, then the signal.
_BY_CODE: Final = {_SI_USER: _sender, _SI_TKILL: _sender, _SI_TIMER: _timer, _SI_SIGIO: _io}
_BY_SIGNAL: Final = {
    "SIGCHLD": _child,
    "SIGILL": _fault,
    "SIGFPE": _fault,
    "SIGSEGV": _fault,
    "SIGBUS": _fault,
    "SIGTRAP": _fault,
    "SIGIO": _io,
    "SIGSYS": _syscall,
}


def _status(names: Names, code: int, status: int) -> str:
    """An exit status as a number, a signal by its name."""
    return str(status) if code == 1 else styled_signal(names, status)


def beholder(view: View) -> Beholder:
    """The one that looks at a call's arguments."""
    return Beholder(view.names, view.call.arch, lambda number: fd(view, number))


def _siginfo(view: View, where: int) -> str:
    data = view.fetch(where, SIGINFO_SIZE)
    return pointer(where) if data is None else _element(view, data)


def siginfo_array(view: View, where: int, count: int) -> str:
    """Several of them."""
    return array_text(view, where, count, SIGINFO_SIZE, _element)


def _element(view: View, data: bytes) -> str:
    return siginfo_text(beholder(view), data if view.abi.word == 8 else widened(data))


def error_number(names: Names, value: int) -> str:
    """An error by its name, where it is a positive number."""
    value &= U32
    return names.word(str(value), errno_name(value) or None)


kinds({"*siginfo": _siginfo, "error": lambda view, value: error_number(view.names, value)})
of_registers("error")
