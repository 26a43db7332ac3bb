"""Scheduling: policies with their attributes, processors, priorities of input and output."""

import errno
import os
import struct
from typing import Final

from tracekit.syscalls import constants
from tracekit.tracer.decode.registry import families, kinds, of_registers
from tracekit.tracer.decode.scalars import U32, signed32
from tracekit.tracer.decode.text import number
from tracekit.tracer.decode.view import Printer, View, pointer

_CPU_SET_MAX: Final = max(128, -(-(os.cpu_count() or 1) // 64) * 8)  # bytes; glibc's cpu_set_t has 128
_CLASS_SHIFT: Final = 13  # IOPRIO_CLASS_SHIFT, <linux/ioprio.h>

_ATTR: Final = struct.Struct("<IIQiIQQQII")  # struct sched_attr, <linux/sched/types.h>
_ATTR_MIN: Final = 48  # SCHED_ATTR_SIZE_VER0
_KEEP_POLICY, _KEEP_PARAMS = 8, 16  # SCHED_FLAG_...
_PARAMS: Final = ("sched_nice", "sched_priority", "sched_runtime", "sched_deadline", "sched_period")
_CLAMPS: Final = ("sched_util_min", "sched_util_max")
_SIZE: Final = struct.Struct("<I")


def _cpu_set(size: str) -> Printer:
    """A CPU mask: ``[0 1]``."""
    length = number(size)

    def printer(view: View, where: int) -> str:
        size = length(view) & U32
        count = min(size, _CPU_SET_MAX)
        data = view.fetch(where, count) if count else b""
        if data is None or view.failed or view.options.opaque or not where:
            return pointer(where)
        bits = int.from_bytes(data, "little")
        members = [str(at) for at in range(len(data) * 8) if bits >> at & 1]
        return f"[{' '.join([*members, *(['...'] if count < size else [])])}]"

    return printer


def _scheduler_note(_view: View, value: int) -> str:
    name = constants("scheduler").names.get(value)
    return f"{value} ({name})" if name else str(value)


def _given_attr(view: View, where: int) -> str:
    """The attributes that sched_setattr(2) is to set: their size stands in them."""
    data = view.fetch(where, _SIZE.size)
    if data is None:
        return pointer(where)
    (given,) = _SIZE.unpack(data)
    size = given or _ATTR_MIN
    known = min(size, _ATTR.size)
    if known >= _ATTR_MIN:
        data = view.fetch(where, known)
        if data is None:
            return pointer(where)
    more = size > known
    return _attr_text(view, data, known, more=more, to_set=True)


def _found_attr(size: str) -> Printer:
    """The attributes that sched_getattr(2) found, of which the kernel says how many there are."""
    length = number(size)

    def printer(view: View, where: int) -> str:
        room = length(view) & U32
        data = view.fetch(where, min(room, _ATTR.size)) if room else None
        if data is None:
            return pointer(where)
        (written,) = _SIZE.unpack_from(data.ljust(_SIZE.size, b"\0"))
        return _attr_text(view, data, written, more=False, to_set=False)

    return printer


def _attr_text(view: View, data: bytes, size: int, *, more: bool, to_set: bool) -> str:
    """As many attributes as the size is for; those that are to stay as they are, are left out."""
    full, policy, flags, *rest = _ATTR.unpack(data.ljust(_ATTR.size, b"\0"))
    shown = [f"size={full}"]
    if size >= _ATTR_MIN:
        keeps = to_set and flags & (_KEEP_POLICY | _KEEP_PARAMS)
        if not keeps or signed32(policy) < 0:
            shown.append(f"sched_policy={view.spell('scheduler', policy)}")
        shown.append(f"sched_flags={view.spell('sched_flags', flags)}")
        if not (to_set and flags & _KEEP_PARAMS):
            shown += [f"{name}={value}" for name, value in zip(_PARAMS, rest, strict=False)]
    if size >= _ATTR.size:
        shown += [f"{name}={value}" for name, value in zip(_CLAMPS, rest[len(_PARAMS) :], strict=True)]
    return "{" + ", ".join([*shown, *(["..."] if more else [])]) + "}"


def _known_size(view: View, where: int) -> str:
    """The size that the kernel takes, which it tells when it got more."""
    if view.ret != -errno.E2BIG or view.options.opaque:
        return ""
    data = view.whole(where, _SIZE.size)
    return f" => {{size={_SIZE.unpack(data)[0]}}}" if data else ""


def io_priority(view: View, value: int) -> str:
    """``IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 4)`` (<linux/ioprio.h>)."""
    value &= U32
    level = value & (1 << _CLASS_SHIFT) - 1
    return f"IOPRIO_PRIO_VALUE({view.spell('ioprio_class', value >> _CLASS_SHIFT)}, {level})"


kinds(
    {
        "ioprio": lambda view, value: view.names.word(str(signed32(value)), io_priority(view, value)),
        "return_ioprio": lambda view, value: view.names.noted(str(value), io_priority(view, value)),
        "return_scheduler": _scheduler_note,
        "sched_attr": _given_attr,
        "sched_attr_size": _known_size,
    }
)
families({"cpuset": _cpu_set, "sched_attr_out": _found_attr})
of_registers("ioprio")
