"""Memory mappings."""

from typing import Final

from tracekit.tracer.decode.registry import families, kinds
from tracekit.tracer.decode.scalars import U32
from tracekit.tracer.decode.structs import array_text
from tracekit.tracer.decode.text import number
from tracekit.tracer.decode.view import PAGE, Printer, View, pointer

_MAP_TYPE: Final = 0xF
_HUGE_SHIFT: Final = 26
_HUGE_MASK: Final = 0x3F << _HUGE_SHIFT
_MREMAP_FIXED: Final = 2


def huge_flags(view: View, table: str, value: int, prefix: str, *, bare: bool = False) -> str:
    """Flags with a page size in their top bits: ``MAP_HUGETLB|21<<MAP_HUGE_SHIFT``."""
    flags, size = value & ~_HUGE_MASK, value >> _HUGE_SHIFT & 0x3F  # bare: no comment on unknown flags
    shown = []
    if flags:
        shown.append(view.names.bare(table, flags) if bare else view.spell(table, flags))
    if size:
        shown.append(f"{size}<<{prefix}_HUGE_SHIFT")
    return "|".join(shown) or "0"


def _mmap_flags(view: View, value: int) -> str:
    """``MAP_PRIVATE|MAP_ANONYMOUS``."""
    value &= U32
    kind = view.spell("map_type", value & _MAP_TYPE)
    rest = value & ~_MAP_TYPE
    return kind + (f"|{huge_flags(view, 'map_flags', rest, 'MAP', bare=True)}" if rest else "")


def _offset(_view: View, value: int) -> str:
    return hex(value) if value else "0"


def _new_address(flags: str) -> Printer:
    """Mremap's fifth argument, there only when the flags say where to go."""
    index = int(flags)
    return lambda view, value: pointer(value) if view.args[index] & _MREMAP_FIXED else None


kinds(
    {
        "mmap_flags": _mmap_flags,
        "mmap_offset": _offset,
        "mmap_pages": lambda view, value: _offset(view, value * PAGE),
        "memfd_flags": lambda view, value: huge_flags(view, "memfd_base", value & U32, "MFD"),
    }
)


def _residency(length: str) -> Printer:
    """mincore(2)'s byte a page: whether it is in memory."""
    size = number(length)

    def one(_view: View, data: bytes) -> str:
        return str(data[0] & 1)

    return lambda view, where: array_text(view, where, -(-size(view) // PAGE), 1, one)


families({"mincore": _residency, "mremap_address": _new_address})
