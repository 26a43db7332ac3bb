"""Controls of Video4Linux (<linux/v4l2-controls.h>): their numbers, what they are, their values."""

from typing import Final

from tracekit.syscalls import constants
from tracekit.tracer.decode.ioctls.exchange import (
    ARROW,
    array_of,
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
from tracekit.tracer.decode.messages import given
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import families, kinds
from tracekit.tracer.decode.structs import array_text
from tracekit.tracer.decode.text import counted
from tracekit.tracer.decode.view import Printer, View, pointer

_NEXT: Final = 0xC0000000  # V4L2_CTRL_FLAG_NEXT_CTRL and V4L2_CTRL_FLAG_NEXT_COMPOUND
_CLASS: Final = 0x10000  # so many controls a class can have
_CONTROL: Final = 20  # struct v4l2_ext_control


def _control_id(view: View, value: int) -> str:
    """A control by its name, or by its class and its place there."""
    name = constants("v4l2_control_ids").names.get(value)
    if name is None:
        below = [number for number in constants("v4l2_control_classes").names if number <= value]
        start = max(below, default=None)
        if start is None or value - start >= _CLASS:
            return view.spell("v4l2_control_ids", value)
        name = f"{constants('v4l2_control_classes').names[start]}+{hexadecimal(value - start)}"
    return view.names.word(hexadecimal(value), name)


def _wanted_id(view: View, value: int) -> str:
    """The same with flags that ask for the control that follows."""
    flags = value & _NEXT
    if view.names.style == "raw" or not flags:
        return _control_id(view, value)
    return f"{view.spell('v4l2_control_query_flags', flags)}|{_control_id(view, value & ~_NEXT)}"


def _query(name: str) -> Printer:
    """VIDIOC_QUERYCTRL and its extended form: of which control is asked."""

    def printer(view: View, address: int) -> str:
        data = fetch_struct(view, name, address)
        if data is None:
            return pointer(address)
        number = int(values(view, name, data)[0])
        keep(view, number)
        return f"{{id={_wanted_id(view, number)}"

    return printer


def _queried(name: str) -> Printer:
    """What there is to know about it."""

    def printer(view: View, address: int) -> str | None:
        before = kept(view)
        if before is None:
            return None
        data = None if view.failed else peek_struct(view, name, address)
        if data is None:
            return "}"
        number = int(values(view, name, data)[0])
        changed = f"{ARROW}{_control_id(view, number)}" if number != before else ""
        shown = members(view, name, data)[1:]
        if name == "v4l2_query_ext_ctrl" and view.options.verbose:
            *_, count, dimensions, _reserved = values(view, name, data)
            if isinstance(dimensions, bytes):
                shown[10] = f"dims={local_array(view, dimensions, *array_of('I'), int(count))}"
        return changed + "".join(f", {one}" for one in shown) + "}"

    return printer


def _value_out(view: View, address: int) -> str | None:
    """VIDIOC_S_CTRL: what the value was really set to."""
    if kept(view) is None:
        return None
    data = None if view.failed else peek_struct(view, "v4l2_control", address)
    return "}" if data is None else f"{ARROW}{values(view, 'v4l2_control', data)[1]!s}}}"


def _tuner_out(view: View, address: int) -> str | None:
    if kept(view) is None:
        return None
    data = None if view.failed else peek_struct(view, "v4l2_tuner", address)
    return "}" if data is None else f"}}{ARROW}{braced(members(view, 'v4l2_tuner', data)[1:])}"


def _controls_in(direction: str) -> Printer:
    """Several controls; VIDIOC_G_EXT_CTRLS tells them at exit only."""

    def printer(view: View, address: int) -> str:
        data = fetch_struct(view, "v4l2_ext_controls", address)
        if data is None:
            return pointer(address)
        _, count, _, where = (int(value) for value in values(view, "v4l2_ext_controls", data))
        text = "{" + ", ".join(members(view, "v4l2_ext_controls", data)[:2])
        if not count:
            return text + "}"
        if direction == "get":
            keep(view, data)
            return text
        controls = array_text(view, where, count, _CONTROL, _control)
        if whole(controls):
            keep(view, data)
        return f"{text}, controls={controls}" + ("" if whole(controls) else "}")

    return printer


def _controls_out(direction: str) -> Printer:
    def printer(view: View, address: int) -> str | None:
        if kept(view) is None:
            return None
        data = peek_struct(view, "v4l2_ext_controls", address)
        if data is None:
            return "}"
        _, count, error, where = (int(value) for value in values(view, "v4l2_ext_controls", data))
        failed = f", error_idx={error}" if view.failed else ""
        with given(view):
            controls = array_text(view, where, count, _CONTROL, _control)
        before = ", " if direction == "get" else f"}}{ARROW}{{"
        return f"{before}controls={controls}{failed}}}"

    return printer


def _control(view: View, data: bytes) -> str:
    number, size = int.from_bytes(data[:4], "little"), int.from_bytes(data[4:8], "little")
    shown = [f"id={view.spell('v4l2_control_ids', number)}", f"size={size}"]
    value = data[12:]
    if size:
        shown.append(f"string={counted(view, int.from_bytes(value[: view.abi.word], 'little'), size)}")
    else:
        shown.append(f"value={int.from_bytes(value[:4], 'little', signed=True)}")
        shown.append(f"value64={int.from_bytes(value, 'little', signed=True)}")
    return braced(shown)


kinds({"v4l2_control_id": _control_id, "v4l2_value_out": _value_out, "v4l2_tuner_out": _tuner_out})
families(
    {
        "v4l2_query": _query,
        "v4l2_queried": _queried,
        "v4l2_controls_in": _controls_in,
        "v4l2_controls_out": _controls_out,
    }
)
