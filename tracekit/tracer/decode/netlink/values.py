"""Payloads of netlink that are numbers, names, texts and addresses."""

from collections.abc import Callable
from typing import Final

from tracekit.tracer.decode.addresses import INET, INET6, hardware, interface, internet, internet_at
from tracekit.tracer.decode.files import fd
from tracekit.tracer.decode.members import padded
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.netlink.payloads import Payload, Print, payloads
from tracekit.tracer.decode.scalars import NO_ID, ticks
from tracekit.tracer.decode.structs import array_text
from tracekit.tracer.decode.text import counted, quoted
from tracekit.tracer.decode.view import View, pointer

_MOST_HARDWARE: Final = 32  # MAX_ADDR_LEN, linux/netdevice.h
_LONGEST: Final = 8
_MARKS_NOTHING: Final = frozenset({1, 2})  # -x and -xx: the NUL behind a text is shown

Number = Callable[[View, int], str]


def number(size: int, text: Number, *, signed: bool = False, order: str = "little") -> Print:
    """A number of so many bytes, whatever follows it."""
    big = order == "big"

    def show(view: View, payload: Payload) -> str | None:
        if payload.length < size:
            return None
        data = view.fetch(payload.address, size)
        if data is None:
            return pointer(payload.address)
        return text(view, int.from_bytes(data, "big" if big else "little", signed=signed))

    return show


def _whole(text: Number, least: int = 0) -> Print:
    """A number as wide as the payload, or as ``least`` says, up to 64 bits."""

    def show(view: View, payload: Payload) -> str | None:
        if not least <= payload.length <= _LONGEST:
            return None
        size = least or payload.length
        data = view.fetch(payload.address, size)
        return pointer(payload.address) if data is None else text(view, int.from_bytes(data, "little"))

    return show


def _named(table: str, size: str = "0") -> Print:
    """A constant or flags; a payload of more than 64 bits is something else."""
    return _whole(lambda view, value: view.spell(table, value), int(size))


def _headed(table: str, size: str) -> Print:
    """The same, whatever follows."""
    return number(int(size), lambda view, value: view.spell(table, value))


def _explained(table: str, size: str) -> Print:
    """Flags whose names no header for programs has."""
    return _whole(lambda view, value: view.names.explained(table, value), int(size))


def _hexadecimal(view: View, payload: Payload) -> str | None:
    """A number of one of C's sizes."""
    if payload.length not in {1, 2, 4, 8}:
        return None
    return number(payload.length, lambda _view, value: hexadecimal(value))(view, payload)


def _text(view: View, payload: Payload) -> str:
    """A string with the NUL that belongs to it; dots where it is missing."""
    limit = view.options.string_limit
    data = view.fetch(payload.address, min(payload.length, limit + 1))
    if data is None:
        return pointer(payload.address)
    data = data[:limit]
    marks = view.options.hex_strings
    if data.endswith(b"\0") and marks not in _MARKS_NOTHING:
        return quoted(data[:-1], marks)
    return quoted(data, marks) + "..."


def c_string(view: View, payload: Payload) -> str:
    """A string up to its first NUL; dots where there is none."""
    limit = view.options.string_limit
    size = min(payload.length, limit + 1)
    data = view.readable(payload.address, size)
    text, end, _ = data.partition(b"\0")
    if end:
        return quoted(text, view.options.hex_strings)
    if len(data) < size:
        return pointer(payload.address)
    return quoted(data[:limit], view.options.hex_strings) + "..."


def _hardware(view: View, payload: Payload, kind: int = -1) -> str | None:
    if payload.length > _MOST_HARDWARE:
        return None
    data = view.fetch(payload.address, payload.length)
    return pointer(payload.address) if data is None else hardware(view, data, kind)


def _internet(family: int, size: int) -> Print:
    def show(view: View, payload: Payload) -> str | None:
        if payload.length < size:
            return None
        data = view.fetch(payload.address, size)
        return pointer(payload.address) if data is None else internet(view, family, data)

    return show


def _clock(view: View, value: int) -> str:
    return str(value) if view.names.style == "raw" else ticks(value)


def array(size: int, text: Number, *, signed: bool = False, index: str = "") -> Print:
    """Numbers one after the other, beside their indices by name perhaps; at least one."""

    def show(view: View, payload: Payload) -> str | None:
        at = -1

        def element(view: View, data: bytes) -> str:
            nonlocal at
            at += 1
            shown = text(view, int.from_bytes(data, "little", signed=signed))
            return f"[{view.spell(index, at)}]={shown}" if index else shown

        count = payload.length // size
        return array_text(view, payload.address, count, size, element) if count else None

    return show


def _words(view: View, payload: Payload) -> str | None:
    """Bits of the groups of a netlink socket, in the program's words."""
    word = view.abi.word
    return array(word, lambda _view, value: padded(2 * word, value))(view, payload)


def _decimal(_view: View, value: int) -> str:
    return str(value)


payloads(
    {
        **{f"u{8 * size}": lambda size=size: number(size, _decimal) for size in (1, 2, 4, 8)},
        **{f"s{8 * size}": lambda size=size: number(size, _decimal, signed=True) for size in (1, 2, 4, 8)},
        **{
            f"x{8 * size}": lambda size=size: number(size, lambda _view, value: hexadecimal(value))
            for size in (1, 2, 4, 8)
        },
        "be16": lambda: number(2, lambda _view, value: f"htons({value})", order="big"),
        "be64": lambda: number(8, lambda _view, value: f"htobe64({value})", order="big"),
        "hexadecimal": lambda: _hexadecimal,
        "names": _named,
        "headed": _headed,
        "explained": _explained,
        "text": lambda: _text,
        "c_string": lambda: c_string,
        "bytes": lambda: lambda view, payload: counted(view, payload.address, payload.length),
        "fd": lambda: number(4, fd),
        "uid": lambda: number(4, lambda _view, value: "-1" if value == NO_ID else str(value)),
        "clock": lambda: _whole(_clock),
        "ifindex": lambda: number(4, interface),
        "hardware": lambda: _hardware,
        "hardware_of_family": lambda: lambda view, payload: _hardware(view, payload, payload.family),
        "in_addr": lambda: _internet(INET, 4),
        "in6_addr": lambda: _internet(INET6, 16),
        "address": lambda: (
            lambda view, payload: internet_at(view, payload.family, payload.address, payload.length)
        ),
        "ethernet": lambda: _whole(
            lambda view, value: f"htons({view.spell('vlan_protocol', (value & 0xFF) << 8 | value >> 8)})", 2
        ),
        "array": lambda size: array(int(size), _decimal),
        "indexed": lambda size, index: array(int(size), _decimal, index=index),
        "indexed_int": lambda index: array(4, _decimal, signed=True, index=index),
        "words": lambda: _words,
    }
)
