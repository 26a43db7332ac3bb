"""Segments of x86: struct user_desc of <asm/ldt.h>, as thread-local storage and the LDT take it."""

import struct
from typing import Final

from tracekit.syscalls import errno_name, errno_text
from tracekit.tracer.decode.registry import families, kinds, of_registers
from tracekit.tracer.decode.scalars import U32, zero_padded
from tracekit.tracer.decode.view import Printer, View, pointer

_DESCRIPTOR: Final = struct.Struct("<IIII")
_ERRORS: Final = 4096  # MAX_ERRNO, <linux/err.h>
_SETTLS: Final = 0x00080000  # CLONE_SETTLS, <linux/sched.h>

#: The bit field behind the numbers: name, where it begins, how many bits it has.
_BITS: Final = (
    ("seg_32bit", 0, 1),
    ("contents", 1, 2),
    ("read_exec_only", 3, 1),
    ("limit_in_pages", 4, 1),
    ("seg_not_present", 5, 1),
    ("useable", 6, 1),
)
_LONG_MODE: Final = ("lm", 7, 1)  # of 64-bit programs alone


def _number(value: int) -> str:
    return "-1" if value == U32 else str(value)


def _rest(view: View, base: int, limit: int, bits: int) -> str:
    """The members behind the entry's number."""
    fields = _BITS if view.abi.word == 4 else (*_BITS, _LONG_MODE)
    shown = [f"base_addr={zero_padded(base, 8)}", f"limit={zero_padded(limit, 8)}"]
    shown += [f"{name}={bits >> at & (1 << size) - 1}" for name, at, size in fields]
    return ", ".join(shown)


def segment(view: View, where: int) -> str:
    """The structure behind a pointer."""
    data = view.fetch(where, _DESCRIPTOR.size)
    if data is None:
        return pointer(where)
    entry, *others = _DESCRIPTOR.unpack(data)
    return f"{{entry_number={_number(entry)}, {_rest(view, *others)}}}"


def _sized_segment(size: str) -> Printer:
    """modify_ldt(2)'s segment, when the size says that it is one."""
    index = int(size)
    return lambda view, where: (
        segment(view, where) if view.args[index] == _DESCRIPTOR.size else pointer(where)
    )


def _modified(view: View, value: int) -> str:
    """modify_ldt(2)'s return value; an error of it is cut down to 32 bits, and is one still."""
    code = (1 << 32) - value
    view.call.is_error = 0 < code < _ERRORS
    return f"{value} {errno_name(code)} ({errno_text(code)})" if view.call.is_error else str(value)


def _entry(view: View, where: int) -> int | None:
    """The number of the entry that get_thread_area(2) is asked for."""
    data = view.fetch(where, 4)
    return None if data is None else int.from_bytes(data, "little")


def _segment_number(view: View, where: int) -> str:
    entry = _entry(view, where)
    view.call.remember(0, entry)
    return pointer(where) if entry is None else f"{{entry_number={_number(entry)}"


def _segment_rest(view: View, where: int) -> str:
    """What get_thread_area(2) filled in behind the number."""
    before, data = view.call.saved.get(0), view.fetch(where, _DESCRIPTOR.size)
    if before is None:
        return ""
    if data is None:
        return ", ...}"
    entry, *others = _DESCRIPTOR.unpack(data)
    changed = "" if entry == before else f" => {_number(entry)}"
    return f"{changed}, {_rest(view, *others)}}}"


def _allotted(view: View, value: int) -> str:
    """set_thread_area(2)'s return value, and which entry the kernel chose."""
    data = view.fetch(view.args[0], _DESCRIPTOR.size)
    return str(value) if data is None else f"{value} (entry_number={_DESCRIPTOR.unpack(data)[0]})"


def _thread_segment(view: View, where: int) -> str | None:
    """The segment of a new thread's storage, when clone(2)'s flags say that there is one."""
    return segment(view, where) if view.args[0] & _SETTLS else None


kinds(
    {
        "segment": segment,
        "segment_number": _segment_number,
        "segment_rest": _segment_rest,
        "return_thread_area": _allotted,
        "return_modify_ldt": _modified,
        "clone_tls_segment": _thread_segment,
    }
)
families({"sized_segment": _sized_segment})
of_registers("return_modify_ldt")
