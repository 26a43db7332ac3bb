"""ioctl(2): requests by name or by their parts, and arguments that no form is known for.

Most requests are rows of ``ioctls.tbl``. Some carry a size that the program chooses, or a
number that means something, within the request: these are named here by their parts.
"""

from typing import Final

from tracekit.syscalls import ConstantSet, constants
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import kinds
from tracekit.tracer.decode.scalars import U32
from tracekit.tracer.decode.view import Printer, View

#: The directions of <asm-generic/ioctl.h>.
WRITE, READ, _BOTH = 1, 2, 3
_DIRECTIONS: Final = ("_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE")

#: Requests with a size of the program's choice, and their names: type, direction and number.
_SIZED: Final = {
    (ord("E"), READ, 0x06): "EVIOCGNAME",
    (ord("E"), READ, 0x07): "EVIOCGPHYS",
    (ord("E"), READ, 0x08): "EVIOCGUNIQ",
    (ord("E"), READ, 0x09): "EVIOCGPROP",
    (ord("E"), READ, 0x0A): "EVIOCGMTSLOTS",
    (ord("E"), READ, 0x18): "EVIOCGKEY",
    (ord("E"), READ, 0x19): "EVIOCGLED",
    (ord("E"), READ, 0x1A): "EVIOCGSND",
    (ord("E"), READ, 0x1B): "EVIOCGSW",
    (ord("H"), READ, 0x04): "HIDIOCGRAWNAME",
    (ord("H"), READ, 0x05): "HIDIOCGRAWPHYS",
    (ord("H"), READ, 0x06): "HIDIOCSFEATURE",
    (ord("H"), READ, 0x08): "HIDIOCGRAWUNIQ",
    (ord("H"), READ, 0x12): "HIDIOCGPHYS",
    (ord("H"), _BOTH, 0x06): "HIDIOCSFEATURE",
    (ord("H"), _BOTH, 0x07): "HIDIOCGFEATURE",
    (ord("U"), READ, 0x2C): "UI_GET_SYSNAME",
    (ord("j"), READ, 0x13): "JSIOCGNAME",
    (ord("k"), WRITE, 0x00): "SPI_IOC_MESSAGE",
}
#: The types of requests that have rows in the table: others of these types are printed at entry.
_KNOWN_TYPES: Final = frozenset(b'\x03\x12!"$=>EIKLMORTVWXfiop\x89\x94\xa4\xaa\xab\xae\xb4\xb7\xfd')
_families: Final[dict[int, tuple[Printer, Printer]]] = {}


def parts(request: int) -> tuple[int, int, int, int]:
    """Direction, type, number and size of a request (<asm-generic/ioctl.h>)."""
    return request >> 30 & 3, request >> 8 & 0xFF, request & 0xFF, request >> 16 & 0x3FFF


def _request(view: View, value: int) -> str:
    """``FIONREAD``, or ``_IOC(_IOC_READ, 0x54, 0x30, 0x4)``."""
    value &= U32
    if view.names.style == "raw":
        return hexadecimal(value)
    names = [name for name in (_composed(view, value), _name(view, value)) if name]
    return view.names.word(hexadecimal(value), " or ".join(names) or _unnamed(value))


def _name(view: View, value: int) -> str | None:
    """What the kernel's headers call a request in programs of this ABI."""
    name = constants("ioctl_name").names.get(value)
    if view.abi.word == 4:
        narrow = constants("ioctl_name_32")
        return narrow.names.get(value) or _unlike(narrow, name)
    return name


def _unlike(narrow: ConstantSet, names: str | None) -> str | None:
    """Of the names of a number, those that have no other number or name in narrow programs."""
    wide = constants("ioctl_name_64").values
    kept = [name for name in (names or "").split(" or ") if name not in narrow.aliases and name not in wide]
    return " or ".join(kept) or None


def _composed(view: View, value: int) -> str | None:
    """A request that is made of its name and a size or number."""
    direction, kind, number, size = parts(value)
    name = _SIZED.get((kind, direction, number))
    if name:
        return f"{name}({size})"
    if kind == ord("E"):
        return _input_request(view, direction, number, size)
    if kind == ord("M") and direction in {WRITE, READ}:
        return f"MIXER_{'WRITE' if direction == WRITE else 'READ'}({number})"
    return None


def _input_request(view: View, direction: int, number: int, size: int) -> str | None:
    """Requests of an axis or of events (<linux/input.h>)."""
    if direction == WRITE and 0xC0 <= number <= 0xFF:
        return f"EVIOCSABS({_constant(view, 'input_abs', number - 0xC0)})"
    if direction == READ and 0x20 <= number <= 0x3F:
        return f"EVIOCGBIT({_constant(view, 'input_ev', number - 0x20) if number > 0x20 else 0}, {size})"
    if direction == READ and 0x40 <= number <= 0x7F:
        return f"EVIOCGABS({_constant(view, 'input_abs', number - 0x40)})"
    return None


def _constant(view: View, names: str, value: int) -> str:
    """A constant within a request; within a comment there is no further one."""
    if view.names.style == "abbrev":
        return view.spell(names, value)
    return constants(names).names.get(value) or hexadecimal(value)


def _unnamed(value: int) -> str:
    direction, kind, number, size = parts(value)
    return f"_IOC({_DIRECTIONS[direction]}, {hexadecimal(kind)}, {hexadecimal(number)}, {hexadecimal(size)})"


def _argument(view: View, value: int) -> str | None:
    """The argument of a request without a form, at entry."""
    kind = view.args[1] >> 8 & 0xFF
    if kind in _families:
        return _families[kind][0](view, value)
    return hexadecimal(value) if kind in _KNOWN_TYPES else None


def _late_argument(view: View, value: int) -> str | None:
    """The same at exit."""
    kind = view.args[1] >> 8 & 0xFF
    if kind in _families:
        return _families[kind][1](view, value)
    return None if kind in _KNOWN_TYPES else f", {hexadecimal(value)}"


def request_family(kind: int, at_entry: Printer, at_exit: Printer) -> None:
    """Have all requests of a type that stand in no row printed by these."""
    _families[kind] = (at_entry, at_exit)


kinds({"ioctl_cmd": _request, "ioctl_argument": _argument, "ioctl_late_argument": _late_argument})
