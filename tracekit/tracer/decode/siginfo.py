"""What a signal brings along: siginfo_t (sigaction(2))."""

import struct
from typing import Final

from tracekit.syscalls import calls, constants, errno_name
from tracekit.tracer.decode.names import Names, hexadecimal
from tracekit.tracer.decode.registry import kinds, of_registers
from tracekit.tracer.decode.scalars import NO_ID, U32, ticks
from tracekit.tracer.decode.siginfo32 import widened
from tracekit.tracer.decode.signals import SIGNALS, signal_name, styled_signal
from tracekit.tracer.decode.structs import array_text
from tracekit.tracer.decode.view import View, pointer

SIGINFO_SIZE: Final = 128

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


def siginfo_text(names: Names, info: bytes, *, named: bool = False) -> str:
    """The bytes of a siginfo_t: ``{si_signo=SIGCHLD, si_code=CLD_EXITED, ...}``, perhaps after its name."""
    signo, errno, code = struct.unpack_from("<iii", info)
    name = signal_name(signo)
    if not signo:
        return "{}"
    shown = [f"si_signo={styled_signal(names, signo)}", f"si_code={_code(names, name, code)}"]
    if errno:
        shown.append(f"si_errno={error_number(names, errno)}")
    shown += _details(names, name, code, info)
    text = "{" + ", ".join(shown) + "}"
    return f"{name} {text}" if named else text


def _code(names: Names, name: str, code: int) -> str:
    """Where a signal came from; what has no name is a plain number."""
    general = constants("si_code_any").names.get(code)
    own = constants(_CODES[name]).names.get(code) if name in _CODES else None
    return names.word(hexadecimal(code & U32), general or own)


def _sender(names: Names, info: bytes) -> list[str]:
    pid, uid = struct.unpack_from("<iI", info, 16)
    return [f"si_pid={names.task(pid)}", f"si_uid={-1 if uid == NO_ID else uid}"]


def _value(info: bytes) -> list[str]:
    """What sigqueue(3) sent along: one value, seen as a number and as an address."""
    return [
        f"si_int={struct.unpack_from('<i', info, 24)[0]}",
        f"si_ptr={pointer(struct.unpack_from('<Q', info, 24)[0])}",
    ]


def _queued(names: Names, info: bytes) -> list[str]:
    """What a process sent along; when the kernel sent it (alarm(2): SI_KERNEL), there may be no sender."""
    code = struct.unpack_from("<i", info, 8)[0]
    sender = _sender(names, info) if code <= 0 or any(info[16:24]) else []
    return [*sender, *(_value(info) if any(info[24:32]) else [])]


def _timer(_names: Names, info: bytes) -> list[str]:
    timer, overrun = struct.unpack_from("<Ii", info, 16)
    return [f"si_timerid={hexadecimal(timer)}", f"si_overrun={overrun}", *_value(info)]


def _child(names: Names, info: bytes) -> list[str]:
    code = struct.unpack_from("<i", info, 8)[0]
    status, user, system = struct.unpack_from("<i4xqq", info, 24)
    return [
        *_sender(names, info),
        f"si_status={_status(names, code, status)}",
        f"si_utime={ticks(user)}",
        f"si_stime={ticks(system)}",
    ]


def _fault(_names: Names, info: bytes) -> list[str]:
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


def _io(_names: Names, info: bytes) -> list[str]:
    band, number = struct.unpack_from("<qi", info, 16)
    return [f"si_band={band}", f"si_fd={number}"]


def _syscall(names: Names, info: bytes) -> list[str]:
    address, number, arch = struct.unpack_from("<QiI", info, 16)
    name = constants("audit_arch").names.get(arch)
    call = calls(_ARCHES[name]).get(number) if name in _ARCHES else None
    return [
        f"si_call_addr={pointer(address)}",
        f"si_syscall={names.word(str(number & U32), f'__NR_{call.name}' if call else None)}",
        f"si_arch={names.spell('audit_arch', arch)}",
    ]


def _details(names: Names, name: str, code: int, info: bytes) -> list[str]:
    """The members that this signal and this code have (sigaction(2), "The siginfo_t argument")."""
    if code in _BY_CODE:
        return _BY_CODE[code](names, info)
    if code < 0 or name not in _BY_SIGNAL:
        return _queued(names, info)
    if name == "SIGIO" and code not in constants("si_code_sigpoll").names:
        return []
    return _BY_SIGNAL[name](names, info)


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


def _siginfo(view: View, where: int) -> str:
    data = view.fetch(where, SIGINFO_SIZE)
    if data is None:
        return pointer(where)
    return siginfo_text(view.names, data if view.abi.word == 8 else widened(data))


def siginfo_array(view: View, where: int, count: int) -> str:
    """Several of them."""

    def one(view: View, data: bytes) -> str:
        return siginfo_text(view.names, data if view.abi.word == 8 else widened(data))

    return array_text(view, where, count, SIGINFO_SIZE, one)


def error_number(names: Names, value: int) -> str:
    """An error by its name, where it is a positive number."""
    value &= U32
    return names.word(str(value), errno_name(value) or None)


kinds({"*siginfo": _siginfo, "error": lambda view, value: error_number(view.names, value)})
of_registers("error")
