"""What BPF_OBJ_GET_INFO_BY_FD tells of maps and programs (<linux/bpf.h>)."""

import time
from typing import Final

from tracekit.tracer.decode.attributes import moment
from tracekit.tracer.decode.bpf_members import Grown, extra
from tracekit.tracer.decode.registry import kinds
from tracekit.tracer.decode.view import PAGE, View, pointer

#: What stands behind the descriptor of an object, and the structure that it is told in.
_OBJECTS: Final = {"<anon_inode:bpf-map>": "bpf_map_info", "<anon_inode:bpf-prog>": "bpf_prog_info"}
_NANOSECONDS: Final = 10**9


def info_before(view: View, attributes: Grown) -> Grown | None:
    """What the program has where the kernel will write, when the object is a kind that is known."""
    descriptor, size, address = attributes.values
    name = _OBJECTS.get(view.task.describe(descriptor), "") if view.options.verbose else ""
    return _read(view, name, address, size) if name else None


def info_text(view: View, attributes: Grown, before: Grown | None) -> str:
    """What the kernel wrote."""
    _, size, address = attributes.values
    found = _read(view, before.name, address, size) if before else None
    if found is None:
        return pointer(address)
    return f"{{{', '.join(found.members(view, before))}{extra(view, found.data, found.end)}}}"


def _read(view: View, name: str, address: int, size: int) -> Grown | None:
    data = view.whole(address, size) if address and 0 < size <= PAGE else None
    return Grown(name, data) if data else None


def _boot_time(view: View, value: int) -> str:
    """Nanoseconds since the start of the machine, and about when that was."""
    if view.names.style == "raw":
        return str(value)
    started = time.clock_gettime_ns(time.CLOCK_REALTIME) - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    return f"{value}{moment((started + value) // _NANOSECONDS)}"


kinds({"boot_time": _boot_time})
