"""Processes and threads: clone, exit statuses, futexes, scheduling, credentials."""

import struct
from typing import Final

from tracekit.syscalls import constants
from tracekit.tracer.decode.registry import families, kinds
from tracekit.tracer.decode.scalars import U32, names_of, signed32, spell
from tracekit.tracer.decode.signals import SIGNALS, signal_name
from tracekit.tracer.decode.text import number, quoted, terminated
from tracekit.tracer.decode.view import Printer, View, pointer

_CSIGNAL: Final = 0xFF
CLONE_PARENT_SETTID: Final = 0x00100000
CLONE_PIDFD: Final = 0x00001000
CLONE_SETTLS: Final = 0x00080000
_CHILD_TID: Final = 0x01200000  # CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID
_TASK_COMM_LEN: Final = 16
_FUTEX_PRIVATE: Final = 0x80
_FUTEX_REALTIME: Final = 0x100
_WITH_REALTIME: Final = frozenset((0, 9, 11))  # FUTEX_WAIT, WAIT_BITSET, WAIT_REQUEUE_PI


def _clone_flags(_view: View, value: int) -> str:
    """``CLONE_VM|SIGCHLD``: flags, and in the low byte the signal for the parent."""
    shown = []
    flags = value & ~_CSIGNAL
    if flags:
        shown.append(names_of(constants("clone_base"), flags))
    low = value & _CSIGNAL
    if low or not flags:
        shown.append(SIGNALS.get(low) or str(low))
    return "|".join(shown)


def _new_tid(bit: int) -> Printer:
    """Where clone(2) put a tid, when the flags asked for it."""

    def printer(view: View, where: int) -> str | None:
        if not view.args[0] & bit:
            return None
        data = view.fetch(where, 4)
        return pointer(where) if data is None else f"[{int.from_bytes(data, 'little', signed=True)}]"

    return printer


def _when(bit: int) -> Printer:
    """An address that counts only with one of these clone flags."""
    return lambda view, value: pointer(value) if view.args[0] & bit else None


def wait_status(status: int) -> str:
    """The status of wait(2) in the words of its macros: ``{WIFEXITED(s) && WEXITSTATUS(s) == 0}``."""
    low, high = status & 0x7F, status >> 8 & 0xFF
    if low == 0:
        return f"{{WIFEXITED(s) && WEXITSTATUS(s) == {high}}}"
    if status & 0xFFFF == 0xFFFF:
        return "{WIFCONTINUED(s)}"
    if status & 0xFF == 0x7F:
        return f"{{WIFSTOPPED(s) && WSTOPSIG(s) == {signal_name(high)}}}"
    core = " && WCOREDUMP(s)" if status & 0x80 else ""
    return f"{{WIFSIGNALED(s) && WTERMSIG(s) == {signal_name(low)}{core}}}"


def _status_at(view: View, where: int) -> str:
    """wait4's status; when no child was found nothing was written."""
    data = view.fetch(where, 4) if view.ret else None
    return pointer(where) if data is None else f"[{wait_status(int.from_bytes(data, 'little'))}]"


def _wait_usage(view: View, where: int) -> str:
    from tracekit.tracer.decode.registry import printer_of  # noqa: PLC0415

    return (printer_of("*rusage")(view, where) or "") if view.ret else pointer(where)


def _waitid_id(_kind: str) -> Printer:
    return lambda _view, value: str(signed32(value))


def _futex_op(_view: View, value: int) -> str:
    """``FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME``."""
    value &= U32
    operation = value & ~(_FUTEX_PRIVATE | _FUTEX_REALTIME)
    name = constants("futex_base").names.get(operation)
    if name is None or (value & _FUTEX_REALTIME and operation not in _WITH_REALTIME):
        return f"{value:#x} /* FUTEX_??? */"
    if value & _FUTEX_PRIVATE:
        name += "|FUTEX_PRIVATE_FLAG" if name == "FUTEX_FD" else "_PRIVATE"
    return name + ("|FUTEX_CLOCK_REALTIME" if value & _FUTEX_REALTIME else "")


def _futex_bitset(_view: View, value: int) -> str:
    value &= U32
    return "FUTEX_BITSET_MATCH_ANY" if value == U32 else (hex(value) if value else "0")


def _wake_operation(_view: View, value: int) -> str:
    """FUTEX_WAKE_OP's operation, taken apart as futex(2) puts it together."""
    value &= U32
    operation, argument = value >> 28 & 7, value >> 12 & 0xFFF
    shift = "FUTEX_OP_OPARG_SHIFT<<28|" if value >> 31 else ""
    return (
        f"{shift}{spell('futex_wake_op', operation)}<<28|{hex(argument) if argument else '0'}<<12"
        f"|{spell('futex_wake_cmp', value >> 24 & 15)}<<24|{hex(value & 0xFFF) if value & 0xFFF else '0'}"
    )


def _cpu_set(size: str) -> Printer:
    """A CPU mask: ``[0 1]``."""
    length = number(size)

    def printer(view: View, where: int) -> str:
        count = (length(view) & U32) + 7 & ~7
        if view.failed or not where or not count:
            return pointer(where) if view.failed or not where else "[]"
        data = view.readable(where, min(count, 4096))
        if len(data) < min(count, 4096):
            return pointer(where)
        bits = int.from_bytes(data, "little")
        return f"[{' '.join(str(at) for at in range(len(data) * 8) if bits >> at & 1)}]"

    return printer


def _scheduler(_view: View, value: int) -> str:
    value &= U32
    if value & 0x40000000:
        return f"{spell('scheduler_policy', value & ~0x40000000)}|SCHED_RESET_ON_FORK"
    return spell("scheduler_policy", value)


def _personality(_view: View, value: int) -> str:
    value &= U32
    if value == U32:
        return "0xffffffff"
    flags = value & ~0xFF
    base = spell("personality_base", value & 0xFF)
    return base + ("|" + names_of(constants("personality_flags"), flags).split(" /* ")[0] if flags else "")


def _task_name(view: View, where: int) -> str:
    """A thread's name; the kernel looks at 16 bytes of it (prctl(2))."""
    data = terminated(view, where, _TASK_COMM_LEN - 1)
    if data is None:
        return pointer(where)
    cut = "..." if len(data) >= _TASK_COMM_LEN else ""
    return quoted(data[: _TASK_COMM_LEN - 1], view.options.hex_strings) + cut


def capabilities(mask: int) -> str:
    """``1<<CAP_CHOWN|1<<CAP_KILL``."""
    names = constants("cap").names
    found = [f"1<<{names[at]}" for at in range(64) if mask >> at & 1 and at in names]
    rest = mask & ~sum(1 << at for at in names)
    return "|".join([*found, *([hex(rest)] if rest else [])]) or "0"


def _cap_data(view: View, where: int) -> str:
    """Three capability sets, in one or two halves by the version of the header in argument 0."""
    head = view.task.read(view.args[0], 4)
    halves = 1 if len(head) < 4 or int.from_bytes(head, "little") not in (0x20071026, 0x20080522) else 2
    data = view.fetch(where, 12 * halves)
    if data is None:
        return pointer(where)
    words = struct.unpack(f"<{3 * halves}I", data)
    sets = [words[at] | (words[at + 3] << 32 if halves == 2 else 0) for at in range(3)]
    names = ("effective", "permitted", "inheritable")
    return "{" + ", ".join(f"{name}={capabilities(one)}" for name, one in zip(names, sets, strict=True)) + "}"


def _ioprio(_view: View, value: int) -> str:
    """``IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 4)`` (<linux/ioprio.h>)."""
    value &= U32
    return f"IOPRIO_PRIO_VALUE({spell('ioprio_class', value >> 13)}, {value & 0x1FFF})"


kinds(
    {
        "ioprio": _ioprio,
        "return_ioprio": lambda view, value: f"{value:#x} ({_ioprio(view, value)})",
        "return_scheduler": lambda view, value: (
            f"{value:#x} ({_scheduler(view, value)})" if value else "0 (SCHED_OTHER)"
        ),
        "return_personality": lambda view, value: (
            f"{hex(value) if value else '0'} ({_personality(view, value)})"
        ),
        "return_suid_dump": lambda _view, value: (
            f"{hex(value) if value else '0'} ({spell('suid_dump', value)})"
        ),
        "return_securebits": lambda _view, value: (
            f"{value:#x} ({spell('securebits', value)})" if value else "0"
        ),
        "clone_flags": _clone_flags,
        "clone_parent_tid": _new_tid(CLONE_PARENT_SETTID),
        "clone_tls": _when(CLONE_SETTLS),
        "clone_child_tid": _when(_CHILD_TID),
        "wait_status": _status_at,
        "wait_usage": _wait_usage,
        "futex_op": _futex_op,
        "futex_bitset": _futex_bitset,
        "futex_wake_op_value": _wake_operation,
        "scheduler": _scheduler,
        "personality": _personality,
        "task_name": _task_name,
        "cap_data": _cap_data,
    }
)
families({"waitid_id": _waitid_id, "cpuset": _cpu_set})
