"""Binary interfaces: how wide C's types are, and so where the members of a structure stand.

The layout of a structure is written once, in letters; each ABI makes its own
of it (System V ABI, Intel386 and AMD64 supplements; AAPCS64).
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

_ITEM: Final = re.compile(r"(?P<count>\d*)(?P<letter>[a-zA-Z])|\{(?P<inner>[^{}]*)\}")
_WORDS: Final = {
    8: {"l": "q", "L": "Q", "P": "Q", "N": "Q", "T": "Q"},
    4: {"l": "i", "L": "I", "P": "I", "N": "I", "T": "I4x"},
}
_BYTES: Final = frozenset("sx")


@dataclass(frozen=True, slots=True, eq=False)
class Abi:
    """What a program of an architecture and the kernel agree on. Byte order is little-endian everywhere."""

    name: str
    """The architecture: ``x86_64``."""
    word: int
    """Bytes of a long, a pointer, a size_t and, in calls without ``time64``, a time_t."""
    alignment: int
    """The strictest alignment: i386 aligns a long long to 4."""

    @property
    def mask(self) -> int:
        """All bits of a word."""
        return (1 << 8 * self.word) - 1


ABIS: Final[Mapping[str, Abi]] = {
    one.name: one for one in (Abi("x86_64", 8, 8), Abi("aarch64", 8, 8), Abi("i386", 4, 4))
}
"""Every ABI by the name of its architecture."""


@cache
def packing(letters: str, abi: Abi) -> struct.Struct:
    """The layout of a structure.

    Args:
        letters: struct(3)'s, with C's alignment between the members and behind them;
            ``l L`` long, ``P`` pointer and ``N`` size_t are words of the ABI, ``w`` is
            a word of padding (``x`` a byte), ``W`` 8 bytes of it where a word has 8 and
            else none, ``T`` a time whose upper half a narrow ABI keeps elsewhere, ``0P``
            aligns and is nothing, and ``{ll}`` is a structure inside the structure: one
            value, its bytes.
        abi: whose layout.
    """
    return struct.Struct("<" + _laid_out(letters, abi)[0])


@cache
def offsets(letters: str, abi: Abi) -> tuple[int, ...]:
    """Where each value of a structure begins, and where the last one ends."""
    found, at = [], 0
    for match in _ITEM.finditer(letters):
        _, size, alignment = _member(match, abi)
        at += -at % alignment
        letter, count = match["letter"] or "s", int(match["count"] or 1)
        values = 0 if letter in "xw" else 1 if letter == "s" else count
        found += [at + place * size // values for place in range(values)]
        at += size
    return (*found, at)


@cache
def packings(letters: str) -> Mapping[Abi, struct.Struct]:
    """The layouts of a structure by ABI."""
    return {abi: packing(letters, abi) for abi in ABIS.values()}


def _laid_out(letters: str, abi: Abi) -> tuple[str, int]:
    """The letters with every padding written out, and the alignment of the whole."""
    shown, at, strictest = "", 0, 1
    for match in _ITEM.finditer(letters):
        text, size, alignment = _member(match, abi)
        gap = -at % alignment
        shown += f"{gap}x{text}" if gap else text
        at += gap + size
        strictest = max(strictest, alignment)
    behind = -at % strictest
    return shown + (f"{behind}x" if behind else ""), strictest


def _member(match: re.Match[str], abi: Abi) -> tuple[str, int, int]:
    """One item: as struct(3) without alignment writes it, its size and its alignment."""
    if match["inner"]:
        inside, alignment = _laid_out(match["inner"], abi)
        size = struct.calcsize("<" + inside)
        return f"{size}s", size, alignment
    if match["letter"] == "W":
        size = 2 * (abi.word - 4)
        return f"{size}x", size, 1
    if match["letter"] == "w":
        size = abi.word * int(match["count"] or 1)
        return f"{size}x", size, abi.word
    letter = _WORDS[abi.word].get(match["letter"], match["letter"])
    text = match["count"] + letter
    alignment = 1 if letter in _BYTES else min(struct.calcsize("<" + letter), abi.alignment)
    return text, struct.calcsize("<" + text), alignment
