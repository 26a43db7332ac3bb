"""What a request takes and what it gives back through one pointer, in the forms that families share.

``opens(x)`` prints the members of a structure at entry and leaves the brace open,
``closes(x)`` goes on with the members that the kernel filled in; ``changes(x)`` prints a
second structure behind an arrow, when there is one. All of them look at argument 2.
"""

from collections.abc import Callable
from typing import Final

from tracekit.syscalls import packings, struct_rows
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import families, kinds, printer_of
from tracekit.tracer.decode.structs import array_text, layouts
from tracekit.tracer.decode.text import counted, quoted
from tracekit.tracer.decode.view import Printer, View, pointer

ARGUMENT: Final = 2
ARROW: Final = " => "


def keep(view: View, value: object) -> None:
    """Remember at entry what the exit needs; a request whose argument could not be read keeps nothing."""
    view.call.remember(ARGUMENT, value)


def kept(view: View) -> object:
    """What ``keep`` kept; None when there is nothing to go on with."""
    return view.call.saved.get(ARGUMENT)


def braced(members: list[str]) -> str:
    """Members as a structure."""
    return "{" + ", ".join(members) + "}"


def fetch_struct(view: View, name: str, address: int) -> bytes | None:
    """A structure's bytes; None where an address is printed instead."""
    return view.fetch(address, layouts(name)[view.abi].packing.size)


def peek_struct(view: View, name: str, address: int) -> bytes | None:
    """The same whether the call failed or not."""
    size = layouts(name)[view.abi].packing.size
    return view.whole(address, size)


def members(view: View, name: str, data: bytes) -> list[str]:
    """The shown members of a structure of structs.tbl, whose bytes these begin with."""
    one = layouts(name)[view.abi]
    return one.members(view, data[: one.packing.size])


def values(view: View, name: str, data: bytes) -> tuple[int | bytes, ...]:
    """The members of a structure as they are."""
    return layouts(name)[view.abi].packing.unpack(data)


def _opens(name: str) -> Printer:
    def printer(view: View, address: int) -> str:
        data = fetch_struct(view, name, address)
        if data is None:
            return pointer(address)
        keep(view, data)
        return "{" + ", ".join(members(view, name, data))

    return printer


def _closes(name: str) -> Printer:
    def printer(view: View, address: int) -> str | None:
        if kept(view) is None:
            return None
        data = fetch_struct(view, name, address)
        return "}" if data is None else "".join(f", {one}" for one in members(view, name, data)) + "}"

    return printer


def _takes(name: str) -> Printer:
    """A whole structure at entry, of which ``changes`` may print another state at exit."""
    inner = printer_of(f"*{name}")

    def printer(view: View, address: int) -> str | None:
        keep(view, fetch_struct(view, name, address))
        return inner(view, address)

    return printer


def _changes(name: str) -> Printer:
    inner = printer_of(f"*{name}")

    def printer(view: View, address: int) -> str | None:
        return None if kept(view) is None or view.failed else f"{ARROW}{inner(view, address)}"

    return printer


def whole(array: str) -> bool:
    """Whether an array of structures has something in it, and could be read as far as it is shown."""
    return array.startswith("[") and array != "[]" and not array.endswith("*/]")


def local_array(
    view: View, data: bytes, size: int, element: Callable[[View, bytes], str], count: int | None = None
) -> str:
    """An array that stands in a structure; -s limits the elements that are shown unless -v is given."""
    total = len(data) // size
    wanted = total if count is None else min(count, total)
    shown = wanted if view.options.verbose else min(wanted, view.options.string_limit)
    items = [element(view, data[at * size : (at + 1) * size]) for at in range(shown)]
    return f"[{', '.join([*items, '...'] if shown < wanted else items)}]"


def full_array(view: View, data: bytes, kind: str) -> str:
    """Numbers in a structure, all of them whatever -s says."""
    size, element = array_of(kind)
    return f"[{', '.join(element(view, data[at : at + size]) for at in range(0, len(data), size))}]"


def array_of(kind: str) -> tuple[int, Callable[[View, bytes], str]]:
    """The size of an element and its printer: ``I`` unsigned, ``i`` signed, ``xI`` hexadecimal."""
    letter = kind.removeprefix("x")
    size = max(one.size for one in packings(letter).values())
    signed, base = letter.islower() and letter != "c", hexadecimal if kind != letter else str

    def element(_view: View, data: bytes) -> str:
        return base(int.from_bytes(data, "little", signed=signed))

    return size, element


def _items(kind: str) -> Printer:
    """``items(xI)``, ``items(rect)``: an array in a structure, its bytes."""
    if kind in struct_rows():
        return _structs(kind)
    size, element = array_of(kind)
    return lambda view, data: local_array(view, data, size, element)


def _structs(name: str) -> Printer:
    by_abi = layouts(name)

    def printer(view: View, data: bytes) -> str:
        one = by_abi[view.abi]
        return local_array(view, data, one.packing.size, one.text)

    return printer


def _all_items(kind: str) -> Printer:
    """``all_items(xI)``: the same of numbers, whatever -s says."""
    return lambda view, data: full_array(view, data, kind)


def _item_rows(count: str, kind: str) -> Printer:
    """``item_rows(2,xI)``: an array of arrays of as many numbers, in a structure."""
    size, element = array_of(kind)

    def one(view: View, data: bytes) -> str:
        return local_array(view, data, size, element)

    return lambda view, data: local_array(view, data, int(count) * size, one)


def _pair(kind: str) -> Printer:
    """``pair(Q)``: a pointer to two numbers."""
    size, _ = array_of(kind)

    def printer(view: View, address: int) -> str:
        data = view.fetch(address, 2 * size)
        return pointer(address) if data is None else full_array(view, data, kind)

    return printer


def _array_at(count: str, kind: str) -> Printer:
    """``array_at(3,xI)``: a pointer to as many numbers."""
    size, element = array_of(kind)
    return lambda view, address: array_text(view, address, int(count), size, element)


def _reference(letter: str, kind: str) -> Printer:
    """``ref(B,kd_modes)``: a pointer to a number of this letter (``abi.packing``)."""
    by_abi, inner = packings(letter), printer_of(kind)

    def printer(view: View, address: int) -> str:
        number = by_abi[view.abi]
        data = view.fetch(address, number.size)
        return pointer(address) if data is None else f"[{inner(view, number.unpack(data)[0])}]"

    return printer


def _characters(size: str) -> Printer:
    """``characters(1)``: a pointer to as many bytes of text."""
    return lambda view, address: counted(view, address, int(size))


def bounded_text(view: View, address: int, size: int) -> str:
    """Text in a buffer of this size: up to its NUL, and with dots when there is none."""
    limit = min(size, view.options.string_limit)
    data = view.text(address, min(size, limit + 1))
    text, end, _ = data.partition(b"\0")
    if not end and len(data) < min(size, limit + 1):
        return pointer(address)
    more = size and (not end or len(text) > limit)
    return quoted(text[:limit], view.options.hex_strings) + ("..." if more else "")


def _text(size: str) -> Printer:
    """``text(16)``."""
    return lambda view, address: bounded_text(view, address, int(size))


def _hex_text(size: str) -> Printer:
    """``hex_text(48)``: a pointer to bytes that are printed in hexadecimal."""
    return lambda view, address: counted(view, address, int(size), 2)


def _kept_text(view: View, data: bytes) -> str:
    """Bytes in a structure, in full."""
    return quoted(data, view.options.hex_strings)


families(
    {
        "opens": _opens,
        "closes": _closes,
        "takes": _takes,
        "changes": _changes,
        "items": _items,
        "pair": _pair,
        "all_items": _all_items,
        "item_rows": _item_rows,
        "array_at": _array_at,
        "ref": _reference,
        "characters": _characters,
        "text": _text,
        "hex_text": _hex_text,
    }
)
kinds(
    {
        "bytes_text": _kept_text,
        "unaligned": lambda _view, data: str(int.from_bytes(data, "little", signed=True)),
    }
)
