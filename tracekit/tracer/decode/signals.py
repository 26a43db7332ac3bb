"""Signals: names, sets, dispositions, siginfo."""

import struct
from typing import Final

from tracekit.syscalls import calls, constant_sets, constants, errno_name, packings
from tracekit.tracer.decode.names import Names
from tracekit.tracer.decode.registry import families, kinds
from tracekit.tracer.decode.scalars import NO_ID, U32, signed32, ticks
from tracekit.tracer.decode.siginfo32 import widened
from tracekit.tracer.decode.text import number
from tracekit.tracer.decode.view import Printer, View, pointer

_SIGACTION: Final = packings("PLP8s")
_HANDLERS: Final = {0: "SIG_DFL", 1: "SIG_IGN", 2: "SIG_HOLD"}
_SA_RESTORER: Final = 0x04000000
_SET_SIZE: Final = 8  # the kernel takes no other; its older calls take a set of one word
_SIGINFO_SIZE: Final = 128
_SIGEVENT: Final = packings("PiiPP")
_SIGEVENT_SIZE: Final = 64
_SIGEV_SIGNAL, _SIGEV_THREAD, _SIGEV_THREAD_ID = 0, 2, 4  # <asm-generic/siginfo.h>

SIGNALS: Final = constants("signal").names


def signal(view: View, value: int) -> str:
    """A signal's name, or its number when it has none."""
    return styled_signal(view.names, signed32(value))


def styled_signal(names: Names, number: int) -> str:
    """The same in the style that is asked for."""
    return names.word(str(number), SIGNALS.get(number))


def signal_name(number: int) -> str:
    """A signal's name for the lines about signals."""
    return SIGNALS.get(number) or str(number)


def set_text(mask: int, size: int = 8) -> str:
    """A signal set, ``[INT CHLD]``; from two thirds of all on what is missing, ``~[KILL STOP]``."""
    bits = size * 8
    inverted = mask.bit_count() >= bits * 2 // 3
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
    if not view.abi.word <= size <= _SET_SIZE:
        return pointer(where)
    data = view.fetch(where, size)
    if data is None:
        return pointer(where)
    text = _set_texts.get(data)
    if text is None:
        if len(_set_texts) > 4096:
            _set_texts.clear()
        text = _set_texts[data] = set_text(int.from_bytes(data, "little"), -(-size // 4) * 4)
    return text


def _sigset(size: str) -> Printer:
    length = number(size)
    return lambda view, where: signal_set(view, where, length(view))


def _sigaction(view: View, where: int) -> str:
    """The kernel's struct sigaction; the restorer only where the flags say that there is one."""
    packing = _SIGACTION[view.abi]
    data = view.fetch(where, packing.size)
    if data is None:
        return pointer(where)
    handler, flags, restorer, mask = packing.unpack(data)
    return action_text(view.names, handler, set_text(int.from_bytes(mask, "little")), flags, restorer)


def handler_text(handler: int) -> str:
    """What is to be done with a signal: ``SIG_IGN``, or the address of a function."""
    return _HANDLERS.get(handler) or hex(handler)


def action_text(names: Names, handler: int, mask: str, flags: int, restorer: int) -> str:
    """The members of a struct sigaction, of the older one too."""
    shown = [
        f"sa_handler={handler_text(handler)}",
        f"sa_mask={mask}",
        f"sa_flags={names.spell('sigaction_flags', flags)}",
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
    shown = [f"si_signo={styled_signal(names, signo)}", f"si_code={_code(name, code)}"]
    if errno:
        shown.append(f"si_errno={errno_name(errno) or errno}")
    shown += _details(names, name, code, info)
    text = "{" + ", ".join(shown) + "}"
    return f"{name} {text}" if named else text


def _code(name: str, code: int) -> str:
    """Where a signal came from; what has no name is a plain number."""
    general = constants("si_code_any").names.get(code)
    own = constant_sets()[_CODES[name]].names.get(code) if name in _CODES else None
    return general or own or f"{code & U32:#x}"


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
    return [f"si_timerid={hex(timer) if timer else '0'}", f"si_overrun={overrun}", *_value(info)]


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
        shown.append(f"si_addr_lsb={struct.unpack_from('<h', info, 24)[0]}")
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
        f"si_syscall={f'__NR_{call.name}' if call else number}",
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
    data = view.fetch(where, _SIGINFO_SIZE)
    if data is None:
        return pointer(where)
    return siginfo_text(view.names, data if view.abi.word == 8 else widened(data))


def _sigevent(view: View, where: int) -> str:
    """How a timer or a queue tells of itself: sigevent(7), with what each way of it has."""
    packing = _SIGEVENT[view.abi]
    data = view.fetch(where, _SIGEVENT_SIZE)
    if data is None:
        return pointer(where)
    value, signo, notify, first, second = packing.unpack_from(data)
    has_signal = notify in (_SIGEV_SIGNAL, _SIGEV_THREAD, _SIGEV_THREAD_ID)
    sival = f"{{sival_int={signed32(value)}, sival_ptr={pointer(value)}}}"
    shown = [f"sigev_value={sival}"] if value else []
    shown.append(f"sigev_signo={signal(view, signo) if has_signal else signo & U32}")
    shown.append(f"sigev_notify={view.spell('sigev_notify', notify)}")
    if notify == _SIGEV_THREAD_ID:
        shown.append(f"sigev_notify_thread_id={signed32(first)}")
    if notify == _SIGEV_THREAD:
        shown.append(f"sigev_notify_function={pointer(first)}")
        shown.append(f"sigev_notify_attributes={pointer(second)}")
    return "{" + ", ".join(shown) + "}"


def _restarted(view: View, _value: int) -> str:
    """The kernel goes on with a call that a signal interrupted; which one only the tracer can know."""
    return f"<... resuming interrupted {view.call.resumes or 'system call'} ...>"


kinds(
    {
        "restarted": _restarted,
        "signal": signal,
        "*sigaction": _sigaction,
        "*siginfo": _siginfo,
        "*sigevent": _sigevent,
    }
)
families({"sigset": _sigset})
