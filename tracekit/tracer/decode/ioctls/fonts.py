"""Fonts of consoles, and what their glyphs stand for (<linux/kd.h>)."""

from typing import Final

from tracekit.tracer.decode.ioctls.exchange import (
    ARROW,
    braced,
    fetch_struct,
    keep,
    kept,
    peek_struct,
    values,
)
from tracekit.tracer.decode.registry import families, kinds
from tracekit.tracer.decode.structs import array_text, layouts
from tracekit.tracer.decode.text import counted, quoted
from tracekit.tracer.decode.view import Printer, View, pointer

_ENOMEM: Final = 12
_MOST_GLYPHS: Final = 512
_GLYPH_HEIGHT: Final = 32
_FONT_NAME: Final = 32  # MAX_FONT_NAME, drivers/tty/vt/vt.c
_SET, _GET, _SET_DEFAULT, _COPY = range(4)  # KD_FONT_OP_SET, ...


def _map_in(view: View, address: int) -> str:
    """GIO_UNIMAP: for how many entries there is room."""
    data = fetch_struct(view, "unimapdesc", address)
    if data is None:
        return pointer(address)
    count = int(values(view, "unimapdesc", data)[0])
    keep(view, count)
    return f"{{entry_ct={count}"


def _map_out(view: View, address: int) -> str | None:
    room = kept(view)
    if not isinstance(room, int):
        return None
    data = peek_struct(view, "unimapdesc", address)
    if data is None:
        return pointer(address) + "}"
    count, where = (int(value) for value in values(view, "unimapdesc", data))
    failed = view.failed and view.ret != -_ENOMEM
    entries = pointer(where) if failed else _entries(view, where, room)
    return f"{ARROW}{count}, entries={entries}}}"


def _map(view: View, address: int) -> str:
    data = fetch_struct(view, "unimapdesc", address)
    if data is None:
        return pointer(address)
    count, where = (int(value) for value in values(view, "unimapdesc", data))
    return f"{{entry_ct={count}, entries={_entries(view, where, count)}}}"


def _entries(view: View, address: int, count: int) -> str:
    one = layouts("unipair")[view.abi]
    return array_text(view, address, count, one.packing.size, one.text)


def _font(view: View, data: bytes, *, glyphs: bool) -> str:
    count, height, where = (int(value) for value in values(view, "consolefontdesc", data))
    size = min(count, _MOST_GLYPHS) * _GLYPH_HEIGHT
    text = counted(view, where, size, 2) if glyphs else pointer(where)
    return f"{{charcount={count}, charheight={height}, chardata={text}}}"


def _font_in(direction: str) -> Printer:
    def printer(view: View, address: int) -> str:
        data = fetch_struct(view, "consolefontdesc", address)
        keep(view, data)
        return pointer(address) if data is None else _font(view, data, glyphs=direction == "set")

    return printer


def _font_out(view: View, address: int) -> str | None:
    data = fetch_struct(view, "consolefontdesc", address) if kept(view) is not None else None
    return None if data is None else ARROW + _font(view, data, glyphs=True)


def _operation_in(view: View, address: int) -> str:
    data = fetch_struct(view, "console_font_op", address)
    keep(view, data)
    return pointer(address) if data is None else _operation(view, data)


def _operation_out(view: View, address: int) -> str | None:
    """What the kernel made of an operation, unless it only takes something."""
    before = kept(view)
    if not isinstance(before, bytes) or values(view, "console_font_op", before)[0] in {_SET, _COPY}:
        return None
    data = fetch_struct(view, "console_font_op", address)
    return None if data is None else ARROW + _operation(view, data)


def _operation(view: View, data: bytes) -> str:
    operation, flags, width, height, count, where = (
        int(value) for value in values(view, "console_font_op", data)
    )
    shown = []
    if not view.exiting:
        shown.append(f"op={view.spell('kd_font_ops', operation)}")
        if operation not in {_SET_DEFAULT, _COPY}:
            shown.append(f"flags={view.spell('kd_font_flags', flags)}")
    if operation != _COPY:
        shown.append(f"width={width}")
    shown.append(f"height={height}")
    if operation not in {_SET_DEFAULT, _COPY}:
        shown.append(f"charcount={count}")
        size = -(-min(width, 32) // 8) * _GLYPH_HEIGHT * min(count, _MOST_GLYPHS)
        seen = operation == _SET or (operation == _GET and view.exiting)
        shown.append(f"data={counted(view, where, size, 2) if seen else pointer(where)}")
    if operation == _SET_DEFAULT and not view.exiting:
        shown.append(f"data={_name(view, where)}")
    return braced(shown)


def _name(view: View, address: int) -> str:
    """The name of a font, which has to end within its buffer."""
    data = view.text(address, _FONT_NAME)
    text, end, _ = data.partition(b"\0")
    if not end and len(data) < _FONT_NAME:
        return pointer(address)
    shown = text[: min(view.options.string_limit, _FONT_NAME - 1)]
    return quoted(shown, view.options.hex_strings) + ("" if end and shown == text else "...")


kinds(
    {
        "kd_map_in": _map_in,
        "kd_map_out": _map_out,
        "kd_map": _map,
        "kd_font_out": _font_out,
        "kd_font_op_in": _operation_in,
        "kd_font_op_out": _operation_out,
    }
)
families({"kd_font": _font_in})
