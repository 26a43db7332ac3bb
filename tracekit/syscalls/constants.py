"""Named constants of the kernel's interface, read from the tables in ``constants/``.

A set is an enumeration (one value, one name) or flags (values or-ed together).
Each carries the header that defines it and the mark that goes with an unknown value.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Final, Literal

_TABLES: Final = Path(__file__).with_name("constants")
_HEADING: Final = re.compile(
    r"\[(?P<name>\w+)\] (?P<style>enum|flags)(?P<base>:[du])? (?P<unknown>\S+) (?P<headers><.*>)"
)
_INT_MAX: Final = 0x7FFFFFFF
_UINT_MAX: Final = 0xFFFFFFFF


@dataclass(frozen=True)
class ConstantSet:
    """One set of constants: ``prot`` is PROT_READ, PROT_WRITE, ... of <asm-generic/mman-common.h>.

    There are thousands of constants, and a trace meets few: a set is read when it is asked.
    """

    name: str
    style: Literal["enum", "flags"]
    unknown: str
    """What is printed in a comment beside a value without a name (``PROT_???``); ``-`` for nothing."""
    headers: str
    text: str = field(repr=False)
    """NAME=value, ... as the table has them; ``= name`` for the values of another set."""
    base: Literal["", ":d", ":u"] = ""
    """How the number is printed where no name is: hexadecimal, or a signed or unsigned decimal."""

    @cached_property
    def values(self) -> Mapping[str, int]:
        """Name -> value, in the order in which flags are printed."""
        if self.text.startswith("= "):
            return constants(self.text[2:].strip()).values
        pairs = (entry.strip().rpartition("=") for entry in self.text.replace(",\n", ", ").split(", "))
        return {name: int(value, 0) for name, _, value in pairs}

    @cached_property
    def names(self) -> Mapping[int, str]:
        """Value -> name; the first name wins."""
        return {value: name for name, value in reversed(list(self.values.items()))}

    @cached_property
    def aliases(self) -> Mapping[str, int]:
        """As ``values``, but each name by itself of those that stand for one number (``A or B``)."""
        return {name: value for names, value in self.values.items() for name in names.split(" or ")}

    def number(self, value: int) -> str:
        """A value as a number: ``0x1f``, or in the set's own base."""
        if not self.base:
            return hex(value) if value else "0"
        negative = self.base == ":d" and _INT_MAX < value <= _UINT_MAX
        return str(value - _UINT_MAX - 1 if negative else value)


@cache
def constant_sets() -> Mapping[str, ConstantSet]:
    """Every set by its name."""
    found = (one for path in sorted(_TABLES.glob("*.tbl")) for one in _read(path.read_text("ascii")))
    return {one.name: one for one in found}


def constants(name: str) -> ConstantSet:
    """The set of this name; KeyError when there is none (a slip in a table of ours)."""
    return constant_sets()[name]


def _read(text: str) -> Iterator[ConstantSet]:
    """The sets of one table: a heading, then NAME=value, ... up to the next empty line."""
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    for block in "\n".join(lines).split("\n\n"):
        if not block.strip():
            continue
        heading, _, body = block.strip().partition("\n")
        match = _HEADING.fullmatch(heading)
        if match is None:
            raise ValueError(f"no heading of a constant set: {heading}")
        yield ConstantSet(
            name=match["name"],
            style="flags" if match["style"] == "flags" else "enum",
            unknown=match["unknown"],
            headers=match["headers"],
            base=match["base"] or "",  # type: ignore[arg-type]  # what the heading's pattern lets through
            text=body,
        )
