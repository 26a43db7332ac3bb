"""What administrators call: quotas, swap, kexec, memory policies, the kernel's log."""

from typing import Final

from tracekit.syscalls import constants
from tracekit.tracer.decode.files import O_CREAT
from tracekit.tracer.decode.names import WORDS
from tracekit.tracer.decode.registry import families, kinds, printer_of
from tracekit.tracer.decode.scalars import U32, device, signed32
from tracekit.tracer.decode.view import Printer, View

_SWAP_PRIORITY: Final = 0x7FFF  # SWAP_FLAG_PRIO_MASK, <linux/swap.h>
_BARRIER_CPU: Final = 1  # MEMBARRIER_CMD_FLAG_CPU, <linux/membarrier.h>
_KEXEC_ARCH: Final = 0xFFFF0000  # <linux/kexec.h>


def _quota(view: View, value: int) -> str:
    """``QCMD(Q_GETQUOTA, USRQUOTA)``."""
    value &= U32
    text = f"QCMD({WORDS.spell('quota_cmd', value >> 8)}, {WORDS.spell('quota_type', value & 0xFF)})"
    return view.names.word(str(value), text)


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


def _commented(name: str) -> Printer:
    """A number, and beside it what it stands for."""
    table = constants(name)

    def printer(_view: View, value: int) -> str:
        value = signed32(value)
        return f"{value} /* {table.names.get(value, table.unknown)} */"

    return printer


def _barrier_cpu(flags: str) -> Printer:
    """membarrier(2)'s processor, there only when the flags say so."""
    index = int(flags)
    return lambda view, value: str(signed32(value)) if view.args[index] & _BARRIER_CPU else None


def _barriers(view: View, value: int) -> str:
    """The commands that membarrier(2) knows."""
    return f"{value:#x} ({view.names.bare('membarrier_cmd', value)})" if value else "0"


def _queue_attributes(flags: str) -> Printer:
    """mq_open(3)'s attributes, there only when a queue may be made."""
    index = int(flags)
    inner = printer_of("*mq_attr_new")
    return lambda view, where: inner(view, where) if view.args[index] & O_CREAT else None


kinds(
    {
        "quota": _quota,
        "swap": _swap,
        "kexec64": _kexec,
        "return_barriers": _barriers,
        "log_action": _commented("syslog_action"),
        "log_level": _commented("log_level"),
        "dev32": lambda view, value: device(view, value & U32),
    }
)
families({"mq_attr": _queue_attributes, "membarrier_cpu": _barrier_cpu})
