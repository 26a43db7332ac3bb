"""Descriptors, files and directories."""

import struct
from collections.abc import Callable
from typing import Final

from tracekit.tracer.decode.names import WORDS, hexadecimal
from tracekit.tracer.decode.registry import captures, families, kinds, printer_of
from tracekit.tracer.decode.scalars import U32, octal, signed32
from tracekit.tracer.decode.structs import array_text, beyond
from tracekit.tracer.decode.text import number
from tracekit.tracer.decode.view import Printer, Task, View, pointer

_OPEN_HOW: Final = struct.Struct("<QQQ")  # <linux/openat2.h>
AT_FDCWD: Final = -100  # <linux/fcntl.h>
O_CREAT: Final = 0x40
O_TMPFILE: Final = 0x400000
_INT_RANGE: Final = 1 << 31
_MANY: Final = 65536  # NGROUPS_MAX, <linux/limits.h>


def fd(view: View, value: int) -> str:
    """A descriptor with what it stands for: ``3</etc/passwd>``."""
    value = signed32(value)
    return described(view.task, value) if view.options.annotate else str(value)


def described(task: Task, value: int) -> str:
    """A descriptor of a task, where such are annotated."""
    return f"{value}{task.describe(value)}" if value >= 0 else str(value)


def _new_fd(view: View, value: int) -> str:
    """A descriptor that a call returned; an injected value may be none."""
    return fd(view, value) if -_INT_RANGE <= value < _INT_RANGE else str(value)


def dirfd(view: View, value: int) -> str:
    """A directory's descriptor, or the working directory."""
    if signed32(value) != AT_FDCWD:
        return fd(view, value)
    text = view.names.word(str(AT_FDCWD), "AT_FDCWD")
    return text + view.task.cwd() if view.options.annotate else text


def open_flags(_view: View, value: int) -> str:
    """``O_RDWR|O_CREAT``: the access mode is a number of two bits, the rest are flags."""
    return open_flags64(_view, value & U32)


def open_flags64(view: View, value: int) -> str:
    """The same for openat2(2), which looks at 64 bits."""
    return view.names.word(hexadecimal(value), open_words(value))


def open_words(value: int) -> str:
    """The same by name, whatever -X says: so strace has them beside a return value."""
    return WORDS.spell("access_modes", value & 3) + WORDS.more("creation_flags", value & ~3)


def _open_how(view: View, address: int) -> str:
    """Struct open_how of openat2(2), which the program says the size of; the mode when there may be one."""
    size = view.args[3]
    data = view.fetch(address, min(size, _OPEN_HOW.size)) if size >= _OPEN_HOW.size else None
    if data is None:
        return pointer(address)
    flags, mode, resolve = _OPEN_HOW.unpack(data)
    shown = [f"flags={open_flags64(view, flags)}"]
    if mode or flags & (O_CREAT | O_TMPFILE):
        shown.append(f"mode={octal(mode)}")
    shown.append(f"resolve={view.spell('resolve_flags', resolve)}")
    return f"{{{', '.join(shown)}{beyond(view, address, _OPEN_HOW.size, size)}}}"


def _mode_with(mask: int) -> Callable[[str], Printer]:
    """The mode of something new, there only when the flags say that there may be one."""

    def family(flags: str) -> Printer:
        index = int(flags)
        return lambda view, value: octal(value & 0xFFFF) if view.args[index] & mask else None

    return family


def _fd_pair(view: View, address: int) -> str:
    """Two new descriptors: ``[3, 4]``."""
    return array_text(view, address, 2, 4, lambda v, data: fd(v, int.from_bytes(data, "little")))


def _offset(view: View, address: int) -> str:
    """A pointer to a file offset of 64 bits, whatever the ABI: ``[100]``."""
    return _offset_of(view, address, 8, signed=True)


def _offset_of(view: View, address: int, size: int, *, signed: bool = False) -> str:
    """sendfile(2)'s offsets print without a sign, the others with one."""
    data = view.fetch(address, size)
    return pointer(address) if data is None else f"[{int.from_bytes(data, 'little', signed=signed)}]"


def _change(view: View, address: int, size: int) -> str:
    """Where an offset that was printed at entry is now: `` => [200]``."""
    return f" => {_offset_of(view, address, size)}" if view.ret and not view.failed else ""


def _had(view: View, address: int, size: int) -> bool | None:
    """Whether there was such a number at entry."""
    return True if len(view.readable(address, size)) == size else None


def _fanotify_init(view: View, value: int) -> str:
    rest = value & U32 & ~0xC
    more = f"|{view.spell('fanotify_init_rest', rest)}" if rest else ""
    return view.spell("fanotify_class", value & 0xC) + more


def _fanotify_dirfd(view: View, value: int) -> str:
    """A directory's descriptor, or none."""
    return view.names.word("-1", "FAN_NOFD") if signed32(value) == -1 else dirfd(view, value)


def _groups(element: str, count: str) -> Printer:
    """Group ids: the kernel takes no more than NGROUPS_MAX of them."""
    inner = printer_of(element)
    length = number(count)
    size = 2 if element == "uid16" else 4

    def one(view: View, data: bytes) -> str:
        return inner(view, int.from_bytes(data, "little")) or ""

    def printer(view: View, address: int) -> str | None:
        many = signed32(length(view))  # an int, whatever stands above it in the register
        return array_text(view, address, many, size, one) if 0 <= many <= _MANY else pointer(address)

    return printer


kinds(
    {
        "fd": fd,
        "return_fd": _new_fd,
        "dirfd": dirfd,
        "open_flags": open_flags,
        "open_flags64": open_flags64,
        "fd_pair": _fd_pair,
        "offset": _offset,
        "off64_t": lambda view, address: _offset_of(view, address, 8),
        "off64_t_change": lambda view, address: _change(view, address, 8),
        "off_t": lambda view, address: _offset_of(view, address, view.abi.word),
        "off_t_change": lambda view, address: _change(view, address, view.abi.word),
        "open_how": _open_how,
        "fanotify_dirfd": _fanotify_dirfd,
        "fanotify_init_flags": _fanotify_init,
    }
)
captures(
    {
        "off64_t_change": lambda view, address: _had(view, address, 8),
        "off_t_change": lambda view, address: _had(view, address, view.abi.word),
    }
)
families(
    {
        "open_mode": _mode_with(O_CREAT | O_TMPFILE),
        "creation_mode": _mode_with(O_CREAT),
        "groups": _groups,
    }
)
