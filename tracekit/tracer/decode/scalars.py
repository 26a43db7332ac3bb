"""Values that fit in a register: numbers, addresses, user ids, devices, named constants."""

from collections.abc import Callable, Mapping
from typing import Final

from tracekit.tracer.decode.names import hexadecimal
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


def device(view: View, value: int) -> str:
    """``makedev(0x8, 0x1)``, from the number that user programs see (gnu_dev_major(3))."""
    major = (value >> 8 & 0xFFF) | (value >> 32 & 0xFFFFF000)
    minor = (value & 0xFF) | (value >> 12 & 0xFFFFFF00)
    return view.names.word(hexadecimal(value), f"makedev({hexadecimal(major)}, {hexadecimal(minor)})")


def zero_padded(value: int, width: int) -> str:
    """A hexadecimal number of this width with its prefix, as C's ``%#0*x`` prints it."""
    return f"{value:#0{width}x}" if value else "0" * width


def named(table: str, mask: int = U32) -> Printer:
    """A printer for the constant set of this name."""
    return lambda view, value: view.spell(table, value & mask)


def user_id(value: int) -> str:
    """A user's or group's number; the greatest stands for none."""
    value &= U32
    return "-1" if value == NO_ID else str(value)


def _uid16(_view: View, value: int) -> str:
    value &= 0xFFFF
    return "-1" if value == 0xFFFF else str(value)


def ticks(value: int, style: str = "abbrev") -> str:
    """A clock_t with its seconds: ``1 /* 0.01 s */``; the kernel counts 100 a second."""
    if not value or style == "raw":
        return str(value)
    return f"{value} /* {value // 100}.{value % 100:02d} s */"


def _limit(view: View, value: int) -> str:
    """A resource limit as wide as a word: infinity, a number, or a multiple of 1024."""
    if value == view.abi.mask < U64:
        return view.names.word(str(value), "RLIM_INFINITY")
    return _limit64(view, value)


def _limit64(view: View, value: int) -> str:
    """The same with 64 bits (prlimit64)."""
    text = f"{value // 1024}*1024" if value > 1024 and value % 1024 == 0 else None
    return view.names.word(str(value), "RLIM64_INFINITY" if value == U64 else text)


def masked(bits: int) -> Callable[[View, int], str]:
    """An unsigned number of this many bits."""
    mask = (1 << bits) - 1
    return lambda _view, value: str(value & mask)


def _hexadecimal(mask: int) -> Printer:
    return lambda _view, value: hexadecimal(value & mask)


SCALARS: Final[Mapping[str, Printer]] = {
    "int": lambda _view, value: str(signed32(value)),
    "uint": masked(32),
    "long": lambda _view, value: str(signed64(value)),
    "ulong": masked(64),
    "raw": lambda _view, value: str(value),
    "natural": masked(64),
    "hex": _hexadecimal(U64),
    "hex64": _hexadecimal(U64),
    "hex32": _hexadecimal(U32),
    "address": lambda _view, value: pointer(value),
    "octal": lambda _view, value: octal(value & U64),
    "mode": lambda _view, value: octal(value & 0xFFFF),
    "pid": lambda view, value: view.names.task(signed32(value)),
    "tid": lambda view, value: view.names.task(signed32(value), "tid"),
    "pgid": lambda view, value: view.names.task(signed32(value), "pgid"),
    "sid": lambda view, value: view.names.task(signed32(value), "sid"),
    "pid_or_group": lambda view, value: view.names.task_or_group(signed32(value)),
    "uid": lambda _view, value: user_id(value),
    "uid16": _uid16,
    "dev": device,
    "ticks": lambda view, value: ticks(value, view.names.style),
    "limit": _limit,
    "limit64": _limit64,
}
