"""Making tasks: clone(2) with its registers, clone3(2) with its structure."""

import struct
from collections.abc import Iterator
from typing import Final

from tracekit.tracer.decode.files import fd
from tracekit.tracer.decode.registry import families, kinds
from tracekit.tracer.decode.segments import segment
from tracekit.tracer.decode.signals import SIGNALS, styled_signal
from tracekit.tracer.decode.structs import array_text
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


def _clone_args(size: str) -> Printer:
    """clone3(2)'s structure, as far as its size goes and its flags give it a meaning."""
    length = number(size)

    def printer(view: View, where: int) -> str:
        data = view.fetch(where, _ARGS_MAX) if length(view) >= _ARGS_MIN else None
        data = data or view.fetch(where, _ARGS_MIN) if length(view) >= _ARGS_MIN else None
        if data is None:
            return pointer(where)
        data = data[: length(view)]
        args = dict(zip(_ARGS, struct.unpack(f"<{len(data) // 8}Q", data[: len(data) & ~7]), strict=False))
        flags = args["flags"]
        view.call.remember(0, {name: args[name] for name, bit in _OUT if flags & bit})
        return "{" + ", ".join(_clone_members(view, args, flags)) + "}"

    return printer


def _clone_members(view: View, args: dict[str, int], flags: int) -> Iterator[str]:
    yield f"flags={view.spell('clone3_base', flags)}"
    for name, bit in (("pidfd", _PIDFD), ("child_tid", _CHILD_TID), ("parent_tid", _PARENT_SETTID)):
        if flags & bit:
            yield f"{name}={pointer(args[name])}"
    signal = args["exit_signal"]
    yield f"exit_signal={styled_signal(view.names, signal)}"
    stack_size = args["stack_size"]
    yield f"stack={pointer(args['stack'])}"
    yield f"stack_size={hex(stack_size) if stack_size else '0'}"
    if flags & _SETTLS:
        yield f"tls={_thread_storage(view, args['tls'])}"
    if args.get("set_tid") or args.get("set_tid_size"):
        tids = array_text(view, args["set_tid"], args["set_tid_size"], 4, _tid)
        yield f"set_tid={tids}"
        yield f"set_tid_size={args['set_tid_size']}"
    if flags & _INTO_CGROUP and "cgroup" in args:
        yield f"cgroup={fd(view, args['cgroup'])}"


def _thread_storage(view: View, value: int) -> str:
    """An address; for 32-bit programs of x86 it is a segment's."""
    return segment(view, value) if view.call.arch == "i386" else pointer(value)


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


kinds(
    {
        "clone_flags": _clone_flags,
        "clone_parent_tid": _new_tid(_PARENT_SETTID),
        "clone_tls": _when(_SETTLS),
        "clone_child_tid": _when(_CHILD_TID),
        "clone_size_early": _clone_size_early,
        "clone_changes": _clone_changes,
        "clone_size_late": _clone_size_late,
    }
)
families({"clone_args": _clone_args})
