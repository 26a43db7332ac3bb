"""Making tasks: clone(2) with its registers, clone3(2) with its structure."""

import struct
from collections.abc import Iterator
from typing import Final

from tracekit.tracer.decode.files import fd
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import families, kinds
from tracekit.tracer.decode.segments import segment
from tracekit.tracer.decode.signals import styled_signal
from tracekit.tracer.decode.structs import array_text, beyond
from tracekit.tracer.decode.text import number
from tracekit.tracer.decode.view import Printer, View, pointer

# <linux/sched.h>
_CSIGNAL: Final = 0xFF
_PIDFD: Final = 0x00001000
_SETTLS: Final = 0x00080000
_PARENT_SETTID: Final = 0x00100000
_CHILD_TID: Final = 0x01200000  # CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID
_INTO_CGROUP: Final = 1 << 33
_ARGS_MIN, _ARGS_MAX = 64, 88  # CLONE_ARGS_SIZE_VER0 and VER2
_CGROUP_AT: Final = 80  # where the last member begins
_WORDS: Final = struct.Struct("<11Q")
_MOST_TIDS: Final = 32  # MAX_PID_NS_LEVEL, <linux/pid_namespace.h>
_INT_MAX: Final = 0x7FFFFFFF
_TAIL: Final = "tail"

#: struct clone_args, a number of 64 bits each.
_ARGS: Final = [
    "flags",
    "pidfd",
    "child_tid",
    "parent_tid",
    "exit_signal",
    "stack",
    "stack_size",
    "tls",
    "set_tid",
    "set_tid_size",
    "cgroup",
]
#: Members that point to what the kernel fills in, and the flags that have it do so.
_OUT: Final = (("pidfd", _PIDFD), ("parent_tid", _PARENT_SETTID))


def _clone_flags(view: View, value: int) -> str:
    """``CLONE_VM|SIGCHLD``: flags, and in the low byte the signal for the parent."""
    shown = []
    flags = value & ~_CSIGNAL
    if flags:
        shown.append(view.spell("clone_base", flags))
    low = value & _CSIGNAL
    if low or not flags:
        shown.append(styled_signal(view.names, low))
    return "|".join(shown)


def _new_task(view: View, where: int) -> str | None:
    """Where clone(2) put a tid, or the descriptor of the new task, when the flags asked for either."""
    flags = view.args[0]
    if not flags & (_PARENT_SETTID | _PIDFD):
        return None
    return _filled_in(view, where, "pidfd" if not flags & _PARENT_SETTID else "parent_tid")


def _when(bit: int) -> Printer:
    """An address that counts only with one of these clone flags."""
    return lambda view, value: pointer(value) if view.args[0] & bit else None


def _clone_args(size: str) -> Printer:
    """clone3(2)'s structure, as far as its size goes and its flags give it a meaning."""
    length = number(size)

    def printer(view: View, where: int) -> str:
        known = min(length(view), _ARGS_MAX)
        data = view.fetch(where, known) if known >= _ARGS_MIN else None
        if data is None:
            return pointer(where)
        args = dict(zip(_ARGS, _WORDS.unpack(data.ljust(_ARGS_MAX, b"\0")), strict=True))
        flags = args["flags"]
        changes = {name: args[name] for name, bit in _OUT if flags & bit}
        if length(view) > _ARGS_MAX:
            changes[_TAIL] = where
        view.call.remember(0, changes)
        shown = list(_clone_members(view, args, flags))
        if known > _CGROUP_AT and (args["cgroup"] or flags & _INTO_CGROUP):
            shown.append(f"cgroup={args['cgroup']}")
        return "{" + ", ".join(shown) + beyond(view, where, _ARGS_MAX, length(view)) + "}"

    return printer


def _clone_members(view: View, args: dict[str, int], flags: int) -> Iterator[str]:
    yield f"flags={view.spell('clone3_base', flags)}"
    for name, bit in (("pidfd", _PIDFD), ("child_tid", _CHILD_TID), ("parent_tid", _PARENT_SETTID)):
        if flags & bit:
            yield f"{name}={pointer(args[name])}"
    signal = args["exit_signal"]
    yield f"exit_signal={styled_signal(view.names, signal) if signal < _INT_MAX else signal}"
    yield f"stack={pointer(args['stack'])}"
    yield f"stack_size={hexadecimal(args['stack_size'])}"
    if flags & _SETTLS:
        yield f"tls={_thread_storage(view, args['tls'])}"
    where, count = args["set_tid"], args["set_tid_size"]
    if where or count:
        array = 0 < count <= _MOST_TIDS and where
        yield f"set_tid={array_text(view, where, count, 4, _tid) if array else pointer(where)}"
        yield f"set_tid_size={count}"


def _thread_storage(view: View, value: int) -> str:
    """An address; for 32-bit programs of x86 it is a segment's."""
    return segment(view, value) if view.call.arch == "i386" else pointer(value)


def _task(view: View, data: bytes) -> str:
    return view.names.task(int.from_bytes(data, "little", signed=True), "tid")


def _tid(_view: View, data: bytes) -> str:
    return str(int.from_bytes(data, "little", signed=True))


def _clone_size_early(view: View, value: int) -> str | None:
    """The size follows at once when the kernel fills nothing in."""
    return None if view.call.saved.get(0) else str(value)


def _clone_changes(view: View, _value: int) -> str:
    """Where the kernel put the new task's tid and descriptor: `` => {parent_tid=[77]}``."""
    wanted = dict(view.call.saved.get(0) or {})
    where = wanted.pop(_TAIL, None)
    if view.failed:
        return ""
    more = ""
    shown = [f"{name}={_filled_in(view, at, name)}" for name, at in wanted.items()]
    if where is not None:
        more = beyond(view, where, _ARGS_MAX, view.args[1])
    text = (", ".join(shown) + more).removeprefix(", ")
    return f" => {{{text}}}" if text else ""


def _filled_in(view: View, where: int, name: str) -> str:
    data = view.fetch(where, 4)
    if data is None:
        return pointer(where)
    shown = fd(view, int.from_bytes(data, "little", signed=True)) if name == "pidfd" else _task(view, data)
    return f"[{shown}]"


def _clone_size_late(view: View, value: int) -> str | None:
    return str(value) if view.call.saved.get(0) else None


kinds(
    {
        "clone_flags": _clone_flags,
        "clone_parent_tid": _new_task,
        "clone_tls": _when(_SETTLS),
        "clone_child_tid": _when(_CHILD_TID),
        "clone_size_early": _clone_size_early,
        "clone_changes": _clone_changes,
        "clone_size_late": _clone_size_late,
    }
)
families({"clone_args": _clone_args})
