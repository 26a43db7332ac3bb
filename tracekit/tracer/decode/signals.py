"""Signals: names, sets, dispositions, siginfo."""

import struct
from typing import Final

from tracekit.syscalls import constant_sets, constants, errno_name
from tracekit.tracer.decode.registry import families, kinds
from tracekit.tracer.decode.scalars import NO_ID, U32, signed32, spell
from tracekit.tracer.decode.text import number
from tracekit.tracer.decode.view import Printer, View, pointer

_SIGACTION: Final = struct.Struct("<QQQ")
_HANDLERS: Final = {0: "SIG_DFL", 1: "SIG_IGN", 2: "SIG_HOLD"}
_SA_RESTORER: Final = 0x04000000
_SIGINFO_SIZE: Final = 128
_SIGMASK_AT: Final = 296  # uc_sigmask: after uc_flags, uc_link, uc_stack and 256 bytes of registers

SIGNALS: Final = constants("signal").names


def signal(_view: View, value: int) -> str:
    """A signal's name, or its number when it has none."""
    value = signed32(value)
    return SIGNALS.get(value) or str(value)


def signal_name(number: int) -> str:
    """A signal's name for the lines about signals."""
    return SIGNALS.get(number) or str(number)


def set_text(mask: int, size: int = 8) -> str:
    """A signal set: ``[INT CHLD]``; more than two thirds of it is shown by what is missing: ``~[KILL STOP]``."""
    bits = size * 8
    members = mask.bit_count()
    inverted = members >= bits * 2 // 3
    if inverted:
        mask = ~mask & ((1 << bits) - 1)
    names = [_set_name(at + 1) for at in range(bits) if mask >> at & 1]
    return f"{'~' if inverted else ''}[{' '.join(names)}]"


def _set_name(number: int) -> str:
    name = SIGNALS.get(number)
    return name.removeprefix("SIG") if name else str(number)


_set_texts: Final[dict[bytes, str]] = {}


def signal_set(view: View, where: int, size: int) -> str:
    """The set behind a pointer."""
    if not where:
        return "NULL"
    if not 0 < size <= 8:
        return pointer(where)
    data = view.fetch(where, size)
    if data is None:
        return pointer(where)
    text = _set_texts.get(data)
    if text is None:
        if len(_set_texts) > 4096:
            _set_texts.clear()
        text = _set_texts[data] = set_text(int.from_bytes(data, "little"), size)
    return text


def _sigset(size: str) -> Printer:
    length = number(size)
    return lambda view, where: signal_set(view, where, length(view))


def _sigaction(view: View, where: int) -> str:
    """The kernel's struct sigaction; the restorer only where the flags say that there is one."""
    data = view.fetch(where, 32)
    if data is None:
        return pointer(where)
    handler, flags, restorer = _SIGACTION.unpack(data[:24])
    mask = int.from_bytes(data[24:32], "little")
    shown = [
        f"sa_handler={_HANDLERS.get(handler) or hex(handler)}",
        f"sa_mask={set_text(mask)}",
        f"sa_flags={spell('sigaction_flags', flags)}",
    ]
    if flags & _SA_RESTORER:
        shown.append(f"sa_restorer={pointer(restorer)}")
    return "{" + ", ".join(shown) + "}"


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
_FAULTS: Final = frozenset(("SIGILL", "SIGFPE", "SIGSEGV", "SIGBUS"))
_SI_USER, _SI_TKILL, _SI_TIMER, _SI_KERNEL = 0, -6, -2, 0x80


def siginfo_text(info: bytes, *, named: bool = False) -> str:
    """The bytes of a siginfo_t: ``{si_signo=SIGCHLD, si_code=CLD_EXITED, ...}``, perhaps after its name."""
    signo, errno, code = struct.unpack_from("<iii", info)
    name = signal_name(signo)
    if not signo:
        return "{}"
    shown = [f"si_signo={name}", f"si_code={_code(name, code)}"]
    if errno:
        shown.append(f"si_errno={errno_name(errno) or errno}")
    shown += _details(name, code, info)
    text = "{" + ", ".join(shown) + "}"
    return f"{name} {text}" if named else text


def _code(name: str, code: int) -> str:
    general = constants("si_code_any").names.get(code)
    if general:
        return general
    table = constant_sets().get(_CODES.get(name, ""))
    if table and code in table.names:
        return table.names[code]
    return f"{code & U32:#x}" + (f" /* {table.unknown if table else 'SI_???'} */")


def _sender(info: bytes) -> list[str]:
    pid, uid = struct.unpack_from("<iI", info, 16)
    return [f"si_pid={pid}", f"si_uid={-1 if uid == NO_ID else uid}"]


def _value(info: bytes, at: int) -> list[str]:
    number, address = struct.unpack_from("<i4x", info, at)[0], struct.unpack_from("<Q", info, at)[0]
    return [f"si_int={number}", f"si_ptr={pointer(address)}"]


def _details(name: str, code: int, info: bytes) -> list[str]:
    """The members that this signal and this code have (sigaction(2), "The siginfo_t argument")."""
    if code in (_SI_USER, _SI_TKILL):
        return _sender(info)
    if code == _SI_TIMER:
        timer, overrun = struct.unpack_from("<ii", info, 16)
        return [
            f"si_timerid={timer:#x}" if timer else "si_timerid=0",
            f"si_overrun={overrun}",
            *_value(info, 24),
        ]
    if code < 0:
        return [*_sender(info), *_value(info, 24)]
    if name == "SIGCHLD" and code != _SI_KERNEL:
        status, user, system = struct.unpack_from("<i4xqq", info, 24)
        return [
            *_sender(info),
            f"si_status={_status(code, status)}",
            f"si_utime={_ticks(user)}",
            f"si_stime={_ticks(system)}",
        ]
    if name in _FAULTS:
        return [f"si_addr={pointer(struct.unpack_from('<Q', info, 16)[0])}"]
    if name == "SIGIO" and code != _SI_KERNEL:
        band, number = struct.unpack_from("<qi", info, 16)
        return [f"si_band={band}", f"si_fd={number}"]
    if name == "SIGSYS":
        address, number, arch = struct.unpack_from("<QiI", info, 16)
        return [
            f"si_call_addr={pointer(address)}",
            f"si_syscall=__NR_{_call_name(number)}",
            f"si_arch={_arch(arch)}",
        ]
    if code == _SI_KERNEL and not any(info[16:32]):
        return []
    return [*_sender(info), *_value(info, 24)]


def _status(code: int, status: int) -> str:
    """An exit status as a number, a signal by its name."""
    return str(status) if code == 1 else signal_name(status)


def _ticks(value: int) -> str:
    return f"{value} /* {value / 100:.2f} s */" if value else "0"


def _call_name(number: int) -> str:
    from tracekit.syscalls import calls  # noqa: PLC0415

    call = calls("x86_64").get(number)
    return call.name if call else str(number)


def _arch(value: int) -> str:
    names = {0xC000003E: "AUDIT_ARCH_X86_64", 0xC00000B7: "AUDIT_ARCH_AARCH64", 0x40000003: "AUDIT_ARCH_I386"}
    return names.get(value) or f"{value:#x} /* AUDIT_ARCH_??? */"


def _siginfo(view: View, where: int) -> str:
    data = view.fetch(where, _SIGINFO_SIZE)
    return pointer(where) if data is None else siginfo_text(data)


def _sigreturn(view: View, _value: int) -> str | None:
    """The mask that a handler's return brings back, from the frame on the stack (<asm/ucontext.h>)."""
    if view.call.arch != "x86_64" or not view.call.stack:
        return None
    data = view.fetch(view.call.stack + _SIGMASK_AT, 8)
    return None if data is None else f"{{mask={set_text(int.from_bytes(data, 'little'))}}}"


def _restarted(view: View, _value: int) -> str:
    """The kernel goes on with a call that a signal interrupted; which one only the tracer can know."""
    return f"<... resuming interrupted {view.call.resumes or 'system call'} ...>"


kinds(
    {
        "sigreturn": _sigreturn,
        "restarted": _restarted,
        "signal": signal,
        "*sigaction": _sigaction,
        "*siginfo": _siginfo,
    }
)
families({"sigset": _sigset})
