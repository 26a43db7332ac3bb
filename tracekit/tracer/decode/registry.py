"""Kinds of values by name, as the tables of ``tracekit.syscalls`` write them.

Modules beside this one put their printers in; the tables name them. A constant
set is a kind by itself (``prot``; ``prot64`` looks at 64 bits, ``whence16`` at 16),
and so is a structure and ``*structure``.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from tracekit.syscalls import constant_sets
from tracekit.tracer.decode.scalars import SCALARS, named
from tracekit.tracer.decode.view import Printer, View

Factory = Callable[..., Printer]
Capture = Callable[[View, int], object]

_printers: Final[dict[str, Printer]] = dict(SCALARS)
_factories: Final[dict[str, Factory]] = {}
_captures: Final[dict[str, Capture]] = {}
_WIDTHS: Final = {"64": 0xFFFFFFFFFFFFFFFF, "16": 0xFFFF}


def kinds(printers: Mapping[str, Printer]) -> None:
    """Add printers by the names of their kinds."""
    _printers.update(printers)


def families(factories: Mapping[str, Factory]) -> None:
    """Add kinds with parameters: ``bytes(ret)`` calls ``factories["bytes"]("ret")``."""
    _factories.update(factories)


def captures(functions: Mapping[str, Capture]) -> None:
    """Add what has to be remembered at entry for a kind that is printed at exit (``Call.saved``)."""
    _captures.update(functions)


def capture_of(kind: str) -> Capture | None:
    """What remembers an argument of this kind at entry, if anything has to."""
    return _captures.get(kind)


@cache
def printer_of(kind: str, parameters: tuple[str, ...] = ()) -> Printer:
    """The printer of a kind.

    Raises:
        KeyError: no printer, constant set or structure has this name (a slip in a table of ours).
    """
    if kind in _factories:
        return _factories[kind](*parameters)
    if kind in _printers:
        return _printers[kind]
    if kind.startswith("*"):
        return _factories["*"](kind[1:])
    sets = constant_sets()
    if kind in sets:
        return named(sets[kind])
    if kind[:-2] in sets and kind[-2:] in _WIDTHS:
        return named(sets[kind[:-2]], _WIDTHS[kind[-2:]])
    return _factories["{"](kind)


def return_printer_of(kind: str) -> Printer:
    """The printer of a return value of this kind; a plain decimal number when it has none."""
    if not kind:
        return _decimal
    return _printers.get(f"return_{kind}") or printer_of(kind)


def _decimal(_view: View, value: int) -> str:
    return str(value)
