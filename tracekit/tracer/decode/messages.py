"""Buffers in pieces and messages: iovec, msghdr, mmsghdr."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from tracekit.syscalls import packings
from tracekit.tracer.decode.control import control_text
from tracekit.tracer.decode.registry import captures, families, kinds
from tracekit.tracer.decode.scalars import U32
from tracekit.tracer.decode.sockets import address_at, netlink_content
from tracekit.tracer.decode.structs import array_text
from tracekit.tracer.decode.text import counted, number
from tracekit.tracer.decode.view import Printer, View, pointer

_IOVEC: Final = packings("PN")
_MSGHDR: Final = packings("PiPNPNi")  # struct user_msghdr, <linux/socket.h>
_MMSGHDR: Final = packings("{PiPNPNi}I")
_AF_NETLINK: Final = 16
_IOV_MAX: Final = 1024  # messages that one call takes at most, <linux/uio.h>


Content = Callable[[View, int, int], str]
"""What stands at an address, so many bytes of it."""


def pieces(
    view: View,
    where: int,
    count: int,
    size: int | None = None,
    *,
    contents: bool = True,
    content: Content = counted,
) -> str:
    """An array of iovec, with at most ``size`` bytes of what the pieces hold; their addresses without."""
    left = size
    contents = contents and not view.failed
    vector = _IOVEC[view.abi]

    def piece(view: View, data: bytes) -> str:
        nonlocal left
        base, length = vector.unpack(data)
        text = pointer(base)
        if contents:
            shown = length if left is None else min(length, left)
            left = None if left is None else left - shown
            text = content(view, base, shown)
        return f"{{iov_base={text}, iov_len={length}}}"

    with given(view):
        return array_text(view, where, count, vector.size, piece)


@contextmanager
def given(view: View) -> Iterator[None]:
    """Look at what the program gave, which is there even when the call has failed."""
    failed, view.failed = view.failed, False
    try:
        yield
    finally:
        view.failed = failed


def _pieces_in(count: str, *, contents: bool = True) -> Printer:
    length = number(count)
    return lambda view, where: pieces(view, where, length(view), contents=contents)


def _pieces_out(count: str, size: str) -> Printer:
    length, filled = number(count), number(size)
    return lambda view, where: pieces(view, where, length(view), filled(view))


def header(view: View, data: bytes, before: int | None, size: int | None = None) -> str:
    """A struct msghdr; ``before`` is what msg_namelen was at entry, if it could change."""
    name, name_size, iov, iov_count, control, control_size, flags = _MSGHDR[view.abi].unpack(data)
    named = min(name_size, before) if before is not None else name_size
    changed = f"{before} => {name_size}" if before not in (None, name_size) else str(name_size)
    content = netlink_content if _family(view, name, named) == _AF_NETLINK else counted
    shown = [
        f"msg_name={address_at(view, name, named)}",
        f"msg_namelen={changed}",
        f"msg_iov={pieces(view, iov, iov_count, size, content=content)}",
        f"msg_iovlen={iov_count}",
    ]
    if control_size:
        shown.append(f"msg_control={control_text(view, control, control_size)}")
    shown += [f"msg_controllen={control_size}", f"msg_flags={view.spell('msg_flags', flags & U32)}"]
    return "{" + ", ".join(shown) + "}"


def _family(view: View, name: int, size: int) -> int | None:
    """The family of a message's address, which says what the message is."""
    data = view.fetch(name, 2) if size >= 2 else None
    return None if data is None else int.from_bytes(data, "little")


def _msghdr(view: View, where: int) -> str:
    data = view.fetch(where, _MSGHDR[view.abi].size)
    return pointer(where) if data is None else header(view, data, None)


def _name_size(view: View, where: int) -> int | None:
    packing = _MSGHDR[view.abi]
    data = view.fetch(where, packing.size)
    return None if data is None else int(packing.unpack(data)[1])


def _msghdr_out(view: View, where: int) -> str:
    """What recvmsg(2) filled in; after a failure only the room for the sender's name is known."""
    before = view.call.saved.get(1)
    if view.failed:
        return pointer(where) if before is None else f"{{msg_namelen={before}}}"
    data = view.fetch(where, _MSGHDR[view.abi].size)
    return pointer(where) if data is None else header(view, data, before, view.ret)


def _many(count: str) -> Printer:
    """The messages for sendmmsg(2), those that were sent with the bytes that went out."""
    length = number(count)

    def printer(view: View, where: int) -> str:
        sent = 0 if view.failed else view.ret
        position = 0
        packing = _MMSGHDR[view.abi]

        def one(view: View, data: bytes) -> str:
            nonlocal position
            position += 1
            message, moved = packing.unpack(data)
            size = f", msg_len={moved}" if position <= sent else ""
            return f"{{msg_hdr={header(view, message, None)}{size}}}"

        with given(view):
            return array_text(view, where, length(view) & U32, packing.size, one, most=_IOV_MAX)

    return printer


def _name_sizes(view: View, where: int) -> list[int] | None:
    """msg_namelen of each message at entry, as far as they can be read; None when nobody looks."""
    if view.options.opaque:
        return None
    packing = _MMSGHDR[view.abi]
    data = view.readable(where, min(view.args[2] & U32, _IOV_MAX) * packing.size)
    count, rest = divmod(len(data), packing.size)
    if rest:
        view.task.cut_short(where + count * packing.size, rest, packing.size)
    return [int(_MSGHDR[view.abi].unpack_from(data, at * packing.size)[1]) for at in range(count)]


def _many_received(view: View, where: int) -> str:
    """The messages that recvmmsg(2) filled in."""
    packing = _MMSGHDR[view.abi]
    sizes = view.call.saved.get(1) or ()
    before = iter(sizes)

    def one(view: View, data: bytes) -> str:
        message, size = packing.unpack(data)
        return f"{{msg_hdr={header(view, message, next(before, None), size)}, msg_len={size}}}"

    return array_text(view, where, view.ret, packing.size, one, most=len(sizes))


kinds({"msghdr": _msghdr, "msghdr_out": _msghdr_out, "mmsghdrs_out": _many_received})
families(
    {
        "iovecs": lambda count, size=None: _pieces_in(count) if size is None else _pieces_out(count, size),
        "iovecs_lengths": lambda count: _pieces_in(count, contents=False),
        "mmsghdrs": _many,
    }
)
captures({"msghdr_out": _name_size, "mmsghdrs_out": _name_sizes})
