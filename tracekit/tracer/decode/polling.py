"""Waiting for descriptors: poll, select, epoll; what they report beside their return value."""

import struct
from typing import Final

from tracekit.syscalls import packings
from tracekit.tracer.decode.files import fd
from tracekit.tracer.decode.registry import families, kinds, printer_of
from tracekit.tracer.decode.scalars import U32, U64, signed32
from tracekit.tracer.decode.signals import signal_set
from tracekit.tracer.decode.structs import array_text
from tracekit.tracer.decode.text import number
from tracekit.tracer.decode.view import MOST, Printer, View, pointer

_POLLFD: Final = struct.Struct("<ihH")
_EPOLL_EVENT: Final = dict.fromkeys(("x86_64", "i386"), struct.Struct("<IQ"))  # packed, <linux/eventpoll.h>
_EPOLL_EVENT_ALIGNED: Final = struct.Struct("<I4xQ")
_EPOLL_CTL_DEL: Final = 2
_SIGSET_PAIR: Final = packings("PN")
_ROOM: Final = 1024  # characters that strace has for what is noted of a return value
_ENTRIES_ROOM: Final = _ROOM - 28  # of them for descriptors that poll(2) reports
_NUMBERS_ROOM: Final = _ROOM - 25  # and for those of select(2)
_FD_SET_MAX: Final = 1 << 20  # bits that are looked at


def _pollfds(count: str) -> Printer:
    length = number(count)

    def one(view: View, data: bytes) -> str:
        descriptor, events, _ = _POLLFD.unpack(data)
        asked = "" if descriptor < 0 else f", events={view.spell('poll_mask', events & 0xFFFF)}"
        return f"{{fd={fd(view, descriptor)}{asked}}}"

    return lambda view, where: array_text(view, where, length(view) & U32, _POLLFD.size, one)


def _ready(view: View) -> str | None:
    """The descriptors that something happened to: ``[{fd=5, revents=POLLIN}]``; None when nobody looks."""
    address, count = view.args[0], min(view.args[1] & U32, MOST // _POLLFD.size)
    if not address or not count or view.options.opaque or address + count * _POLLFD.size > U64:
        return None
    data = view.readable(address, count * _POLLFD.size)
    whole, rest = divmod(len(data), _POLLFD.size)
    if rest:
        view.task.cut_short(address + whole * _POLLFD.size, rest, _POLLFD.size)
    limit = whole if view.options.verbose else view.options.string_limit
    shown: list[str] = []
    used = 0
    for descriptor, _, happened in _POLLFD.iter_unpack(data[: whole * _POLLFD.size]):
        if not happened:
            continue
        text = f"{{fd={descriptor}, revents={view.names.bare('poll_mask', happened)}}}"
        if len(shown) >= limit or used + len(text) >= _ENTRIES_ROOM:
            shown.append("...")
            break
        shown.append(text)
        used += len(text) + 2
    else:
        if whole < count:
            shown.append(hex(address + whole * _POLLFD.size))
    return f"[{', '.join(shown)}]" if shown else ""


def _poll_result(view: View, value: int) -> str:
    if not value:
        return "0 (Timeout)"
    ready = _ready(view)
    return f"{value} ({ready})" if ready else str(value)


def _ppoll_result(view: View, value: int) -> str:
    if not value:
        return "0 (Timeout)"
    ready = _ready(view)
    left = _left(view, 2)
    if left and len(ready or "") + len(left) + 3 >= _ROOM:
        left = "..."
    notes = [text for text in (ready, left) if text] if ready is not None else []
    return f"{value} ({', '.join(notes)})" if notes else str(value)


def _left(view: View, index: int) -> str:
    """The time that was left, which the kernel writes back; what kind of time, the call's form says."""
    syscall = view.call.syscall
    if syscall is None or not view.args[index]:
        return ""
    return f"left {printer_of(syscall.form.arguments[index].kind)(view, view.args[index])}"


def _set_size(view: View, count: int) -> int:
    word = view.abi.word
    return -(-min(count, _FD_SET_MAX) // (8 * word)) * word


def _members(view: View, where: int, count: int) -> list[int] | None:
    """The descriptors in an fd_set, an array of longs; None when it cannot be read."""
    size = _set_size(view, count)
    data = view.fetch(where, size) if size else b""
    return None if data is None else _bits(data, count)


def _bits(data: bytes, count: int) -> list[int]:
    bits = int.from_bytes(data, "little")
    return [at for at in range(min(count, len(data) * 8)) if bits >> at & 1]


def _set(view: View, members: list[int]) -> str:
    return f"[{' '.join(fd(view, one) for one in members)}]"


def _fd_set(count: str) -> Printer:
    length = number(count)

    def printer(view: View, where: int) -> str:
        size = signed32(length(view))
        if not where or size <= 0:
            return pointer(where)
        members = _members(view, where, size)
        return pointer(where) if members is None else _set(view, members)

    return printer


def _with_members(shown: str, name: str, members: list[int]) -> str:
    """What is noted, and behind it the descriptors of a set, as many as there is room for."""
    before = f"{', ' if shown else ''}{name} ["
    for one in members:
        if len(shown) >= _NUMBERS_ROOM:
            break
        shown += f"{before}{one}"
        before = " "
    return shown


def _left_in(view: View, where: int, count: int) -> list[int] | None:
    """The same for the return value, which says it under -e verbose=none, too."""
    size = _set_size(view, count)
    data = view.whole(where, size)
    return None if data is None else _bits(data, count)


def _select_result(view: View, value: int) -> str:
    """What select(2) left in the sets: ``2 (in [5], out [16], left {tv_sec=0, tv_nsec=0})``."""
    if not value:
        return "0 (Timeout)"
    shown, missing = "", value
    for name, index in (("in", 1), ("out", 2), ("except", 3)):
        count = signed32(view.args[0])
        members = _left_in(view, view.args[index], count) if view.args[index] and count > 0 else None
        if members is None or missing <= 0:
            continue
        if members:
            shown = _with_members(shown, name, members[:missing])
            missing -= len(members)
        shown += "]" if shown else ""  # as strace does it: once more for an empty set behind another one
    left = _left(view, 4)
    if len(shown) + len(left) + (3 if shown else 1) >= _ROOM:
        left = ""
    return f"{value} ({', '.join(text for text in (shown, left) if text)})"


def _sigset_pair(view: View, where: int) -> str:
    """pselect6's last argument: a pointer to a signal set and the set's size."""
    packing = _SIGSET_PAIR[view.abi]
    data = view.fetch(where, packing.size)
    if data is None:
        return pointer(where)
    mask, size = packing.unpack(data)
    return f"{{sigmask={signal_set(view, mask, size)}, sigsetsize={size}}}"


def _event_text(view: View, data: bytes) -> str:
    packing = _EPOLL_EVENT.get(view.call.arch, _EPOLL_EVENT_ALIGNED)
    events, value = packing.unpack(data)
    return f"{{events={view.spell('epoll_mask', events)}, data={{u32={value & U32}, u64={value}}}}}"


def _event_size(view: View) -> int:
    return _EPOLL_EVENT.get(view.call.arch, _EPOLL_EVENT_ALIGNED).size


def _epoll_event(operation: str) -> Printer:
    """What to wait for; not looked at when a descriptor is taken out."""
    index = int(operation)

    def printer(view: View, where: int) -> str:
        if view.args[index] & U32 == _EPOLL_CTL_DEL:
            return pointer(where)
        data = view.fetch(where, _event_size(view))
        return pointer(where) if data is None else _event_text(view, data)

    return printer


def _epoll_events(count: str) -> Printer:
    length = number(count)
    return lambda view, where: array_text(view, where, length(view), _event_size(view), _event_text)


kinds({"poll": _poll_result, "ppoll": _ppoll_result, "select": _select_result, "sigset_pair": _sigset_pair})
families({"pollfds": _pollfds, "fdset": _fd_set, "epoll_event": _epoll_event, "epoll_events": _epoll_events})
