"""What stands behind the header of a device mapper request: targets, dependencies, names, messages."""

import struct
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from tracekit.tracer.decode.ioctls.exchange import (
    bounded_text,
    braced,
    full_array,
)
from tracekit.tracer.decode.registry import printer_of
from tracekit.tracer.decode.scalars import U32, device
from tracekit.tracer.decode.structs import array_text
from tracekit.tracer.decode.view import View, pointer

_WITH_EVENTS: Final = 37  # the minor version since which lists of names have event numbers


class Request(NamedTuple):
    """Struct dm_ioctl, and where it stands."""

    address: int
    command: int
    version: bytes
    data_size: int
    data_start: int
    target_count: int
    open_count: int
    flags: int
    event_nr: int
    dev: int
    name: bytes
    uuid: bytes

    @property
    def state(self) -> tuple[bytes, int, int, int]:
        """What is compared to see whether the kernel changed something."""
        return self.version, self.data_size, self.data_start, self.flags


def _walk(
    view: View, request: Request, head: int, size: int, kind: str
) -> Iterator[tuple[int, bytes, Callable[[int], None]] | str]:
    """The structures of a list, each with where its text begins and a way to say where the next one is."""
    offset, end, count = request.data_start, 0, 0
    following: list[int] = []
    while True:
        before, end = end, (offset + head) & U32
        if (count and offset <= before) or end <= offset or end > request.data_size:
            yield f"??? /* misplaced struct {kind} */"
            return
        if count >= view.options.string_limit:
            yield "..."
            return
        data = view.fetch(request.address + offset, size)
        if data is None:
            yield pointer(request.address + offset)
            return
        following.clear()
        yield end, data, following.append
        if not following:
            return
        offset = following[0] & U32
        count += 1


def _rest(view: View, request: Request, start: int) -> str:
    return bounded_text(view, request.address + start, request.data_size - start)


def targets(view: View, request: Request) -> Iterator[str]:
    """Targets of a table, each with its parameters."""
    left, offset = request.target_count, request.data_start
    if not left:
        return
    for item in _walk(view, request, 40, 40, "dm_target_spec"):
        if isinstance(item, str):
            yield item
            return
        end, data, go_on = item
        start, length, status, following, kind = struct.unpack("<QQiI16s", data)
        shown = [f"sector_start={start}", f"length={length}"]
        if view.exiting:
            shown.append(f"status={status}")
        shown.append(f"target_type={printer_of('member_text')(view, kind)}")
        yield braced([*shown, f"string={_rest(view, request, end)}"])
        left -= 1
        offset = request.data_start + following if view.exiting else offset + following
        if left:
            go_on(offset)


def _head(view: View, request: Request, name: str) -> tuple[int, bytes] | str:
    """The 8 bytes that a structure begins with, and where they end; or what is printed in its place."""
    end = (request.data_start + 8) & U32
    if end <= request.data_start or end > request.data_size:
        return f"??? /* misplaced struct {name} */"
    where = request.address + request.data_start
    data = view.fetch(where, 8)
    return pointer(where) if data is None else (end, data)


def dependencies(view: View, request: Request) -> Iterator[str]:
    """The devices that a table needs."""
    found = _head(view, request, "dm_target_deps")
    if isinstance(found, str):
        yield found
        return
    end, data = found
    count = int.from_bytes(data[:4], "little")
    if count > (request.data_size - end) // 8:
        yield "??? /* misplaced struct dm_target_deps */"
        return
    text = array_text(view, request.address + end, count, 8, _dependency)
    yield f"{{count={count}, deps={text}}}"


def _dependency(view: View, data: bytes) -> str:
    return device(view, int.from_bytes(data, "little"))


def names(view: View, request: Request) -> Iterator[str]:
    """The devices that there are."""
    offset = request.data_start
    for item in _walk(view, request, 12, 16, "dm_name_list"):
        if isinstance(item, str):
            yield item
            return
        end, data, go_on = item
        dev, following = struct.unpack_from("<QI", data)
        shown = [f"dev={device(view, dev)}", f"name={_rest(view, request, end)}"]
        event = _event(view, request, end, offset + following)
        yield braced([*shown, f"event_nr={event}"] if event is not None else shown)
        offset += following
        if following:
            go_on(offset)


def _event(view: View, request: Request, start: int, limit: int) -> int | None:
    """The event number behind a name, where there is room for it: it has no member of its own."""
    if int.from_bytes(request.version[4:8], "little") < _WITH_EVENTS:
        return None
    size = min(request.data_size - start, view.options.string_limit + 1)
    length = view.text(request.address + start, size).find(0)
    where = (request.address + start + length + 1 + 7) & ~7
    if length < 0 or where + 4 > request.address + limit:
        return None
    data = view.task.read(where, 4)
    return int.from_bytes(data, "little") if len(data) == 4 else None


def versions(view: View, request: Request) -> Iterator[str]:
    """The kinds of targets that there are."""
    offset = request.data_start
    for item in _walk(view, request, 16, 16, "dm_target_versions"):
        if isinstance(item, str):
            yield item
            return
        end, data, go_on = item
        following = int.from_bytes(data[:4], "little")
        version = full_array(view, data[4:], "I")
        yield f"{{name={_rest(view, request, end)}, version={version}}}"
        offset += following
        if following:
            go_on(offset)


def message(view: View, request: Request) -> Iterator[str]:
    """A message to a target."""
    found = _head(view, request, "dm_target_msg")
    if isinstance(found, str):
        yield found
        return
    end, data = found
    yield f"{{sector={int.from_bytes(data, 'little')}, message={_rest(view, request, end)}}}"


def string(view: View, request: Request) -> Iterator[str]:
    """Text that is not more than that: a new name, a geometry, an answer."""
    if request.data_start <= request.data_size:
        yield f"{{string={_rest(view, request, request.data_start)}}}"
    else:
        yield "??? /* misplaced string */"
