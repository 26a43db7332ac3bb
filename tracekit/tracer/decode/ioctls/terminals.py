"""Terminal settings: termios(3) in its three sizes."""

import struct
from typing import Final

from tracekit.syscalls import constants
from tracekit.tracer.decode.registry import kinds
from tracekit.tracer.decode.view import Printer, View, pointer

_CBAUD: Final = 0x100F
_IBSHIFT: Final = 16
_CSIZE: Final = 0x30
#: The fields of c_oflag that are numbers, not flags (<asm-generic/termbits.h>).
_DELAYS: Final = (
    (0x100, "nl_delay"),
    (0x600, "cr_delay"),
    (0x1800, "tab_delay"),
    (0x2000, "bs_delay"),
    (0x4000, "vt_delay"),
    (0x8000, "ff_delay"),
)
_ALL_DELAYS: Final = sum(mask for mask, _ in _DELAYS)

_TERMIO: Final = struct.Struct("<HHHHB8sx")
_TERMIOS: Final = struct.Struct("<IIIIB19s")
_TERMIOS2: Final = struct.Struct("<IIIIB19sII")


def _settings(layout: struct.Struct) -> Printer:
    """A pointer to settings of this layout; the control characters and the speeds with -v only."""

    def printer(view: View, where: int) -> str:
        data = view.fetch(where, layout.size)
        if data is None:
            return pointer(where)
        iflag, oflag, cflag, lflag, line, characters, *speeds = layout.unpack(data)
        shown = [
            f"c_iflag={view.names.bare('termios_iflag', iflag)}",
            f"c_oflag={_output(view, oflag)}",
            f"c_cflag={_control(view, cflag)}",
            f"c_lflag={view.names.bare('termios_lflag', lflag)}",
        ]
        if view.options.verbose:
            shown += [f"c_line={view.spell('line_discipline', line)}", f"c_cc={_characters(characters)}"]
            shown += [
                f"{name}={speed}" for name, speed in zip(("c_ispeed", "c_ospeed"), speeds, strict=False)
            ]
        else:
            shown.append("...")
        return "{" + ", ".join(shown) + "}"

    return printer


def _characters(values: bytes) -> str:
    """The control characters by their places; they are shown as numbers."""
    names = constants("termios_cc").names
    shown = (f"[{names.get(at, at)}]={hex(value) if value else '0'}" for at, value in enumerate(values))
    return f"[{', '.join(shown)}]"


def _output(view: View, value: int) -> str:
    delays = [view.spell(name, value & mask) for mask, name in _DELAYS]
    return "|".join([*delays, view.names.bare("termios_oflag", value & ~_ALL_DELAYS)])


def _control(view: View, value: int) -> str:
    shown = [view.spell("baud", value & _CBAUD)]
    input_speed = value >> _IBSHIFT & _CBAUD
    if input_speed:
        shift = view.names.word(hex(_IBSHIFT), "IBSHIFT")
        shown.append(f"{view.spell('baud', input_speed)}<<{shift}")
    shown.append(view.spell("character_size", value & _CSIZE))
    rest = value & ~(_CBAUD | _CBAUD << _IBSHIFT | _CSIZE)
    return "|".join([*shown, view.names.bare("termios_cflag", rest)])


kinds({"*termio": _settings(_TERMIO), "*termios": _settings(_TERMIOS), "*termios2": _settings(_TERMIOS2)})
