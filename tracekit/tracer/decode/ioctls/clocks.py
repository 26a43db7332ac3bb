"""Real-time clocks (rtc(4)) and clocks of the precision time protocol (<linux/ptp_clock.h>)."""

import struct
from typing import Final

from tracekit.tracer.decode.attributes import moment
from tracekit.tracer.decode.ioctls.exchange import ARROW, array_of, braced, keep, kept, local_array
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import families, kinds
from tracekit.tracer.decode.scalars import signed64
from tracekit.tracer.decode.view import Printer, View, pointer

_PARAMETER: Final = struct.Struct("<QQII")  # struct rtc_param, <linux/rtc.h>
_TIME: Final = struct.Struct("<qII")  # struct ptp_clock_time
_PEROUT: Final = struct.Struct("<16s16sII16s")  # struct ptp_perout_request
_PEROUT_DUTY_CYCLE, _PEROUT_PHASE = 2, 4
_SAMPLES: Final = 16  # where the times of struct ptp_sys_offset begin
_MOST_SAMPLES: Final = 25  # PTP_MAX_SAMPLES
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


def _time(view: View, data: bytes, *, dated: bool) -> str:
    """Struct ptp_clock_time; with its date, when it is a time of day."""
    seconds, nanoseconds, reserved = _TIME.unpack(data)
    shown = [f"sec={seconds}", f"nsec={nanoseconds}"]
    if reserved:
        shown.append(f"reserved={hexadecimal(reserved)}")
    return braced(shown) + (moment(seconds, nanoseconds) if dated and view.names.style != "raw" else "")


def _dated(view: View, data: bytes) -> str:
    return _time(view, data, dated=True)


def _times(view: View, data: bytes) -> str:
    """One sample of PTP_SYS_OFFSET_EXTENDED: three times."""
    return (
        f"[{', '.join(_dated(view, data[at : at + _TIME.size]) for at in range(0, len(data), _TIME.size))}]"
    )


def _samples(name: str) -> Printer:
    """The times that PTP_SYS_OFFSET or its extended form filled in, as many as there are samples."""
    size, element, limit = {"plain": (_TIME.size, _dated, 51), "extended": (3 * _TIME.size, _times, 25)}[name]

    def printer(view: View, address: int) -> str | None:
        if kept(view) is None:
            return None
        if view.failed:
            return "}"
        data = view.fetch(address, _SAMPLES + size * limit)
        if data is None:
            return ", ???}"
        count = min(int.from_bytes(data[:4], "little"), _MOST_SAMPLES)
        count = 2 * count + 1 if name == "plain" else count
        return f", ts={local_array(view, data[_SAMPLES:], size, element, count)}}}"

    return printer


def _periodic_output(second: str) -> Printer:
    """PTP_PEROUT_REQUEST, or with ``2`` its newer form, which has something in its reserved words."""

    def printer(view: View, address: int) -> str:
        data = view.fetch(address, _PEROUT.size)
        if data is None:
            return pointer(address)
        start, period, index, flags, rest = _PEROUT.unpack(data)
        phase = bool(flags & _PEROUT_PHASE)
        shown = [
            f"{'phase' if phase else 'start'}={_time(view, start, dated=not phase)}",
            f"period={_time(view, period, dated=False)}",
            f"index={index}",
            f"flags={view.spell('ptp_perout_flags', flags)}",
        ]
        if flags & _PEROUT_DUTY_CYCLE:
            shown.append(f"on={_time(view, rest, dated=False)}")
        elif second == "2" and any(rest):
            shown.append(f"rsv={local_array(view, rest, *array_of('xI'))}")
        return braced(shown)

    return printer


kinds(
    {
        "ptp_time": _dated,
        "ptp_span": lambda view, data: _time(view, data, dated=False),
        "rtc_param_in": _asked,
        "rtc_param_out": _answered,
        "rtc_param_set": lambda view, address: _parameter(view, address, value=True),
    }
)
families({"ptp_samples": _samples, "ptp_perout": _periodic_output})
