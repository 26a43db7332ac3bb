"""Values that fit in a register: numbers, addresses, user ids, devices, named constants."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from tracekit.syscalls import ConstantSet, constants
from tracekit.tracer.decode.view import Printer, View, pointer

U32: Final = 0xFFFFFFFF
U64: Final = 0xFFFFFFFFFFFFFFFF
NO_ID: Final = U32  # (uid_t)-1: "leave it as it is", chown(2)


def signed32(value: int) -> int:
    """The low 32 bits of a register as an int of C."""
    value &= U32
    return value - 0x100000000 if value > 0x7FFFFFFF else value


def signed64(value: int) -> int:
    """A register as a long of C."""
    value &= U64
    return value - 0x10000000000000000 if value > 0x7FFFFFFFFFFFFFFF else value


def octal(value: int) -> str:
    """Three digits at least and a leading zero: ``022``, ``0644``."""
    return f"0{value:o}".zfill(3) if value else "000"


def device(value: int) -> str:
    """``makedev(0x8, 0x1)``, from the number that user programs see (gnu_dev_major(3))."""
    major = (value >> 8 & 0xFFF) | (value >> 32 & 0xFFFFF000)
    minor = (value & 0xFF) | (value >> 12 & 0xFFFFFF00)
    return f"makedev({_hex(major)}, {_hex(minor)})"


def _hex(value: int) -> str:
    return hex(value) if value else "0"


def comment(value: str, mark: str) -> str:
    """A value without a name: ``0x77 /* PROT_??? */``."""
    return value if mark == "-" else f"{value} /* {mark} */"


def name_of(table: ConstantSet, value: int) -> str:
    """The name of one value of an enumeration."""
    return table.names.get(value) or table.names.get(signed32(value)) or comment(_hex(value), table.unknown)


def names_of(table: ConstantSet, value: int) -> str:
    """The names of or-ed flags, what is left over in hexadecimal: ``O_CREAT|0x8``."""
    if not value:
        return table.names.get(0, "0")
    found = []
    rest = value
    for name, bits in table.values.items():
        if bits and rest & bits == bits:
            found.append(name)
            rest &= ~bits
            if not rest:
                break
    if not found:
        return comment(hex(value), table.unknown)
    if rest:
        found.append(hex(rest))
    return "|".join(found)


def bare_names(table: str, value: int) -> str:
    """Flags that go on after other text, where nothing is said about unknown ones."""
    return names_of(constants(table), value).partition(" /* ")[0]


def named(table: ConstantSet, mask: int = U32) -> Printer:
    """A printer for a constant set; texts are remembered by value."""
    texts: dict[int, str] = {}
    spell = names_of if table.style == "flags" else name_of

    def printer(_view: View, value: int) -> str:
        value &= mask
        text = texts.get(value)
        if text is None:
            if len(texts) > 4096:  # values come from the traced program: keep the memory bounded
                texts.clear()
            text = texts[value] = spell(table, value)
        return text

    return printer


@cache
def spell(name: str, value: int) -> str:
    """A value of the constant set of this name as text."""
    table = constants(name)
    return names_of(table, value) if table.style == "flags" else name_of(table, value)


def _uid(_view: View, value: int) -> str:
    value &= U32
    return "-1" if value == NO_ID else str(value)


def _uid16(_view: View, value: int) -> str:
    value &= 0xFFFF
    return "-1" if value == 0xFFFF else str(value)


def ticks(value: int) -> str:
    """A clock_t with its seconds: ``1 /* 0.01 s */``; the kernel counts 100 a second."""
    return f"{value} /* {value // 100}.{value % 100:02d} s */" if value else "0"


def _limit(view: View, value: int) -> str:
    """A resource limit as wide as a word: infinity, a number, or a multiple of 1024."""
    if value == view.abi.mask < U64:
        return "RLIM_INFINITY"
    return _limit64(view, value)


def _limit64(_view: View, value: int) -> str:
    """The same with 64 bits (prlimit64)."""
    if value == U64:
        return "RLIM64_INFINITY"
    if value > 1024 and value % 1024 == 0:
        return f"{value // 1024}*1024"
    return str(value)


def masked(bits: int) -> Callable[[View, int], str]:
    """An unsigned number of this many bits."""
    mask = (1 << bits) - 1
    return lambda _view, value: str(value & mask)


def _hexadecimal(mask: int) -> Printer:
    return lambda _view, value: _hex(value & mask)


SCALARS: Final[Mapping[str, Printer]] = {
    "int": lambda _view, value: str(signed32(value)),
    "uint": masked(32),
    "long": lambda _view, value: str(signed64(value)),
    "ulong": masked(64),
    "raw": lambda _view, value: str(value),
    "natural": masked(64),
    "hex": _hexadecimal(U64),
    "hex32": _hexadecimal(U32),
    "address": lambda _view, value: pointer(value),
    "octal": lambda _view, value: octal(value & U64),
    "mode": lambda _view, value: octal(value & 0xFFFF),
    "pid": lambda _view, value: str(signed32(value)),
    "uid": _uid,
    "uid16": _uid16,
    "dev": lambda _view, value: device(value),
    "ticks": lambda _view, value: ticks(value),
    "limit": _limit,
    "limit64": _limit64,
}
