"""Consoles and keyboards (ioctl_console(2)): sounds, lights, key maps, accents, screen maps."""

import struct
from typing import Final

from tracekit.syscalls import constants
from tracekit.tracer.decode.ioctls.exchange import ARROW, braced, fetch_struct, keep, kept, members
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import families, kinds, printer_of
from tracekit.tracer.decode.structs import array_text
from tracekit.tracer.decode.text import quoted
from tracekit.tracer.decode.view import Printer, View, pointer

_TICKS: Final = 1193182  # PIT_TICK_RATE, of the clock that makes the sounds
_FIRST_PORT, _LAST_PORT = 0x3B4, 0x3DF  # GPFIRST, GPLAST, drivers/tty/vt/vt_ioctl.c
_MOST_ACCENTS: Final = 256
_SCREEN_MAP: Final = 256  # E_TABSZ, <linux/kd.h>
_DIRECT_BASE, _DIRECT_MASK = 0xF000, 0x1FF  # UNI_DIRECT_BASE, UNI_DIRECT_MASK
_STRING: Final = 512  # of struct kbsentry
_INT_MAX: Final = 0x7FFFFFFF
#: The names of keys by their type (KT_FN and so on, <linux/keyboard.h>).
_KEYS: Final = {
    1: "kd_key_fn_keys",
    2: "kd_key_spec_keys",
    3: "kd_key_pad_keys",
    4: "kd_key_dead_keys",
    6: "kd_key_cur_keys",
    7: "kd_key_shift_keys",
    9: "kd_key_ascii_keys",
    10: "kd_key_lock_keys",
    12: "kd_key_slock_keys",
    14: "kd_key_brl_keys",
}
_LETTERS: Final = frozenset([0, 8, 11, 13])  # KT_LATIN, KT_META, KT_LETTER, KT_DEAD2
_ESCAPES: Final = {9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 39: "\\'", 92: "\\\\"}


def character(value: int, *, escapes: bool = True) -> str:
    """A byte as a character of C."""
    if value in _ESCAPES and (escapes or value > 0x20):
        return f"'{_ESCAPES[value]}'"
    return f"'{chr(value)}'" if 0x20 <= value < 0x7F else f"'\\x{value:02x}'"


def _note(view: View, text: str) -> str:
    """A comment that -X raw does without."""
    return "" if view.names.style == "raw" else f" /* {text} */"


def _sound(view: View, value: int) -> str:
    value &= view.abi.mask
    frequency = _TICKS // value if value else 0
    return f"{value}{_note(view, f'{frequency} Hz' if frequency else 'off')}"


def _tone(view: View, value: int) -> str:
    length, count = value >> 16 & 0xFFFF, value & 0xFFFF
    note = f"{_TICKS // count} Hz, {length} ms" if length and count else "off"
    return f"{f'{length}<<16|' if length else ''}{count}{_note(view, note)}"


def _port(view: View, value: int) -> str:
    value &= view.abi.mask
    note = _note(view, f"GPFIRST + {value - _FIRST_PORT}") if _FIRST_PORT <= value <= _LAST_PORT else ""
    return hexadecimal(value) + note


def _low_byte(kind: str) -> Printer:
    inner = printer_of(kind)
    return lambda view, value: inner(view, value & 0xFF)


def _accept_signal(view: View, value: int) -> str | None:
    value &= view.abi.mask
    return printer_of("signal")(view, value) if value < _INT_MAX else str(value)


def _screen_map(view: View, address: int) -> str:
    return array_text(view, address, _SCREEN_MAP, 2, _glyph)


def _glyph(view: View, data: bytes) -> str:
    value = int.from_bytes(data, "little")
    direct = value & ~_DIRECT_MASK == _DIRECT_BASE
    return view.names.word(
        hexadecimal(value), f"UNI_DIRECT_BASE+{hexadecimal(value & _DIRECT_MASK)}" if direct else None
    )


def _key_in(view: View, address: int) -> str:
    """KDGKBENT: which key of which table."""
    data = view.task.read(address, 2) if address else b""
    if len(data) < 2:
        return pointer(address)
    keep(view, data)
    table, index = data
    names = "kd_key_tables" if table in constants("kd_key_tables").names else "kd_keymap_flags"
    return f"{{kb_table={view.spell(names, table)}, kb_index={index}"


def _key_out(view: View, address: int) -> str | None:
    if kept(view) is None:
        return None
    return "}" if view.failed else f", kb_value={_key_value(view, address)}}}"


def _key(view: View, address: int) -> str:
    """KDSKBENT: the same with what the key is to mean."""
    text = _key_in(view, address)
    return f"{text}, kb_value={_key_value(view, address)}}}" if kept(view) is not None else text


def _key_value(view: View, address: int) -> str:
    """``0x1 /* K_F2 */``, or a comment with the key's type and value where it has no name."""
    data = view.task.read(address + 2, 2)
    if len(data) < 2:
        return "???"
    value = int.from_bytes(data, "little")
    kind, low = value >> 8, value & 0xFF
    name = constants(_KEYS[kind]).names.get(value) if kind in _KEYS else None
    if name is None:
        named = constants("kd_key_types").names.get(kind, hexadecimal(kind))
        name = f"K({named}, {character(low) if kind in _LETTERS else hexadecimal(low)})"
    return hexadecimal(value) + _note(view, name)


def _string_in(view: View, address: int) -> str:
    """KDGKBSENT: of which function key the text is asked for."""
    data = view.fetch(address, 1)
    if data is None:
        return pointer(address)
    keep(view, data)
    return f"{{kb_func={view.spell('kd_key_fn_key_vals', data[0])}"


def _string_out(view: View, address: int) -> str | None:
    if kept(view) is None:
        return None
    return "}" if view.failed else f", kb_string={_string(view, address + 1)}}}"


def _string_set(view: View, address: int) -> str:
    text = _string_in(view, address)
    return f"{text}, kb_string={_string(view, address + 1)}}}" if kept(view) is not None else text


def _string(view: View, address: int) -> str:
    data = view.task.read(address, _STRING)
    text, end, _ = data.partition(b"\0")
    if not end and len(data) < _STRING:
        return "???"
    limit, style = view.options.string_limit, view.options.hex_strings
    if style in {1, 2}:  # in hexadecimal the NUL is a byte like any other
        return quoted((text + end)[:limit], style) + "..."
    more = len(text) >= limit or not end  # the NUL counts, too
    return quoted(text[:limit], style) + ("..." if more else "")


def _accents(member: str) -> Printer:
    """Combinations of characters: as many as the structure says, which has room for 256."""
    size, element = {"kbdiacr": (3, _accent), "kbdiacruc": (12, _wide_accent)}[member]

    def printer(view: View, address: int) -> str:
        data = view.fetch(address, 4)
        if data is None:
            return pointer(address)
        count = int.from_bytes(data, "little")
        text = array_text(view, address + 4, min(count, _MOST_ACCENTS), size, element)
        if count > _MOST_ACCENTS and text.endswith("}]"):
            text = f"{text[:-1]}, ...]"
        return f"{{kb_cnt={count}, {member}={text}}}"

    return printer


def _accent(_view: View, data: bytes) -> str:
    diacritic, base, result = data
    return f"{{diacr={character(diacritic)}, base={character(base)}, result={character(result)}}}"


def _wide_accent(_view: View, data: bytes) -> str:
    diacritic, base, result = (hexadecimal(value) for value in struct.unpack("<III", data))
    return f"{{diacr={diacritic}, base={base}, result={result}}}"


def _keycode_out(view: View, address: int) -> str | None:
    if kept(view) is None:
        return None
    data = b"" if view.failed else view.task.read(address + 4, 4)
    return f"{ARROW}{hexadecimal(int.from_bytes(data, 'little'))}}}" if len(data) == 4 else "}"


def _repeat_out(view: View, address: int) -> str | None:
    data = fetch_struct(view, "kbd_repeat", address) if kept(view) is not None else None
    return None if data is None else ARROW + braced(members(view, "kbd_repeat", data))


kinds(
    {
        "kd_sound": _sound,
        "kd_tone": _tone,
        "kd_port": _port,
        "kd_signal": _accept_signal,
        "kd_screen_map": _screen_map,
        "kd_key_in": _key_in,
        "kd_key_out": _key_out,
        "kd_key_set": _key,
        "kd_string_in": _string_in,
        "kd_string_out": _string_out,
        "kd_string_set": _string_set,
        "kd_keycode_out": _keycode_out,
        "kd_repeat_out": _repeat_out,
    }
)
families({"low_byte": _low_byte, "kd_accents": _accents})
