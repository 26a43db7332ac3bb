"""Members of structures that are arrays, or numbers of another width, order or form than the rest."""

from collections.abc import Callable, Mapping
from typing import Final

from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import families, kinds, of_registers
from tracekit.tracer.decode.structs import layouts
from tracekit.tracer.decode.text import quoted
from tracekit.tracer.decode.view import Printer, View


def shortened(view: View, elements: list[str], *, more: bool = False) -> str:
    """An array, no more of it than -s says unless -v is given: ``[1, 2, ...]``; or if there is more of it."""
    limit = len(elements) if view.options.verbose else view.options.string_limit
    return f"[{', '.join([*elements[:limit], *(['...'] if more or len(elements) > limit else [])])}]"


def _swapped(word: str, size: str) -> Printer:
    """A number of so many bytes in network order: ``htonl(0xfeedcafe)``."""
    digits = int(size)

    def printer(_view: View, value: int) -> str:
        return f"{word}({hexadecimal(int.from_bytes(value.to_bytes(digits, 'little'), 'big'))})"

    return printer


def padded(digits: int, value: int) -> str:
    """A number as C's ``%#0*x`` prints it: ``0x00ff``, ``0000``."""
    return f"{value:#0{digits}x}" if value else "0" * digits


def _padded(digits: str) -> Printer:
    return lambda _view, value: padded(int(digits), value)


def _elements(size: str, base: str = "d") -> Printer:
    """Members of an array in its bytes: ``[1, 2]``."""
    width = int(size)
    bases: dict[str, Callable[[int], str]] = {
        "d": str,
        "x": hexadecimal,
        "0x": lambda one: padded(2 * width, one),
    }
    write = bases[base]

    def printer(_view: View, data: bytes) -> str:
        found = (int.from_bytes(data[at : at + width], "little") for at in range(0, len(data), width))
        return f"[{', '.join(map(write, found))}]"

    return printer


def _few(size: str) -> Printer:
    """The same, as many of them as -s says."""
    width = int(size)

    def printer(view: View, data: bytes) -> str:
        found = (int.from_bytes(data[at : at + width], "little") for at in range(0, len(data), width))
        return shortened(view, list(map(str, found)))

    return printer


def _indexed(size: str, table: str) -> Printer:
    """Those again, each beside the name of its index: ``[[BR_MCAST_DIR_RX]=1, [BR_MCAST_DIR_TX]=2]``."""
    width = int(size)

    def printer(view: View, data: bytes) -> str:
        found = (int.from_bytes(data[at : at + width], "little") for at in range(0, len(data), width))
        return shortened(view, [f"[{view.spell(table, at)}]={one}" for at, one in enumerate(found)])

    return printer


def _listed(name: str) -> Printer:
    """An array of one structure."""
    return lambda view, data: f"[{layouts(name)[view.abi].text(view, data)}]"


def _explained(table: str) -> Printer:
    """A constant whose name no header for programs has."""
    return lambda view, value: view.names.explained(table, value)


_PRINTERS: Final[Mapping[str, Printer]] = {
    "byte_string": lambda _view, data: quoted(data, 2),
    "long_hex": lambda _view, data: hexadecimal(int.from_bytes(data, "little")),
    "long_number": lambda _view, data: str(int.from_bytes(data, "little")),
}
_FAMILIES: Final[Mapping[str, Callable[..., Printer]]] = {
    "swapped": _swapped,
    "padded": _padded,
    "elements": _elements,
    "few": _few,
    "indexed": _indexed,
    "listed": _listed,
    "explained": _explained,
}
kinds(_PRINTERS)
families(_FAMILIES)
of_registers(*_PRINTERS, *_FAMILIES)
