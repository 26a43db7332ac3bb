"""ioctl(2): requests by name or by their parts, terminal settings."""

import struct
from typing import Final

from tracekit.syscalls import constants
from tracekit.tracer.decode.registry import kinds
from tracekit.tracer.decode.scalars import U32
from tracekit.tracer.decode.view import View, pointer

_DIRECTIONS: Final = ("_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE")
_TERMIOS: Final = struct.Struct("<IIIIB19s")
_CBAUD: Final = 0x100F
_IBSHIFT: Final = 16
_CSIZE: Final = 0x30
#: The fields of c_oflag that are numbers, not flags: mask and the names' prefix (<asm-generic/termbits.h>).
_DELAYS: Final = (
    (0x100, "NL"),
    (0x600, "CR"),
    (0x1800, "TAB"),
    (0x2000, "BS"),
    (0x4000, "VT"),
    (0x8000, "FF"),
)


def _request(_view: View, value: int) -> str:
    """``FIONREAD``, or ``_IOC(_IOC_READ, 0x54, 0x30, 0x4)`` as <asm-generic/ioctl.h> puts it together."""
    value &= U32
    name = constants("ioctl_name").names.get(value)
    if name:
        return name
    parts = (value >> 8 & 0xFF, value & 0xFF, value >> 16 & 0x3FFF)
    return f"_IOC({_DIRECTIONS[value >> 30]}, {', '.join(hex(part) if part else '0' for part in parts)})"


def _termios(view: View, where: int) -> str:
    """Terminal settings; the control characters with -v only (termios(3))."""
    data = view.fetch(where, _TERMIOS.size)
    if data is None:
        return pointer(where)
    iflag, oflag, cflag, lflag, line, characters = _TERMIOS.unpack(data)
    shown = [
        f"c_iflag={_flags(view, 'termios_iflag', iflag)}",
        f"c_oflag={_output(view, oflag)}",
        f"c_cflag={_control(view, cflag)}",
        f"c_lflag={_flags(view, 'termios_lflag', lflag)}",
    ]
    if view.options.verbose:
        shown += [f"c_line={view.spell('line_discipline', line)}", f"c_cc={_characters(characters)}"]
    else:
        shown.append("...")
    return "{" + ", ".join(shown) + "}"


def _characters(values: bytes) -> str:
    """The control characters by their places; as text, those that are shown are numbers."""
    names = constants("termios_cc").names
    shown = (f"[{names.get(at, at)}]={hex(value) if value else '0'}" for at, value in enumerate(values))
    return f"[{', '.join(shown)}]"


def _flags(view: View, table: str, value: int) -> str:
    """Flags by name, without a comment, and nothing at all for none."""
    return view.names.bare(table, value) if value else ""


def _output(view: View, value: int) -> str:
    delays = [_delay(name, (value & mask) // (mask & -mask)) for mask, name in _DELAYS]
    return "|".join([*delays, _flags(view, "termios_oflag", value & ~0xFF00)])


def _delay(name: str, value: int) -> str:
    return "XTABS" if name == "TAB" and value == 3 else f"{name}{value}"


def _control(view: View, value: int) -> str:
    speed = view.spell("baud", value & _CBAUD)
    shown = [speed]
    input_speed = value >> _IBSHIFT & _CBAUD
    if input_speed:
        shown.append(f"{view.spell('baud', input_speed)}<<IBSHIFT")
    shown.append(f"CS{5 + (value & _CSIZE) // 0x10}")
    rest = value & ~(_CBAUD | _CBAUD << _IBSHIFT | _CSIZE)
    return "|".join([*shown, _flags(view, "termios_cflag", rest)])


kinds({"ioctl_cmd": _request, "*termios": _termios})
