"""Video4Linux (<linux/videodev2.h>): formats, buffers, streams, sizes of frames."""

from collections.abc import Mapping
from typing import Final

from tracekit.syscalls import constants
from tracekit.tracer.decode.ioctls.consoles import character
from tracekit.tracer.decode.ioctls.exchange import (
    ARROW,
    braced,
    fetch_struct,
    keep,
    kept,
    local_array,
    members,
    peek_struct,
    values,
    whole,
)
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import families, kinds, printer_of
from tracekit.tracer.decode.structs import array_text, layouts
from tracekit.tracer.decode.view import Printer, View, pointer

#: The member of struct v4l2_format's union by the type of buffers.
_FORMATS: Final[Mapping[int, str]] = {
    1: "pix",
    2: "pix",
    3: "win",
    4: "vbi",
    5: "vbi",
    6: "sliced",
    7: "sliced",
    8: "win",
    9: "pix_mp",
    10: "pix_mp",
    11: "sdr",
    12: "sdr",
    13: "meta",
    14: "meta",
}
_STREAMS: Final[Mapping[int, str]] = {1: "capture", 2: "output"}
_MMAP, _USERPTR = 1, 2  # V4L2_MEMORY_MMAP, V4L2_MEMORY_USERPTR
_DEQUEUE: Final = 17  # the number of VIDIOC_DQBUF
_TIMESTAMP_TYPE, _TIMESTAMP_SOURCE = 0xE000, 0x70000  # V4L2_BUF_FLAG_TIMESTAMP_MASK, ..._TSTAMP_SRC_MASK
_DISCRETE, _CONTINUOUS, _STEPWISE = 1, 2, 3  # V4L2_FRMSIZE_TYPE_DISCRETE, ...


def _pixel_format(names: str) -> Printer:
    """Four characters, and what the headers call them: ``v4l2_fourcc('Y', 'U', 'Y', 'V')``."""

    def printer(view: View, value: int) -> str:
        if view.names.style == "raw":
            return hexadecimal(value)
        letters = ", ".join(character(byte, escapes=False) for byte in value.to_bytes(4, "little"))
        name = constants(names).names.get(value)
        return f"v4l2_fourcc({letters})" + (f" /* {name} */" if name else "")

    return printer


def _fraction(_view: View, data: bytes) -> str:
    return f"{int.from_bytes(data[:4], 'little')}/{int.from_bytes(data[4:], 'little')}"


def _version(view: View, value: int) -> str:
    text = f"KERNEL_VERSION({value >> 16}, {value >> 8 & 0xFF}, {value & 0xFF})"
    return view.names.word(hexadecimal(value), text)


def _format(view: View, kind: int, data: bytes) -> tuple[str, bool] | None:
    """The member of a format that its type says, and whether all of it could be read."""
    member = _FORMATS.get(kind)
    if member is None:
        return None
    name = f"v4l2_{member}"
    data = data[: layouts(name)[view.abi].packing.size]
    shown, complete = members(view, name, data), True
    if member == "pix_mp":
        *_, planes, count = values(view, name, data)
        if isinstance(planes, bytes):
            one = layouts("v4l2_plane")[view.abi]
            shown[5] = f"plane_fmt={local_array(view, planes, one.packing.size, one.text, int(count))}"
    elif member == "win":
        _, _, _, clips, count, *_ = values(view, name, data)
        one = layouts("v4l2_clip")[view.abi]
        text = array_text(view, int(clips), int(count), one.packing.size, one.text)
        shown[3] = f"clips={text}"
        complete = whole(text)
    return f"fmt.{member}={braced(shown)}", complete


def _format_in(direction: str) -> Printer:
    """VIDIOC_G_FMT asks by the type alone; the others tell a format and are told another one."""

    def printer(view: View, address: int) -> str:
        data = fetch_struct(view, "v4l2_format", address)
        if data is None:
            return pointer(address)
        kind, inner = values(view, "v4l2_format", data)
        text = f"{{type={view.spell('v4l2_buf_types', int(kind))}"
        if direction == "get":
            keep(view, data)
            return text
        found = _format(view, int(kind), inner) if isinstance(inner, bytes) else None
        if found is not None and found[1]:
            keep(view, data)
        member = "" if found is None else f", {found[0]}"
        return f"{text}{member}" + ("}" if found is None or not found[1] else "")

    return printer


def _format_out(direction: str) -> Printer:
    def printer(view: View, address: int) -> str | None:
        if kept(view) is None:
            return None
        data = None if view.failed else peek_struct(view, "v4l2_format", address)
        if data is None:
            return "}"
        kind, inner = values(view, "v4l2_format", data)
        found = _format(view, int(kind), inner) if isinstance(inner, bytes) else None
        before = ", " if direction == "get" else f"}}{ARROW}{{"
        return "}" if found is None else f"{before}{found[0]}}}"

    return printer


def _nested_format(view: View, data: bytes) -> str:
    """A format in VIDIOC_CREATE_BUFS."""
    kind, inner = values(view, "v4l2_format", data)
    shown = [f"type={view.spell('v4l2_buf_types', int(kind))}"]
    found = _format(view, int(kind), inner) if isinstance(inner, bytes) else None
    return braced(shown if found is None else [*shown, found[0]])


def _created(view: View, value: int) -> str:
    """What VIDIOC_CREATE_BUFS made, beside its return value."""
    data = None if view.options.opaque else peek_struct(view, "v4l2_create_buffers", view.args[2])
    if data is None:
        return str(value)
    index, count = (int(number) for number in values(view, "v4l2_create_buffers", data)[:2])
    return f"{value} ({{index={index}, count={count}}})"


def _buffer_in(view: View, address: int) -> str:
    data = fetch_struct(view, "v4l2_buffer", address)
    if data is None:
        return pointer(address)
    keep(view, data)
    index, kind, *_ = values(view, "v4l2_buffer", data)
    text = f"{{type={view.spell('v4l2_buf_types', int(kind))}"
    return text if view.args[1] & 0xFF == _DEQUEUE else f"{text}, index={int(index)}"


def _buffer_out(view: View, address: int) -> str | None:
    if kept(view) is None:
        return None
    data = None if view.failed else peek_struct(view, "v4l2_buffer", address)
    if data is None:
        return "}"
    index, _, used, flags, _, stamp, _, memory, where, length, *_ = values(view, "v4l2_buffer", data)
    dequeued = view.args[1] & 0xFF == _DEQUEUE
    shown = [f"index={int(index)}"] if dequeued else []
    shown.append(f"memory={view.spell('v4l2_memories', int(memory))}")
    if memory == _MMAP:
        shown.append(f"m.offset={hexadecimal(int(where) & 0xFFFFFFFF)}")
    elif memory == _USERPTR:
        shown.append(f"m.userptr={pointer(int(where))}")
    shown += [f"length={int(length)}", f"bytesused={int(used)}", f"flags={_buffer_flags(view, int(flags))}"]
    if dequeued:
        shown.append(f"timestamp={printer_of('timeval64')(view, stamp)}")
    return "".join(f", {one}" for one in [*shown, "..."]) + "}"


def _buffer_flags(view: View, value: int) -> str:
    """Flags, among which stand a clock and a source as numbers."""
    if view.names.style == "raw":
        return hexadecimal(value)
    clock, source = value & _TIMESTAMP_TYPE, value & _TIMESTAMP_SOURCE
    flags = value & ~clock & ~source
    shown = [view.spell("v4l2_buf_flags", flags)] if flags else []
    shown.append(view.spell("v4l2_buf_flags_ts_type", clock))
    return "|".join([*shown, view.spell("v4l2_buf_flags_ts_src", source)])


def _stream_in(direction: str) -> Printer:
    def printer(view: View, address: int) -> str:
        data = fetch_struct(view, "v4l2_streamparm", address)
        if data is None:
            return pointer(address)
        kind, inner = values(view, "v4l2_streamparm", data)
        text = f"{{type={view.spell('v4l2_buf_types', int(kind))}"
        if kind not in _STREAMS:
            return text + "}"
        keep(view, data)
        return text if direction == "get" else f"{text}, {_stream(view, int(kind), inner)}"

    return printer


def _stream_out(direction: str) -> Printer:
    def printer(view: View, address: int) -> str | None:
        if kept(view) is None:
            return None
        data = None if view.failed else peek_struct(view, "v4l2_streamparm", address)
        if data is None:
            return "}"
        kind, inner = values(view, "v4l2_streamparm", data)
        before = ", " if direction == "get" else f"}}{ARROW}{{"
        return f"{before}{_stream(view, int(kind), inner)}}}"

    return printer


def _stream(view: View, kind: int, data: int | bytes) -> str:
    member = "capture" if kind == 1 else "output"
    shown = members(view, f"v4l2_{member}", data) if isinstance(data, bytes) else []
    return f"parm.{member}={braced(shown)}"


def _frame_out(name: str) -> Printer:
    """Sizes or intervals of frames: one, or from which to which in which steps."""
    types, plain, ranges = {
        "size": ("v4l2_framesize_types", "v4l2_size", {_STEPWISE}),
        "interval": ("v4l2_frameinterval_types", "", {_CONTINUOUS, _STEPWISE}),
    }[name]

    def printer(view: View, address: int) -> str | None:
        if kept(view) is None:
            return None
        data = None if view.failed else peek_struct(view, f"v4l2_frame_{name}", address)
        if data is None:
            return "}"
        kind, inner = values(view, f"v4l2_frame_{name}", data)
        shown = [f"type={view.spell(types, int(kind))}"]
        if isinstance(inner, bytes) and kind == _DISCRETE:
            one = braced(members(view, plain, inner)) if plain else _fraction(view, inner[:8])
            shown.append(f"discrete={one}")
        elif isinstance(inner, bytes) and kind in ranges:
            shown.append(f"stepwise={braced(members(view, f'v4l2_{name}_steps', inner))}")
        return "".join(f", {one}" for one in shown) + "}"

    return printer


def _request(view: View, address: int) -> str:
    """VIDIOC_REQBUFS: what for, and how many buffers."""
    data = fetch_struct(view, "v4l2_reqbufs", address)
    if data is None:
        return pointer(address)
    keep(view, data)
    count, *shown = members(view, "v4l2_reqbufs", data)
    return "{" + ", ".join([*shown, count])


def _create(view: View, address: int) -> str:
    data = fetch_struct(view, "v4l2_create_buffers", address)
    return pointer(address) if data is None else braced(members(view, "v4l2_create_buffers", data)[1:])


def _requested(view: View, address: int) -> str | None:
    """How many buffers VIDIOC_REQBUFS really got."""
    if kept(view) is None:
        return None
    data = b"" if view.failed else view.task.read(address, 4)
    return f"{ARROW}{int.from_bytes(data, 'little')}}}" if len(data) == 4 else "}"


kinds(
    {
        "v4l2_pixel_format": _pixel_format("v4l2_pix_fmts"),
        "v4l2_sdr_format": _pixel_format("v4l2_sdr_fmts"),
        "v4l2_meta_format": _pixel_format("v4l2_meta_fmts"),
        "fraction": _fraction,
        "kernel_version": _version,
        "v4l2_nested_format": _nested_format,
        "return_v4l2_created": _created,
        "v4l2_buffer_in": _buffer_in,
        "v4l2_buffer_out": _buffer_out,
        "v4l2_request": _request,
        "v4l2_requested": _requested,
        "v4l2_create": _create,
    }
)
families(
    {
        "v4l2_format_in": _format_in,
        "v4l2_format_out": _format_out,
        "v4l2_stream_in": _stream_in,
        "v4l2_stream_out": _stream_out,
        "v4l2_frame_out": _frame_out,
    }
)
