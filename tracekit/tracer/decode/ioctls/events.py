"""Requests of performance events, seccomp's listeners and the random number generator."""

import struct
from typing import Final

from tracekit.syscalls import calls, errno_name
from tracekit.tracer.decode.ioctls.exchange import ARROW, array_of, braced, keep, kept, local_array
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import kinds, printer_of
from tracekit.tracer.decode.scalars import signed32
from tracekit.tracer.decode.structs import array_text
from tracekit.tracer.decode.text import counted
from tracekit.tracer.decode.view import View, pointer

_INT: Final = 4
#: struct seccomp_notif of <linux/seccomp.h>, and the seccomp_data in it.
_NOTIFICATION: Final = struct.Struct("<QII64s")
_DATA: Final = struct.Struct("<IIQ48s")
#: The architectures of <linux/audit.h> whose calls we know.
_WITH_X32: Final = "x86_64"
_X32: Final = 0x40000000  # __X32_SYSCALL_BIT, <asm/unistd.h>
_AUDIT: Final = {0xC000003E: "x86_64", 0xC00000B7: "aarch64", 0x40000003: "i386"}


def _programs_in(view: View, address: int) -> str:
    """PERF_EVENT_IOC_QUERY_BPF: for how many programs there is room."""
    data = view.fetch(address, _INT)
    if data is None:
        return pointer(address)
    keep(view, data)
    return f"{{ids_len={int.from_bytes(data, 'little')}, "


def _programs_out(view: View, address: int) -> str | None:
    if kept(view) is None:
        return None
    data = view.fetch(address + _INT, _INT)
    if data is None:
        return "...}"
    count = int.from_bytes(data, "little")
    size, element = array_of("I")
    return f"prog_cnt={count}, ids={array_text(view, address + 2 * _INT, count, size, element)}}}"


def _random_pool(view: View, address: int) -> str:
    """RNDADDENTROPY: bytes, and how much entropy they are said to have."""
    data = view.fetch(address, 2 * _INT)
    if data is None:
        return pointer(address)
    entropy, size = struct.unpack("<ii", data)
    text = counted(view, address + 2 * _INT, size & 0xFFFFFFFF)
    return f"{{entropy_count={entropy}, buf_size={size}, buf={text}}}"


def _notification_in(view: View, address: int) -> str | None:
    """SECCOMP_IOCTL_NOTIF_RECV at entry, where there should be zeros, and then nothing is shown."""
    data = view.fetch(address, _NOTIFICATION.size)
    if data is None:
        return pointer(address)
    keep(view, data)
    return _notification(view, data) + ARROW if any(data) else ""


def _notification_out(view: View, address: int) -> str | None:
    if kept(view) is None:
        return None
    data = view.fetch(address, _NOTIFICATION.size)
    return pointer(address) if data is None else _notification(view, data)


def _notification(view: View, data: bytes) -> str:
    number, pid, flags, inner = _NOTIFICATION.unpack(data)
    shown = [
        f"id={hexadecimal(number)}",
        f"pid={printer_of('pid')(view, pid)}",
        f"flags={hexadecimal(flags)}",
    ]
    return braced([*shown, f"data={_seccomp_data(view, inner)}"])


def _seccomp_data(view: View, data: bytes) -> str:
    number, arch, where, args = _DATA.unpack(data)
    return braced(
        [
            f"nr={_call_name(view, number, _AUDIT.get(arch, ''))}",
            f"arch={view.spell('audit_arch', arch)}",
            f"instruction_pointer={pointer(where)}",
            f"args={local_array(view, args, *array_of('xQ'))}",
        ]
    )


def _call_name(view: View, number: int, arch: str) -> str:
    """A call's number with its name; where the program itself has another number for it, beside it."""
    call = calls(arch).get(number & ~_X32 if arch == _WITH_X32 else number) if arch else None
    if call is None or view.names.style == "raw":
        return str(number)
    if arch == view.abi.name and not number & _X32:
        return view.names.word(str(number), f"__NR_{call.name}")
    return f"{number} /* {call.name} */"


def _negated_error(view: View, value: int) -> str:
    """An error number as the kernel returns it: ``-EPERM``."""
    number = signed32(value)
    name = errno_name(-number) if number < 0 else None
    return view.names.word(str(number), f"-{name}" if name else None)


kinds(
    {
        "perf_programs_in": _programs_in,
        "perf_programs_out": _programs_out,
        "random_pool": _random_pool,
        "seccomp_notif_in": _notification_in,
        "seccomp_notif_out": _notification_out,
        "negated_error": _negated_error,
    }
)
