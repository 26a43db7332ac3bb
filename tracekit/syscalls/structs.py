"""Structures of the kernel's interface as rows of ``*structs.tbl``: layout and fields in order."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
_FIELD: Final = re.compile(
    r"(?P<mark>!?\+?\??)(?P<label>[\w.]*)=(?P<kind>\*?\w+)(?:\((?P<parameters>[\w,]+)\))?(?:@(?P<index>\d+))?"
)


@dataclass(frozen=True, slots=True)
class StructField:
    """One printed member."""

    label: str
    kind: str
    hidden: bool
    """Printed only when structures are asked for in full (``-v``)."""
    optional: bool
    """Left out when it is 0."""
    newer: bool
    """It and what follows are there only when a structure is long enough: older versions end here."""
    index: int
    """Which member of the layout it is, from 0."""
    parameters: tuple[str, ...] = ()
    """What the kind says in parentheses."""


@dataclass(frozen=True)
class StructRow:
    """One structure: its layout in letters (``abi.packing``), and its members.

    There are hundreds, and a trace meets few: the members are read when they are asked for.
    """

    name: str
    letters: str
    text: str = field(repr=False)
    """The members as the table has them."""

    @cached_property
    def fields(self) -> tuple[StructField, ...]:
        """The members in order."""
        return tuple(_read_field(item, at) for at, item in enumerate(self.text.split()))


@cache
def struct_rows() -> Mapping[str, StructRow]:
    """Every structure of the table by its name."""
    lines = (
        line for path in sorted(_HERE.glob("*structs.tbl")) for line in path.read_text("ascii").splitlines()
    )
    rows = (StructRow(*line.split(maxsplit=2)) for line in lines if line and not line.startswith("#"))
    return {row.name: row for row in rows}


def _read_field(item: str, at: int) -> StructField:
    match = _FIELD.fullmatch(item)
    if match is None:
        raise ValueError(f"no member of a structure: {item}")
    return StructField(
        label=match["label"],
        kind=match["kind"],
        hidden="+" in match["mark"],
        optional="?" in match["mark"],
        newer="!" in match["mark"],
        index=int(match["index"]) if match["index"] else at,
        parameters=tuple(match["parameters"].split(",")) if match["parameters"] else (),
    )
