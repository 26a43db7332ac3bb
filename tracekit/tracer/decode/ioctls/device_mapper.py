"""The device mapper (<linux/dm-ioctl.h>): a header, and behind it what the request is about."""

import struct
from collections.abc import Iterator
from typing import Final

from tracekit.tracer.decode.ioctls.device_payload import (
    Request,
    dependencies,
    message,
    names,
    string,
    targets,
    versions,
)
from tracekit.tracer.decode.ioctls.exchange import (
    ARROW,
    braced,
    full_array,
    keep,
    kept,
)
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import kinds, printer_of
from tracekit.tracer.decode.scalars import U32, device
from tracekit.tracer.decode.view import View

_HEADER: Final = struct.Struct("<12sIIIiII4xQ128s129s")
_VERSION_MAJOR: Final = 4
_SUSPEND_FLAG, _DATA_OUT_FLAG = 1 << 1, 1 << 16
(
    _VERSION,
    _REMOVE_ALL,
    _LIST_DEVICES,
    _CREATE,
    _REMOVE,
    _RENAME,
    _SUSPEND,
    _STATUS,
    _WAIT,
    _TABLE_LOAD,
    _TABLE_CLEAR,
    _TABLE_DEPS,
    _TABLE_STATUS,
    _LIST_VERSIONS,
    _TARGET_MSG,
    _SET_GEOMETRY,
    _ARM_POLL,
) = range(17)
_WITHOUT_DATA: Final = {_VERSION, _REMOVE_ALL, _CREATE, _REMOVE, _SUSPEND, _STATUS, _TABLE_CLEAR, _ARM_POLL}
_WITHOUT_DEVICE: Final = {_REMOVE_ALL, _LIST_DEVICES, _LIST_VERSIONS}
_COUNTED: Final = {
    _CREATE,
    _RENAME,
    _SUSPEND,
    _STATUS,
    _WAIT,
    _TABLE_LOAD,
    _TABLE_CLEAR,
    _TABLE_DEPS,
    _TABLE_STATUS,
    _TARGET_MSG,
}
_EVENT_AT_ENTRY: Final = {_SUSPEND, _RENAME, _REMOVE, _WAIT}


def _read(view: View, address: int) -> Request | None:
    data = view.task.read(address, _HEADER.size) if address else b""
    if len(data) < _HEADER.size:
        return None
    request = Request(address, view.args[1] & 0xFF, *_HEADER.unpack(data))
    return None if request.data_size < len(request.version) else request


def _asked(view: View, address: int) -> str | None:
    request = _read(view, address)
    if request is None:
        return None
    keep(view, request.state)
    return _text(view, request)


def _answered(view: View, address: int) -> str | None:
    """The same once more, when the call succeeded or the kernel changed the header."""
    request = _read(view, address)
    if request is None:
        return f", {hexadecimal(address)}"
    if view.failed and request.state == kept(view):
        return None
    return ARROW + _text(view, request)


def _text(view: View, request: Request) -> str:
    shown = [f"version={full_array(view, request.version, 'I')}"]
    if int.from_bytes(request.version[:4], "little") != _VERSION_MAJOR:
        return f"[{braced(shown)[:-1]} /* unsupported device mapper ABI version */}}]"
    shown.append(f"data_size={request.data_size}")
    if request.data_size < _HEADER.size:
        return f"[{braced(shown)[:-1]} /* data_size too small */}}]"
    if request.command not in _WITHOUT_DATA:
        shown.append(f"data_start={request.data_start}")
    shown += [*_device(view, request), *_numbers(view, request)]
    shown.append(f"flags={view.spell('dm_flags', request.flags)}")
    return f"[{', '.join([braced(shown), *_payload(view, request)])}]"


def _device(view: View, request: Request) -> Iterator[str]:
    if request.command in _WITHOUT_DEVICE:
        return
    if request.dev:
        yield f"dev={device(view, request.dev)}"
    for name, text in (("name", request.name), ("uuid", request.uuid)):
        if text[0]:
            yield f"{name}={printer_of('member_text')(view, text)}"


def _numbers(view: View, request: Request) -> list[str]:
    event = f"event_nr={request.event_nr}"
    if view.exiting:
        counted = not view.failed and request.command in _COUNTED
        counts = [f"target_count={request.target_count}", f"open_count={request.open_count & U32}"]
        return [*counts, event] if counted else []
    if request.command == _TABLE_LOAD:
        return [f"target_count={request.target_count}"]
    suspends = request.command == _SUSPEND and request.flags & _SUSPEND_FLAG
    return [event] if request.command in _EVENT_AT_ENTRY and not suspends else []


def _payload(view: View, request: Request) -> Iterator[str]:
    """What stands behind the header, in the direction that it goes."""
    command = request.command
    if not view.exiting:
        found = _TAKEN.get(command)
    elif view.failed:
        found = None
    elif command == _TARGET_MSG:
        found = string if request.flags & _DATA_OUT_FLAG else None
    else:
        found = _GIVEN.get(command)
    if found is None or (found in _LISTS and request.data_start == request.data_size):
        return iter(())
    if not view.options.verbose:
        return iter(["..."] if found is not targets or request.target_count else [])
    return found(view, request)


_LISTS: Final = {dependencies, names, versions, message}
_TAKEN: Final = {
    _TABLE_LOAD: targets,
    _TARGET_MSG: message,
    _RENAME: string,
    _SET_GEOMETRY: string,
}
_GIVEN: Final = {
    _WAIT: targets,
    _TABLE_STATUS: targets,
    _TABLE_DEPS: dependencies,
    _LIST_DEVICES: names,
    _LIST_VERSIONS: versions,
}

kinds({"dm_in": _asked, "dm_out": _answered})
