"""Structures of the kernel's interface as rows of ``structs.tbl``: layout and fields in order."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_TABLE: Final = Path(__file__).with_name("structs.tbl")


@dataclass(frozen=True, slots=True)
class StructField:
    """One printed member."""

    label: str
    kind: str
    hidden: bool
    """Printed only when structures are asked for in full (``-v``)."""
    optional: bool
    """Left out when it is 0."""


@dataclass(frozen=True, slots=True)
class StructRow:
    """One structure: its layout in letters (``abi.packing``), and its members."""

    name: str
    letters: str
    fields: tuple[StructField, ...]


@cache
def struct_rows() -> Mapping[str, StructRow]:
    """Every structure of the table by its name."""
    lines = (line for line in _TABLE.read_text("ascii").splitlines() if line and not line.startswith("#"))
    return {row.name: row for row in map(_read, lines)}


def _read(line: str) -> StructRow:
    name, letters, *items = line.split()
    return StructRow(name, letters, tuple(_read_field(item) for item in items))


def _read_field(item: str) -> StructField:
    label, _, kind = item.lstrip("+?").partition("=")
    return StructField(label, kind, hidden=item.startswith("+"), optional=item.startswith("?"))
