"""What administrators call: quotas, swap, kexec, memory policies, the kernel's log."""

from typing import Final

from tracekit.syscalls import constants
from tracekit.tracer.decode.files import O_CREAT
from tracekit.tracer.decode.registry import families, kinds, printer_of
from tracekit.tracer.decode.scalars import U32, device, signed32
from tracekit.tracer.decode.structs import array_text, layouts
from tracekit.tracer.decode.text import number
from tracekit.tracer.decode.view import Printer, View, pointer

_SWAP_PRIORITY: Final = 0x7FFF  # SWAP_FLAG_PRIO_MASK, <linux/swap.h>
_POLICY_FLAGS: Final = 0xE000  # MPOL_MODE_FLAGS, <linux/mempolicy.h>
_KEXEC_ARCH: Final = 0xFFFF0000  # <linux/kexec.h>
_KEXEC_SEGMENTS: Final = 16  # KEXEC_SEGMENT_MAX, the same place


def _quota(view: View, value: int) -> str:
    """``QCMD(Q_GETQUOTA, USRQUOTA)``."""
    value &= U32
    return f"QCMD({view.spell('quota_cmd', value >> 8)}, {view.spell('quota_type', value & 0xFF)})"


def _swap(view: View, value: int) -> str:
    """Flags, and the priority in the low bits."""
    value &= U32
    flags, priority = value & ~_SWAP_PRIORITY, value & _SWAP_PRIORITY
    return f"{view.spell('swap_base', flags)}|{priority}" if flags else str(priority)


def _kexec(view: View, value: int) -> str:
    """An architecture, and flags around it."""
    flags = value & ~_KEXEC_ARCH
    arch = view.spell("kexec_arch", value & _KEXEC_ARCH)
    return f"{arch}|{view.spell('kexec_base', flags)}" if flags else arch


def _policy(mask: int) -> Printer:
    """A memory policy and its flags."""

    def printer(view: View, value: int) -> str:
        value &= mask
        mode, flags = value & ~_POLICY_FLAGS, value & _POLICY_FLAGS
        name = constants("mempolicy").names.get(mode)
        if name is None and flags:
            return view.spell("mempolicy_flags", value)
        text = view.spell("mempolicy", mode)
        return f"{text}|{view.spell('mempolicy_flags', flags)}" if flags else text

    return printer


def _kexec_segments(count: str) -> Printer:
    """What kexec_load(2) is to load, if it is no more than the kernel takes."""
    length = number(count)
    by_abi = layouts("kexec_segment")

    def printer(view: View, where: int) -> str:
        one, many = by_abi[view.abi], length(view)
        if many > _KEXEC_SEGMENTS:
            return pointer(where)
        return array_text(view, where, many, one.packing.size, one.text)

    return printer


def _log_action(_view: View, value: int) -> str:
    """A number, and beside it what it stands for."""
    value = signed32(value)
    table = constants("syslog_action")
    return f"{value} /* {table.names.get(value, table.unknown)} */"


def _queue_attributes(flags: str) -> Printer:
    """mq_open(3)'s attributes, there only when a queue may be made."""
    index = int(flags)
    inner = printer_of("*mq_attr")
    return lambda view, where: inner(view, where) if view.args[index] & O_CREAT else None


kinds(
    {
        "quota": _quota,
        "swap": _swap,
        "kexec": _kexec,
        "policy": _policy(U32),
        "policy64": _policy(0xFFFFFFFFFFFFFFFF),
        "log_action": _log_action,
        "dev32": lambda view, value: device(view, value & U32),
    }
)
families({"mq_attr": _queue_attributes, "kexec_segments": _kexec_segments})
