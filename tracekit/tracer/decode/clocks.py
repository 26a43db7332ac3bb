"""Times: what was left of a sleep, the times of files."""

import struct
from typing import Final

from tracekit.syscalls import RESTART_CODES
from tracekit.tracer.decode.attributes import moment
from tracekit.tracer.decode.registry import kinds, printer_of
from tracekit.tracer.decode.view import View, pointer

_PAIR: Final = struct.Struct("<qqqq")
_SPECIAL: Final = {0x3FFFFFFF: "UTIME_NOW", 0x3FFFFFFE: "UTIME_OMIT"}  # <linux/stat.h>


def _timespec_left(view: View, where: int) -> str:
    """The rest of a sleep: the kernel writes it only when the sleep was interrupted."""
    if not (view.failed and -view.ret in RESTART_CODES):
        return pointer(where)
    view.failed = False
    text = printer_of("*timespec")(view, where) or ""
    view.failed = True
    return text


def _timevals(view: View, where: int) -> str:
    """utimes(2): when a file was read and written, to the microsecond."""
    data = view.fetch(where, _PAIR.size)
    if data is None:
        return pointer(where)
    read, read_part, written, written_part = _PAIR.unpack(data)
    first = f"{{tv_sec={read}, tv_usec={read_part}}}{moment(read, read_part, 6)}"
    return f"[{first}, {{tv_sec={written}, tv_usec={written_part}}}{moment(written, written_part, 6)}]"


def _utimes(view: View, where: int) -> str:
    """utimensat(2): the same to the nanosecond, or now, or not at all."""
    data = view.fetch(where, _PAIR.size)
    if data is None:
        return pointer(where)
    read, read_part, written, written_part = _PAIR.unpack(data)
    return f"[{_file_time(read, read_part)}, {_file_time(written, written_part)}]"


def _file_time(seconds: int, nanoseconds: int) -> str:
    if nanoseconds in _SPECIAL:
        return _SPECIAL[nanoseconds]
    return f"{{tv_sec={seconds}, tv_nsec={nanoseconds}}}{moment(seconds, nanoseconds)}"


def _time_with_date(_view: View, value: int) -> str:
    return f"{value}{moment(value)}"


def _loads(_view: View, value: bytes) -> str:
    """sysinfo(2)'s three load averages."""
    return "[" + ", ".join(str(one) for one in struct.unpack("<3Q", value)) + "]"


kinds(
    {
        "loads": _loads,
        "timespec_left": _timespec_left,
        "timevals": _timevals,
        "utimes": _utimes,
        "date": _time_with_date,
    }
)
