"""Commands to disks (<linux/hdreg.h>)."""

from typing import Final

from tracekit.tracer.decode.ioctls.exchange import ARROW, braced, fetch_struct, keep, kept, members
from tracekit.tracer.decode.registry import kinds
from tracekit.tracer.decode.text import counted
from tracekit.tracer.decode.view import View, pointer

_HEAD: Final = 4
_SECTOR: Final = 512
_EIO: Final = 5


def _command(view: View, address: int) -> str:
    data = fetch_struct(view, "hd_drive_cmd", address)
    if data is None:
        return pointer(address)
    keep(view, data)
    return braced(members(view, "hd_drive_cmd", data))


def _result(view: View, address: int) -> str | None:
    """What the disk said, which it also does when it failed; and the sectors that were read."""
    failed = view.failed and view.ret != -_EIO
    data = view.task.read(address, _HEAD) if kept(view) is not None and not failed else b""
    if len(data) < _HEAD:
        return None
    shown = members(view, "hd_drive_result", data)
    if data[3]:
        text = counted(view, address + _HEAD, data[3] * _SECTOR, 2)
        shown.append(f"buf={text}")
    return ARROW + braced(shown)


kinds({"drive_cmd": _command, "drive_result": _result})
