"""Netlink's messages and attributes as rows of ``netlink.tbl``: what stands in each."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from tracekit.syscalls.constants import constants

_TABLE: Final = Path(__file__).with_name("netlink.tbl")
_HEADING: Final = re.compile(r"\[(?P<name>\w+)(?: (?P<keys>\w+))?\]")
_KIND: Final = re.compile(r"(?P<name>\w+)(?:\((?P<parameters>[\w,]+)\))?")
_OTHERS: Final = "*"
_WORDS: Final = "text"
_ANY: Final = -1


class Content(NamedTuple):
    """What stands in an attribute or a message: a kind's name, and what it says in parentheses."""

    kind: str
    parameters: tuple[str, ...] = ()


class NetlinkTable(NamedTuple):
    """What stands in attributes, by their type; or in something else, by what tells it apart."""

    name: str
    keys: str
    """The constant set of the types; ``text`` when words tell."""
    rows: Mapping[int | str, Content]

    def content(self, key: int | str) -> Content | None:
        """What stands under this key; None when no row says it."""
        return self.rows.get(key) or self.rows.get(_ANY)


@cache
def netlink_tables() -> Mapping[str, NetlinkTable]:
    """Every table by its name."""
    lines = (line for line in _TABLE.read_text("ascii").splitlines() if not line.startswith("#"))
    blocks = "\n".join(lines).split("\n\n")
    return {
        table.name: table
        for table in (_read(*block.strip().splitlines()) for block in blocks if block.strip())
    }


def _read(heading: str, *rows: str) -> NetlinkTable:
    match = _HEADING.fullmatch(heading)
    if match is None:
        raise ValueError(f"no heading of a netlink table: {heading}")
    keys = match["keys"] or match["name"]
    return NetlinkTable(match["name"], keys, dict(_read_rows(keys, rows)))


def _read_rows(keys: str, rows: tuple[str, ...]) -> Iterator[tuple[int | str, Content]]:
    """Rows ``KEY KEY : kind(parameters)``."""
    values = {} if keys == _WORDS else constants(keys).values
    for row in rows:
        names, _, kind = row.partition(":")
        match = _KIND.fullmatch(kind.strip())
        if match is None:
            raise ValueError(f"no content of a netlink attribute: {row}")
        content = Content(
            match["name"], tuple((match["parameters"] or "").split(",")) if match["parameters"] else ()
        )
        for name in names.split():
            if keys == _WORDS:
                yield name, content
            else:
                yield _ANY if name == _OTHERS else values[name], content
