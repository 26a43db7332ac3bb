"""Processes and threads: clone, exit statuses, futexes, scheduling, credentials."""

import struct
from collections.abc import Iterator
from typing import Final

from tracekit.syscalls import constants
from tracekit.tracer.decode.files import fd
from tracekit.tracer.decode.registry import families, kinds
from tracekit.tracer.decode.scalars import U32, bare_names, names_of, signed32, spell
from tracekit.tracer.decode.signals import SIGNALS, signal_name
from tracekit.tracer.decode.structs import array_text
from tracekit.tracer.decode.text import number, string
from tracekit.tracer.decode.view import Printer, View, pointer

_CSIGNAL: Final = 0xFF
CLONE_PARENT_SETTID: Final = 0x00100000
CLONE_PIDFD: Final = 0x00001000
CLONE_SETTLS: Final = 0x00080000
_CHILD_TID: Final = 0x01200000  # CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID
_TASK_COMM_LEN: Final = 16
_CPU_SET_MAX: Final = 1024  # bytes: 8192 processors, CONFIG_NR_CPUS at its largest
_CLONE_INTO_CGROUP: Final = 1 << 33
_CLONE_ARGS_MIN, _CLONE_ARGS_SIZE = 64, 88  # CLONE_ARGS_SIZE_VER0 and VER2, <linux/sched.h>
_CLONE_ARGS: Final = (
    "flags pidfd child_tid parent_tid exit_signal stack stack_size tls set_tid set_tid_size cgroup".split()
)
_CLONE_OUT: Final = (("pidfd", CLONE_PIDFD), ("parent_tid", CLONE_PARENT_SETTID))
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
    event, status = status >> 16, status & 0xFFFF
    low, high = status & 0x7F, status >> 8
    if status == 0xFFFF:
        text, rest = "{WIFCONTINUED(s)}", 0
    elif low == 0:
        text, rest = f"{{WIFEXITED(s) && WEXITSTATUS(s) == {high}}}", status & 0x80
    elif status & 0xFF == 0x7F:
        text, rest = f"{{WIFSTOPPED(s) && WSTOPSIG(s) == {_stop_signal(high)}}}", 0
    else:
        core = " && WCOREDUMP(s)" if status & 0x80 else ""
        text, rest = f"{{WIFSIGNALED(s) && WTERMSIG(s) == {signal_name(low)}{core}}}", status & 0xFF00
    if event:
        text += f"|{spell('ptrace_event', event)}<<16"
    return f"{text}|{rest:#x}" if rest else text


def _stop_signal(number: int) -> str:
    """The signal of a stop; a tracer's stops at system calls have bit 7 set (ptrace(2))."""
    return f"{signal_name(number & 0x7F)} | 0x80" if number & 0x80 else signal_name(number)


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
        f"{shift}{_shifted('futex_wake_op', operation, 28)}|{hex(argument) if argument else '0'}<<12"
        f"|{_shifted('futex_wake_cmp', value >> 24 & 15, 24)}|{hex(value & 0xFFF) if value & 0xFFF else '0'}"
    )


def _shifted(table: str, value: int, bits: int) -> str:
    """A name and how far it is shifted; the comment on an unknown one comes last."""
    name, mark, rest = spell(table, value).partition(" ")
    return f"{name}<<{bits}{mark}{rest}"


def _cpu_set(size: str) -> Printer:
    """A CPU mask: ``[0 1]``."""
    length = number(size)

    def printer(view: View, where: int) -> str:
        count = min(length(view) & U32, _CPU_SET_MAX)
        data = view.fetch(where, count) if count else b""
        if data is None or view.failed:
            return pointer(where)
        bits = int.from_bytes(data, "little")
        members = [str(at) for at in range(len(data) * 8) if bits >> at & 1]
        limit = len(members) if view.options.verbose else view.options.string_limit
        return f"[{' '.join([*members[:limit], *(['...'] if len(members) > limit else [])])}]"

    return printer


def _scheduler_note(_view: View, value: int) -> str:
    name = constants("scheduler").names.get(value)
    return f"{value} ({name})" if name else str(value)


def _personality(_view: View, value: int) -> str:
    value &= U32
    if value == U32:
        return "0xffffffff"
    flags = value & ~0xFF
    base = spell("personality_base", value & 0xFF)
    return base + ("|" + bare_names("personality_flags", flags) if flags else "")


def _ptracer(_view: View, value: int) -> str:
    return "PR_SET_PTRACER_ANY" if signed32(value) == -1 else str(signed32(value))


def _task_name(view: View, where: int) -> str:
    """A thread's name; the kernel looks at 16 bytes of it (prctl(2))."""
    return string(view, where, min(_TASK_COMM_LEN - 1, view.options.string_limit))


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


def _clone_args(size: str) -> Printer:
    """clone3(2)'s structure, as far as its size goes and its flags give it a meaning."""
    length = number(size)

    def printer(view: View, where: int) -> str:
        data = view.fetch(where, _CLONE_ARGS_SIZE) if length(view) >= _CLONE_ARGS_MIN else None
        data = data or view.fetch(where, _CLONE_ARGS_MIN) if length(view) >= _CLONE_ARGS_MIN else None
        if data is None:
            return pointer(where)
        data = data[: length(view)]
        args = dict(
            zip(_CLONE_ARGS, struct.unpack(f"<{len(data) // 8}Q", data[: len(data) & ~7]), strict=False)
        )
        flags = args["flags"]
        view.call.saved[0] = {name: args[name] for name, bit in _CLONE_OUT if flags & bit}
        return "{" + ", ".join(_clone_members(view, args, flags)) + "}"

    return printer


def _clone_members(view: View, args: dict[str, int], flags: int) -> Iterator[str]:
    yield f"flags={spell('clone3_base', flags)}"
    for name, bit in (("pidfd", CLONE_PIDFD), ("child_tid", _CHILD_TID), ("parent_tid", CLONE_PARENT_SETTID)):
        if flags & bit:
            yield f"{name}={pointer(args[name])}"
    signal = args["exit_signal"]
    yield f"exit_signal={SIGNALS.get(signal) or signal}"
    stack_size = args["stack_size"]
    yield f"stack={pointer(args['stack'])}"
    yield f"stack_size={hex(stack_size) if stack_size else '0'}"
    if flags & CLONE_SETTLS:
        yield f"tls={pointer(args['tls'])}"
    if args.get("set_tid") or args.get("set_tid_size"):
        tids = array_text(view, args["set_tid"], args["set_tid_size"], 4, _tid)
        yield f"set_tid={tids}"
        yield f"set_tid_size={args['set_tid_size']}"
    if flags & _CLONE_INTO_CGROUP and "cgroup" in args:
        yield f"cgroup={fd(view, args['cgroup'])}"


def _tid(_view: View, data: bytes) -> str:
    return str(int.from_bytes(data, "little", signed=True))


def _clone_size_early(view: View, value: int) -> str | None:
    """The size follows at once when the kernel fills nothing in."""
    return None if view.call.saved.get(0) else str(value)


def _clone_changes(view: View, _value: int) -> str:
    """Where the kernel put the new task's tid and descriptor: `` => {parent_tid=[77]}``."""
    wanted = view.call.saved.get(0) or {}
    if not wanted or view.failed:
        return ""
    found = (f"{name}={_filled_in(view, where, name)}" for name, where in wanted.items())
    return f" => {{{', '.join(found)}}}"


def _filled_in(view: View, where: int, name: str) -> str:
    data = view.fetch(where, 4)
    if data is None:
        return pointer(where)
    value = int.from_bytes(data, "little", signed=True)
    return f"[{fd(view, value) if name == 'pidfd' else value}]"


def _clone_size_late(view: View, value: int) -> str | None:
    return str(value) if view.call.saved.get(0) else None


def _futex_waiters(count: str) -> Printer:
    """futex_waitv(2)'s array."""
    length = number(count)

    def one(_view: View, data: bytes) -> str:
        value, address, flags, reserved = struct.unpack("<QQII", data)
        more = f", __reserved={reserved:#x}" if reserved else ""
        shown = f"val={hex(value) if value else '0'}, uaddr={pointer(address)}, flags={_futex2_flags(flags)}{more}"
        return f"{{{shown}}}"

    return lambda view, where: array_text(view, where, length(view) & U32, 24, one)


def _futex2_flags(value: int) -> str:
    size = constants("futex_size").names.get(value & 3)
    rest = value & ~3
    return (size or hex(value & 3)) + (f"|{bare_names('futex_flags', rest)}" if rest else "")


kinds(
    {
        "clone_size_early": _clone_size_early,
        "clone_changes": _clone_changes,
        "clone_size_late": _clone_size_late,
        "ioprio": _ioprio,
        "return_ioprio": lambda view, value: f"{value} ({_ioprio(view, value)})",
        "return_scheduler": _scheduler_note,
        "return_personality": lambda view, value: (
            f"{hex(value) if value else '0'} ({_personality(view, value)})"
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
        "personality": _personality,
        "task_name": _task_name,
        "ptracer": _ptracer,
        "cap_data": _cap_data,
    }
)
families(
    {"clone_args": _clone_args, "futex_waiters": _futex_waiters, "waitid_id": _waitid_id, "cpuset": _cpu_set}
)
