"""Times: what was left of a sleep, the times of files."""

import struct
from collections.abc import Mapping
from typing import Final

from tracekit.syscalls import RESTART_CODES, Abi, packings
from tracekit.tracer.decode.attributes import moment
from tracekit.tracer.decode.registry import families, kinds, printer_of
from tracekit.tracer.decode.structs import listed
from tracekit.tracer.decode.view import Printer, View, pointer

_PAIR: Final = packings("lLlL")
_PAIR64: Final = packings("qQqQ")
_ABSOLUTE: Final = 1  # TIMER_ABSTIME, <linux/time.h>
_SPECIAL: Final = {0x3FFFFFFF: "UTIME_NOW", 0x3FFFFFFE: "UTIME_OMIT"}  # <linux/stat.h>


def _left(kind: str) -> Printer:
    """The rest of a sleep: the kernel writes it only when the sleep was interrupted."""

    def printer(view: View, where: int) -> str:
        if not (view.failed and -view.ret in RESTART_CODES):
            return pointer(where)
        view.failed = False
        text = printer_of(kind)(view, where) or ""
        view.failed = True
        return text

    return printer


def _sleep_left(flags: str, kind: str = "*timespec") -> Printer:
    """The rest of clock_nanosleep(2)'s sleep; there is none when it was to last until a time."""
    index, inner = int(flags), _left(kind)
    return lambda view, where: inner(view, where) if not view.args[index] & _ABSOLUTE else pointer(where)


def _timevals(view: View, where: int) -> str:
    """utimes(2): when a file was read and written, to the microsecond."""
    packing = _PAIR[view.abi]
    data = view.fetch(where, packing.size)
    if data is None:
        return pointer(where)
    read, read_part, written, written_part = packing.unpack(data)
    first = f"{{tv_sec={read}, tv_usec={read_part}}}{moment(read, read_part, 6)}"
    second = f"{{tv_sec={written}, tv_usec={written_part}}}{moment(written, written_part, 6)}"
    return listed(view, (first, second))


def _utimes(pair: Mapping[Abi, struct.Struct]) -> Printer:
    """utimensat(2): the same to the nanosecond, or now, or not at all."""

    def printer(view: View, where: int) -> str:
        packing = pair[view.abi]
        data = view.fetch(where, packing.size)
        if data is None:
            return pointer(where)
        read, read_part, written, written_part = packing.unpack(data)
        return listed(view, (_file_time(view, read, read_part), _file_time(view, written, written_part)))

    return printer


def _file_time(view: View, seconds: int, nanoseconds: int) -> str:
    text = f"{{tv_sec={seconds}, tv_nsec={nanoseconds}}}"
    if nanoseconds in _SPECIAL:
        return view.names.word(text, _SPECIAL[nanoseconds])
    return text + moment(seconds, nanoseconds)


def _time_with_date(_view: View, value: int) -> str:
    return f"{value}{moment(value)}"


def _loads(view: View, value: bytes) -> str:
    """sysinfo(2)'s three load averages."""
    loads = struct.unpack(f"<3{'Q' if view.abi.word == 8 else 'I'}", value)
    return listed(view, [str(one) for one in loads])


kinds(
    {
        "loads": _loads,
        "timespec_left": _left("*timespec"),
        "timevals": _timevals,
        "utimes": _utimes(_PAIR),
        "utimes64": _utimes(_PAIR64),
        "date": _time_with_date,
    }
)
families({"sleep_left": _sleep_left})
