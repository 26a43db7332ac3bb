"""What stands in an attribute or a message of netlink, by the kinds that netlink.tbl names.

Kinds of one family are in the modules beside this one, and put themselves in here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from tracekit.syscalls import Content
from tracekit.tracer.decode.text import counted
from tracekit.tracer.decode.view import View

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
