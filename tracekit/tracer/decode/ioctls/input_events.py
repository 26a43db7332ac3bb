"""Input devices (<linux/input.h>): sets of events, axes, effects, and requests of any size."""

import struct
from collections.abc import Mapping
from typing import Final

from tracekit.tracer.decode.ioctls.exchange import array_of, braced, local_array, members
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import kinds, printer_of
from tracekit.tracer.decode.requests import READ, WRITE, parts, request_family
from tracekit.tracer.decode.structs import array_text
from tracekit.tracer.decode.text import counted
from tracekit.tracer.decode.view import View, pointer

_TYPE: Final = ord("E")
_INT: Final = 4
_MOST_SHOWN: Final = 4  # bits of a set without -v
#: What EVIOCGBIT asks for, by the type of events: the names of its bits and the highest of them.
_EVENTS: Final = {
    0x00: ("input_ev", 0x1F),
    0x01: ("input_keycode", 0x2FF),
    0x02: ("input_relative_axes", 0x0F),
    0x03: ("input_abs", 0x3F),
    0x04: ("input_misc", 0x07),
    0x05: ("input_switch", 0x10),
    0x11: ("input_leds", 0x0F),
    0x12: ("input_snd", 0x07),
    0x14: ("input_autorepeat", 0x01),
    0x15: ("input_ff_types", 0x7F),
    0x17: ("input_ff_status", 0x01),
}
_POWER: Final = 0x16
#: The same of requests that have a number of their own.
_SETS: Final = {
    0x09: ("input_prop", 0x1F),
    0x18: _EVENTS[0x01],
    0x19: _EVENTS[0x11],
    0x1A: _EVENTS[0x12],
    0x1B: _EVENTS[0x05],
}
_TEXTS: Final = frozenset([0x06, 0x07, 0x08])  # EVIOCGNAME, EVIOCGPHYS, EVIOCGUNIQ
_SLOTS: Final = 0x0A  # EVIOCGMTSLOTS
#: Effects by their type: the member of the union, its structure.
_EFFECTS: Final[Mapping[int, tuple[str, str]]] = {
    0x50: ("rumble", "ff_rumble"),
    0x51: ("periodic", "ff_periodic"),
    0x52: ("constant", "ff_constant"),
    0x57: ("ramp", "ff_ramp"),
}
_EFFECT_HEAD: Final = 16  # struct ff_effect before its union
_EFFECT: Final = {8: 48, 4: 44}  # all of it, by the size of a word


def _bits(view: View, address: int, names: str, highest: int) -> str:
    """A set of bits as far as the kernel wrote it: ``[KEY_A KEY_B]``, or the words of it."""
    bits = highest if view.ret & view.abi.mask > highest // 8 else view.ret * 8
    word = view.abi.word
    size = -(-bits // (8 * word)) * word
    data = view.fetch(address, size) if size else None
    if data is None:
        return pointer(address)
    number = int.from_bytes(data, "little") & (1 << bits) - 1
    found = [bit for bit in range(bits) if number >> bit & 1]
    few = found if view.options.verbose else found[:_MOST_SHOWN]
    shown = [view.spell(names, bit) for bit in few] + ["..."] * (len(few) < len(found))
    words = local_array(view, data, *array_of("xQ" if word == 8 else "xI"))
    if view.names.style == "raw":
        return words
    return f"[{' '.join(shown)}]" + (f" /* {words} */" if view.names.style == "verbose" else "")


def _axis(view: View, address: int, size: int) -> str:
    """Struct input_absinfo, which once was shorter."""
    first, all_of_it = 5 * _INT, 6 * _INT
    data = view.fetch(address, min(size, all_of_it)) if size >= first else None
    if data is None:
        return pointer(address)
    names = ("value", "minimum", "maximum", "fuzz", "flat", "resolution")
    numbers = struct.unpack_from(f"<{len(data) // _INT}I", data)
    shown = [f"{name}={number}" for name, number in zip(names, numbers, strict=False)]
    if not view.options.verbose:
        return braced([*shown[:2], "..."])
    return braced([*shown, "..."] if size not in {first, all_of_it} else shown)


def _slots(view: View, address: int, size: int) -> str:
    count = size // _INT
    data = view.fetch(address, _INT) if count else None
    if data is None:
        return pointer(address)
    code = view.spell("input_mtslots", int.from_bytes(data, "little"))
    slots = array_text(view, address + _INT, count - 1, *array_of("i"))
    return f"{{code={code}, values={slots}}}"


def _read(view: View, address: int) -> str | None:
    """What the kernel filled in."""
    direction, _, number, size = parts(view.args[1])
    if direction != READ:
        return None
    return f", {_answer(view, address, number, size)}"


def _answer(view: View, address: int, number: int, size: int) -> str:
    if number in _TEXTS:
        return pointer(address) if view.failed else counted(view, address, view.ret)
    if number == _SLOTS:
        return _slots(view, address, size)
    if number in _SETS:
        return _bits(view, address, *_SETS[number])
    if 0x40 <= number <= 0x7F:
        return _axis(view, address, size)
    return _events(view, address, number - 0x20)


def _events(view: View, address: int, kind: int) -> str:
    """What EVIOCGBIT tells of one type of events."""
    if kind == _POWER:
        return printer_of("*int")(view, address) or ""
    return _bits(view, address, *_EVENTS[kind]) if kind in _EVENTS else pointer(address)


def _written(view: View, address: int) -> str | None:
    """What the program tells the kernel."""
    direction, _, number, size = parts(view.args[1])
    if direction == WRITE:
        return _axis(view, address, size) if number >= 0xC0 else pointer(address)
    return None if direction == READ else hexadecimal(address)


def _keycode(view: View, address: int) -> str:
    data = view.fetch(address, 2 * _INT)
    if data is None:
        return pointer(address)
    scancode, key = struct.unpack("<II", data)
    return f"[{scancode}, {view.spell('input_keycode', key)}]"


def _effect(view: View, address: int) -> str:
    """Struct ff_effect: with -v, what its type has."""
    data = view.fetch(address, _EFFECT[view.abi.word])
    if data is None:
        return pointer(address)
    kind, number, direction = struct.unpack_from("<HhH", data)
    shown = [f"type={view.spell('input_ff_types', kind)}", f"id={number}", f"direction={direction}"]
    if not view.options.verbose:
        return braced([*shown, "..."])
    shown += [f"{name}={text}" for name, text in _parts_of_effect(view, kind, data)]
    return braced(shown)


def _parts_of_effect(view: View, kind: int, data: bytes) -> list[tuple[str, str]]:
    found = [("trigger", "ff_trigger", 6), ("replay", "ff_replay", 10)]
    if kind in _EFFECTS:
        found.append((*_EFFECTS[kind], _EFFECT_HEAD))
    return [(name, braced(members(view, row, data[at:]))) for name, row, at in found]


request_family(_TYPE, _written, _read)
kinds({"keycode": _keycode, "ff_effect": _effect})
