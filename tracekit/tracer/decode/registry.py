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
Fetch = Callable[[View, int], bytes]
"""Reads, at a stop, the memory from an address on that a printer will look at."""
FetchFactory = Callable[..., Fetch | None]

_printers: Final[dict[str, Printer]] = dict(SCALARS)
_factories: Final[dict[str, Factory]] = {}
_captures: Final[dict[str, Capture]] = {}
_fetches: Final[dict[str, FetchFactory]] = {}
_of_registers: Final[set[str]] = {"", *SCALARS}
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


def of_registers(*names: str) -> None:
    """Declare that printers of these kinds look at registers alone, never at the task."""
    _of_registers.update(names)


def fetches(factories: Mapping[str, FetchFactory]) -> None:
    """Add what memory kinds look at, by the names of the kinds.

    ``factories["bytes"]("ret")`` is for ``bytes(ret)``; None when it cannot be told in
    advance. Kinds that are not here are printed while the task stands still.
    """
    _fetches.update(factories)


def fetcher_of(kind: str, parameters: tuple[str, ...] = ()) -> Fetch | None:
    """What reads the memory that a kind's printer will look at; None: print it at the stop."""
    if kind in _fetches:
        return _fetches[kind](*parameters)
    if kind.startswith("*") and kind not in _printers:
        return _fetches["*"](kind[1:])
    return None


def needs_no_task(*names: str) -> bool:
    """Say whether the first of these kinds that exists is printed from registers alone."""
    for kind in names:
        if kind in _printers or kind in _factories or not kind:
            return kind in _of_registers
    return kind in constant_sets() or kind[:-2] in constant_sets()


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
        return named(kind)
    if kind[:-2] in sets and kind[-2:] in _WIDTHS:
        return named(kind[:-2], _WIDTHS[kind[-2:]])
    return _factories["{"](kind)


def return_printer_of(kind: str) -> Printer:
    """The printer of a return value of this kind; a plain decimal number when it has none."""
    if not kind:
        return _decimal
    return _printers.get(f"return_{kind}") or printer_of(kind)


def _decimal(_view: View, value: int) -> str:
    return str(value)
