"""Memory mappings."""

from typing import Final

from tracekit.syscalls import constants, errno_name
from tracekit.tracer.decode.names import WORDS, hexadecimal
from tracekit.tracer.decode.registry import families, kinds
from tracekit.tracer.decode.scalars import U32, U64, zero_padded
from tracekit.tracer.decode.structs import array_text
from tracekit.tracer.decode.text import number
from tracekit.tracer.decode.view import PAGE, Printer, View, pointer

_MAP_TYPE: Final = 0xF
_HUGE_SHIFT: Final = 26
_HUGE_MASK: Final = 0x3F << _HUGE_SHIFT
_TO_PLACE: Final = 3  # MREMAP_MAYMOVE and MREMAP_FIXED, <linux/mman.h>
_POLICY_FLAGS: Final = 0xE000  # MPOL_MODE_FLAGS, <linux/mempolicy.h>


def huge_page(value: int) -> tuple[int, int]:
    """Flags, and apart from them the page size in their top bits, as a power of two."""
    return value & ~_HUGE_MASK, value >> _HUGE_SHIFT & 0x3F


def _mmap_flags(view: View, value: int) -> str:
    """``MAP_PRIVATE|MAP_HUGETLB|21<<MAP_HUGE_SHIFT``."""
    flags, size = huge_page(value & U32 & ~_MAP_TYPE)
    text = WORDS.spell("map_type", value & _MAP_TYPE) + WORDS.more("map_flags", flags)
    return view.names.word(hexadecimal(value), text + (f"|{size}<<MAP_HUGE_SHIFT" if size else ""))


def _memfd_flags(view: View, value: int) -> str:
    value &= U32
    if not value:
        return "0"
    flags, size = huge_page(value)
    shown = [WORDS.spell("memfd_base", flags)] if flags else []
    if size:
        shown.append(f"{size}<<MFD_HUGE_SHIFT")
    return view.names.word(hexadecimal(value), "|".join(shown))


def _offset(_view: View, value: int) -> str:
    return hexadecimal(value)


def _nodes(most: str) -> Printer:
    """A set of memory nodes: as many words as it takes for the highest (mbind(2))."""
    index = int(most)

    def one(view: View, data: bytes) -> str:
        return zero_padded(int.from_bytes(data, "little"), 2 * view.abi.word)

    def printer(view: View, address: int) -> str:
        highest, bits = view.args[index], 8 * view.abi.word
        count = (highest + bits - 2 & U64) // bits
        if count < highest // bits or (highest and not count):
            return pointer(address)
        return array_text(view, address, count, view.abi.word, one)

    return printer


def _policy(mask: int) -> Printer:
    """A memory policy and its flags."""

    def printer(view: View, value: int) -> str:
        value &= mask
        mode, flags = value & ~_POLICY_FLAGS, value & _POLICY_FLAGS
        if not flags:
            return view.spell("mempolicy", mode)
        name = constants("mempolicy").names.get(mode)
        if name is None:
            return view.spell("mempolicy_flags", value)
        return view.names.word(hexadecimal(value), name + WORDS.more("mempolicy_flags", flags))

    return printer


def _page_status(view: View, value: int) -> str:
    """Where a page is now: a node's number, or why it is nowhere."""
    name = errno_name(-value) if value < 0 else ""
    return view.names.word(str(value), f"-{name}" if name else None)


def _new_address(flags: str) -> Printer:
    """Mremap's fifth argument, there only when the flags say where to go."""
    index = int(flags)
    return lambda view, value: pointer(value) if view.args[index] & _TO_PLACE == _TO_PLACE else None


kinds(
    {
        "mmap_flags": _mmap_flags,
        "mmap_offset": _offset,
        "mmap_pages": lambda view, value: _offset(view, value * PAGE),
        "memfd_flags": _memfd_flags,
        "policy": _policy(U32),
        "policy64": _policy(U64),
        "page_status": _page_status,
    }
)


def _residency(length: str) -> Printer:
    """mincore(2)'s byte a page: whether it is in memory."""
    size = number(length)

    def one(_view: View, data: bytes) -> str:
        return str(data[0] & 1)

    return lambda view, where: array_text(view, where, -(-size(view) // PAGE), 1, one)


families({"mincore": _residency, "nodemask": _nodes, "mremap_address": _new_address})
