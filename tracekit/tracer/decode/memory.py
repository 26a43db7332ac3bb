"""Memory mappings."""

from typing import Final

from tracekit.syscalls import constants
from tracekit.tracer.decode.registry import families, kinds
from tracekit.tracer.decode.scalars import U32, names_of, spell
from tracekit.tracer.decode.view import Printer, View, pointer

_MAP_TYPE: Final = 0xF
_HUGE_SHIFT: Final = 26
_HUGE_MASK: Final = 0x3F << _HUGE_SHIFT
_MREMAP_FIXED: Final = 2


def huge_flags(table: str, value: int, prefix: str) -> str:
    """Flags with a page size in their top bits: ``MAP_HUGETLB|21<<MAP_HUGE_SHIFT``."""
    flags, size = value & ~_HUGE_MASK, value >> _HUGE_SHIFT & 0x3F
    shown = []
    if flags:
        shown.append(names_of(constants(table), flags))
        if size:
            shown[0] = shown[0].split(" /* ")[0]
    if size:
        shown.append(f"{size}<<{prefix}_HUGE_SHIFT")
    return "|".join(shown) or "0"


def _mmap_flags(_view: View, value: int) -> str:
    """``MAP_PRIVATE|MAP_ANONYMOUS``."""
    value &= U32
    kind = spell("map_type", value & _MAP_TYPE)
    rest = value & ~_MAP_TYPE
    return kind + (f"|{huge_flags('map_flags', rest, 'MAP').split(' /* ')[0]}" if rest else "")


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
        "memfd_flags": lambda _view, value: huge_flags("memfd_base", value & U32, "MFD"),
    }
)
families({"mremap_address": _new_address})
