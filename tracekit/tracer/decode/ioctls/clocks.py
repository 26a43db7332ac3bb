"""Parameters of real-time clocks (rtc(4))."""

import struct
from typing import Final

from tracekit.tracer.decode.ioctls.exchange import ARROW, braced, keep, kept
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import kinds
from tracekit.tracer.decode.scalars import signed64
from tracekit.tracer.decode.view import View, pointer

_PARAMETER: Final = struct.Struct("<QQII")  # struct rtc_param, <linux/rtc.h>
_FEATURES, _CORRECTION, _BACKUP_SWITCH_MODE = range(3)


def _parameter(view: View, address: int, *, value: bool) -> str:
    """A parameter with its value or, when it is asked for, without."""
    data = view.fetch(address, _PARAMETER.size)
    if data is None:
        return pointer(address)
    keep(view, data)
    name, number, index, padding = _PARAMETER.unpack(data)
    shown = [] if view.exiting else [f"param={view.spell('rtc_params', name)}"]
    if value:
        shown.append(_value(view, name, number))
    if not view.exiting:
        shown.append(f"index={index}")
    if padding:
        shown.append(f"__pad={hexadecimal(padding)}")
    return braced(shown)


def _value(view: View, name: int, number: int) -> str:
    if name == _CORRECTION:
        return f"svalue={signed64(number)}"
    if name == _FEATURES:
        return f"uvalue={view.spell('rtc_features', number)}"
    if name == _BACKUP_SWITCH_MODE:
        return f"uvalue={view.spell('rtc_backup_switch_modes', number)}"
    return f"uvalue={hexadecimal(number)}"


def _asked(view: View, address: int) -> str:
    return _parameter(view, address, value=False)


def _answered(view: View, address: int) -> str | None:
    return None if kept(view) is None else ARROW + _parameter(view, address, value=True)


kinds(
    {
        "rtc_param_in": _asked,
        "rtc_param_out": _answered,
        "rtc_param_set": lambda view, address: _parameter(view, address, value=True),
    }
)
