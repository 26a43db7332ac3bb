"""What stands in an attribute or a message of netlink, by the kinds that netlink.tbl names.

Kinds of one family are in the modules beside this one, and put themselves in here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from tracekit.syscalls import Content
from tracekit.tracer.decode.text import counted
from tracekit.tracer.decode.view import View, pointer

DEEPEST: Final = 32
"""How far messages are looked into that are about messages, and routes that hold routes."""


@dataclass(frozen=True, slots=True)
class Payload:
    """Where something stands, and what is known of it.

    Attributes:
        address: of its first byte in the traced program.
        length: in bytes, as it says of itself.
        family: the address family in the message's header.
        told: what attributes beside it have said, by what it is about.
        depth: how many messages or routes it is in.
    """

    address: int
    length: int
    family: int = 0
    told: dict[str, str] = field(default_factory=dict)
    depth: int = 0

    def rest(self, offset: int) -> "Payload":
        """What follows after so many bytes."""
        return Payload(self.address + offset, self.length - offset, self.family, self.told, self.depth)

    def raw(self, view: View) -> str:
        """Its bytes."""
        return counted(view, self.address, self.length, 2)


def records(
    view: View, payload: Payload, head: int, length: int, one: Callable[[Payload, bytes], str]
) -> str:
    """One record, or several in brackets: what is aligned to 4 bytes and begins with its own length.

    Args:
        view: the stop.
        payload: where they stand.
        head: how many bytes a record begins with, at least.
        length: how many of these are its length.
        one: prints a record, from where it stands and its head.
    """
    shown: list[str] = []
    left = payload
    lone = True
    while True:
        if left.length < head:
            shown.append(left.raw(view))
            break
        data = view.fetch(left.address, head)
        if data is None:
            shown.append(pointer(left.address) if lone else f"... /* {pointer(left.address)} */")
            break
        if len(shown) == view.options.string_limit and not view.options.verbose:
            shown.append("...")
            break
        shown.append(one(left, data))
        size = int.from_bytes(data[:length], "little")
        step = size + -size % 4
        if size < head or left.length <= step:
            break
        left = left.rest(step)
        lone = False
    return shown[0] if lone else f"[{', '.join(shown)}]"


Print = Callable[[View, Payload], str | None]
"""Gives the text; None when it cannot be what it should be, so that its bytes are printed."""
Factory = Callable[..., Print]

_kinds: Final[dict[str, Factory]] = {}


def payloads(factories: Mapping[str, Factory]) -> None:
    """Add kinds: ``names(ifa_flags,4)`` calls ``factories["names"]("ifa_flags", "4")``."""
    _kinds.update(factories)


@cache
def print_of(content: Content) -> Print:
    """What prints this content; KeyError when there is no such kind (a slip in the table)."""
    return _kinds[content.kind](*content.parameters)
