"""What ptrace(2) is asked for, and what it gives back."""

import struct
from collections.abc import Iterator
from typing import Final

from tracekit.syscalls import errno_name, packings
from tracekit.tracer.decode.filters import program_text, seccomp_operand
from tracekit.tracer.decode.names import Names, hexadecimal
from tracekit.tracer.decode.registers import NT_FPREGSET, NT_PRSTATUS, register_set, user_offset
from tracekit.tracer.decode.registry import captures, kinds, of_registers
from tracekit.tracer.decode.siginfo import Beholder, beholder, call_name, siginfo_array
from tracekit.tracer.decode.view import Printer, View, pointer

_IOVEC: Final = packings("PN")
_PEEK: Final = struct.Struct("<QII")  # struct ptrace_peeksiginfo_args
_METADATA: Final = struct.Struct("<QQ")  # struct seccomp_metadata
_WORD: Final = struct.Struct("<Q")

# struct ptrace_syscall_info, <linux/ptrace.h>: where its members end
_HEAD: Final = struct.Struct("<B3xIQQ")
_ARCH_END, _PROGRAM_END, _STACK_END, _FIRST_END = 8, 16, 24, 32
_EXIT_END, _MOST = 33, 84
_IS_ENTRY, _IS_EXIT, _IS_SECCOMP = 1, 2, 3
_RET_DATA: Final = 80


def _whole_set(kind: int) -> Printer:
    """All registers of a kind."""

    def printer(view: View, where: int) -> str:
        known = 27 * 8 if kind == NT_PRSTATUS else 512
        narrow = 17 * 4 if kind == NT_PRSTATUS else 27 * 4
        return register_set(view, where, known if view.abi.word == 8 else narrow, kind)

    return printer


def _buffer(view: View, where: int) -> tuple[int, int] | None:
    """Where registers are to go or come from, and how many bytes; known whether the call failed or not."""
    packing = _IOVEC[view.abi]
    if not where or view.options.opaque:
        return None
    data = view.whole(where, packing.size)
    return packing.unpack(data) if data else None


def _room(view: View, where: int) -> int | None:
    """How many bytes there was room for, before the kernel says how many it filled."""
    found = _buffer(view, where)
    return None if found is None else found[1]


def _found_registers(view: View, where: int) -> str:
    """PTRACE_GETREGSET: registers, and the size that was filled."""
    found = _buffer(view, where)
    room = view.call.saved.get(3)
    if found is None or room is None:
        return pointer(where)
    base, size = found
    shown = str(size) if size == room else f"{room} => {size}"
    return f"{{iov_base={register_set(view, base, size, view.args[2])}, iov_len={shown}}}"


def _given_registers(view: View, where: int) -> str:
    """PTRACE_SETREGSET: the same without its end, for the kernel changes the size."""
    found = _buffer(view, where)
    if found is None:
        return pointer(where)
    base, size = found
    view.call.remember(3, size)
    return f"{{iov_base={register_set(view, base, size, view.args[2])}, iov_len={size}"


def _taken_registers(view: View, where: int) -> str:
    """The end: how many bytes the kernel took."""
    room = view.call.saved.get(3)
    if room is None:
        return ""
    found = _buffer(view, where)
    return f" => {found[1]}}}" if found is not None and found[1] != room else "}"


def _peek_args(view: View, where: int) -> str:
    """Which of the signals that wait are to be shown."""
    data = view.fetch(where, _PEEK.size)
    if data is None:
        return pointer(where)
    offset, flags, count = _PEEK.unpack(data)
    return f"{{off={offset}, flags={view.spell('peeksiginfo_flags', flags)}, nr={count}}}"


def _metadata(view: View, where: int) -> str:
    """Which filter is asked about; what is said of it comes at exit."""
    data = view.fetch(where, _WORD.size) if view.args[2] >= _WORD.size else None
    if data is None:
        return pointer(where)
    view.call.remember(3, True)
    return f"{{filter_off={_WORD.unpack(data)[0]}"


def _metadata_flags(view: View, where: int) -> str:
    """The filter's flags, as far as the kernel filled them in."""
    if not view.call.saved.get(3):
        return ""
    size = view.ret
    if view.failed or size <= _WORD.size:
        return "}"
    data = view.fetch(where + _WORD.size, _WORD.size) if size >= _METADATA.size else None
    if data is None:
        return ", ???}"
    more = ", ..." if size > _METADATA.size else ""
    return f", flags={view.spell('seccomp_filter_flags', _WORD.unpack(data)[0])}{more}}}"


def _syscall_info(view: View, where: int) -> str:
    """What system call a task stands at, as far as its size goes."""
    size = 0 if view.failed else min(view.args[2], view.ret, _MOST)
    data = view.fetch(where, size) if size else None
    return pointer(where) if data is None else "{" + ", ".join(_info_members(view, data)) + "}"


def _info_members(view: View, data: bytes) -> Iterator[str]:
    operation, arch, program, stack = _HEAD.unpack(data[: _HEAD.size].ljust(_HEAD.size, b"\0"))
    yield f"op={view.spell('syscall_info_op', operation)}"
    if len(data) >= _ARCH_END:
        yield f"arch={view.spell('audit_arch', arch)}"
    if len(data) >= _PROGRAM_END:
        yield f"instruction_pointer={pointer(program)}"
    if len(data) >= _STACK_END:
        yield f"stack_pointer={pointer(stack)}"
    if len(data) < _FIRST_END:
        return
    if operation == _IS_ENTRY:
        yield f"entry={{{', '.join(_call_members(beholder(view), data[:_RET_DATA], arch))}}}"
    elif operation == _IS_SECCOMP:
        yield f"seccomp={{{', '.join(_call_members(beholder(view), data, arch))}}}"
    elif operation == _IS_EXIT:
        yield f"exit={{{', '.join(_exit_members(view.names, data))}}}"


def _call_members(by: Beholder, data: bytes, arch: int) -> Iterator[str]:
    """A call's number and arguments; for a filter's sake also what the filter said."""
    yield f"nr={call_name(by, _WORD.unpack_from(data, _STACK_END)[0], arch)}"
    count = min((len(data) - _FIRST_END) // 8, 6)
    if count:
        args = struct.unpack_from(f"<{count}Q", data, _FIRST_END)
        yield f"args=[{', '.join(map(hexadecimal, args))}]"
    if len(data) >= _MOST:
        yield f"ret_data={struct.unpack_from('<I', data, _RET_DATA)[0]}"


def _exit_members(names: Names, data: bytes) -> Iterator[str]:
    """What a call returned, which is an error or not."""
    (value,) = struct.unpack_from("<q", data, _STACK_END)
    known = len(data) >= _EXIT_END
    error = errno_name(-value) if known and data[_EXIT_END - 1] and value < 0 else ""
    yield f"rval={names.word(str(value), f'-{error}' if error else None)}"
    if known:
        yield f"is_error={data[_EXIT_END - 1]}"


kinds(
    {
        "user_offset": user_offset,
        "registers": _whole_set(NT_PRSTATUS),
        "fp_registers": _whole_set(NT_FPREGSET),
        "registers_found": _found_registers,
        "registers_given": _given_registers,
        "registers_taken": _taken_registers,
        "peeksiginfo_args": _peek_args,
        "siginfos": lambda view, where: siginfo_array(view, where, view.ret),
        "seccomp_program": lambda view, where: program_text(view, where, view.ret, seccomp_operand),
        "seccomp_metadata": _metadata,
        "seccomp_metadata_flags": _metadata_flags,
        "syscall_info": _syscall_info,
    }
)
captures({"registers_found": _room})
of_registers("user_offset")
