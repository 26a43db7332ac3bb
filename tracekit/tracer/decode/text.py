"""Strings of the traced program, quoted as strace quotes them.

Everything that is not plain ASCII is escaped here, and so are quotes: what a client
sent can neither end a string early nor reach a terminal.
"""

import re
from collections.abc import Callable
from typing import Final

from tracekit.tracer.decode.registry import Fetch, families, fetches, kinds
from tracekit.tracer.decode.scalars import U32, U64
from tracekit.tracer.decode.view import MOST, Printer, View, pointer

PATH_MAX: Final = 4096  # <linux/limits.h>
_ATTRIBUTE_MOST: Final = 65536  # XATTR_SIZE_MAX, <linux/limits.h>
_FIRST_READ: Final = 256  # most paths are shorter

_NAMED: Final = {0x09: "\\t", 0x0A: "\\n", 0x0B: "\\v", 0x0C: "\\f", 0x0D: "\\r", 0x22: '\\"', 0x5C: "\\\\"}
_OCTAL: Final = [chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:o}" for byte in range(0x100)]
_PIECES: Final = [_NAMED.get(byte, text) for byte, text in enumerate(_OCTAL)]
_HEX: Final = [text if text[0] != "\\" else f"\\x{byte:02x}" for byte, text in enumerate(_OCTAL)]
_HEX_PIECES: Final = [_NAMED.get(byte, text) for byte, text in enumerate(_HEX)]
_OCTAL_BEFORE_DIGIT: Final = re.compile(rb"[\0-\x08\x0e-\x1f\x7f-\xff](?=[0-7])")
_TEXT: Final = re.compile(rb"[\t-\r -~]*")


def quoted(data: bytes, hex_strings: int = 0) -> str:
    """Bytes as a string of C; ``hex_strings`` is that of the options."""
    if _in_hexadecimal(data, hex_strings):
        return '"' + "".join(f"\\x{byte:02x}" for byte in data) + '"'
    if hex_strings == 3:
        return '"' + "".join(map(_HEX_PIECES.__getitem__, data)) + '"'
    if data.isascii():
        text = data.decode("ascii").replace("\\", "\\\\").replace('"', '\\"')
        if not text.isprintable():
            text = text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
        if text.isprintable():
            return f'"{text}"'
    if not _OCTAL_BEFORE_DIGIT.search(data):
        return f'"{_escaped(data)}"'
    pieces = []
    start = 0
    for match in _OCTAL_BEFORE_DIGIT.finditer(
        data
    ):  # "\\1" before an octal digit would read as another character
        pieces.append(_escaped(data[start : match.start()]))
        pieces.append(f"\\{data[match.start()]:03o}")
        start = match.end()
    pieces.append(_escaped(data[start:]))
    return f'"{"".join(pieces)}"'


def _in_hexadecimal(data: bytes, hex_strings: int) -> bool:
    """Say whether every byte is shown in hexadecimal."""
    return hex_strings == 2 or (hex_strings == 1 and not _TEXT.fullmatch(data))


def _escaped(data: bytes) -> str:
    return "".join(map(_PIECES.__getitem__, data))


def text_memory(view: View, address: int, limit: int) -> bytes:
    """Memory up to the NUL of a string at least, or ``limit`` + 1 bytes, as far as it can be read."""
    size = limit + 1
    first = min(size, _FIRST_READ)
    data = view.text(address, first)
    if len(data) == first < size and 0 not in data:
        data += view.text(address + first, size - first)
    if 0 < len(data) < size and 0 not in data:
        view.task.cut_short(address, len(data), size, text=True)
    return data


def terminated(view: View, address: int, limit: int) -> bytes | None:
    """Bytes up to the NUL or, without NUL among them, ``limit`` + 1 bytes; None when they cannot be read."""
    data = text_memory(view, address, limit)
    text, end, _ = data.partition(b"\0")
    return text if end or len(data) == limit + 1 else None


def string(view: View, address: int, limit: int | None = None) -> str:
    """A NUL-terminated string, cut after ``limit`` bytes (-s without it): ``"abc"...``."""
    limit = view.options.string_limit if limit is None else limit
    data = terminated(view, address, limit)
    if data is None:
        return pointer(address)
    if len(data) > limit:
        return quoted(data[:limit], view.options.hex_strings) + "..."
    return quoted(data, view.options.hex_strings)


def path(view: View, address: int) -> str:
    """A path: in full, whatever -s says."""
    return string(view, address, PATH_MAX - 1)


def counted(view: View, address: int, size: int, hex_strings: int | None = None) -> str:
    """``size`` bytes from an address, cut after -s of them; one more of them has to be there."""
    limit = view.options.string_limit
    if not address or view.failed:
        return pointer(address)
    wanted = min(size, limit + 1)
    data = _counted_bytes(view, address, wanted)
    if len(data) < wanted:
        return pointer(address)
    text = quoted(data[:limit], view.options.hex_strings if hex_strings is None else hex_strings)
    return text + "..." if size > limit else text


def number(operand: str) -> Callable[[View], int]:
    """How to get at an operand of the table: an argument's number, or ``ret``."""
    if operand == "ret":
        return lambda view: view.ret
    index = int(operand)
    return lambda view: view.args[index]


def _bytes(size: str) -> Printer:
    length = number(size)
    return lambda view, address: counted(view, address, length(view))


def _counted_memory(size: str, most: str = "") -> Fetch:
    """What ``counted`` looks at, where there are not more bytes than are looked at all."""
    length, limit = number(size), int(most or U64)

    def fetch(view: View, address: int) -> bytes:
        many = length(view)
        return _counted_bytes(view, address, min(many, view.options.string_limit + 1) if many <= limit else 0)

    return fetch


def _counted_bytes(view: View, address: int, wanted: int) -> bytes:
    """So many bytes, or what there is of them."""
    data = view.text(address, wanted)
    if 0 < len(data) < wanted:
        view.task.cut_short(address, len(data), wanted)
    return data


def string_within(view: View, address: int, most: int) -> str:
    """A NUL-terminated string of which the kernel takes only so many bytes."""
    if view.options.string_limit < most:
        return string(view, address)
    data = view.text(address, most)
    text, end, _ = data.partition(b"\0")
    if 0 < len(data) < most and not end:
        view.task.cut_short(address, len(data), most, text=True)
    if not address or (not end and len(data) < most):
        return pointer(address)
    return quoted(text, view.options.hex_strings) + ("" if end or not most else "...")


def _short_string(most: str) -> Printer:
    whole = int(most)
    return lambda view, address: string_within(view, address, whole)


def _short_bytes(size: str, most: str) -> Printer:
    """Bytes that the kernel takes only up to a number of them; more of them is an address."""
    length, limit = number(size), int(most)

    def printer(view: View, address: int) -> str:
        return counted(view, address, length(view)) if length(view) <= limit else pointer(address)

    return printer


def _hex_bytes(size: str, most: str = "") -> Printer:
    """Bytes in hexadecimal, whatever -x says; more of them than ``most`` are an address."""
    length, limit = number(size), int(most or MOST)

    def printer(view: View, address: int) -> str:
        many = length(view) & U32
        return counted(view, address, many, 2) if many <= limit else pointer(address)

    return printer


def _attribute_value(size: str) -> Printer:
    """An extended attribute's value, most often text: a NUL at its end is left out."""
    length = number(size)

    def printer(view: View, address: int) -> str:
        many, limit = length(view), view.options.string_limit
        if not 0 <= many <= _ATTRIBUTE_MOST:
            return pointer(address)
        shown = view.text(address, min(many, limit + 1))[:limit]
        if len(shown) < min(many, limit) or not shown.endswith(b"\0"):
            return counted(view, address, many)
        if _in_hexadecimal(shown, view.options.hex_strings):
            return counted(view, address, many)
        return quoted(shown[:-1], view.options.hex_strings)

    return printer


def _attribute_names(size: str) -> Printer:
    """listxattr(2)'s names; a buffer without room is not written."""
    index = int(size)
    return lambda view, address: counted(view, address, view.ret) if view.args[index] else pointer(address)


def _path_out(view: View, address: int) -> str:
    """A path that the kernel wrote; its return value counts the NUL (getcwd)."""
    if view.failed:
        return pointer(address)
    size = view.ret if 0 < view.ret < PATH_MAX else PATH_MAX
    data = terminated(view, address, size - 1)
    if data is None:
        return pointer(address)
    return quoted(data[: size - 1], view.options.hex_strings) + ("..." if len(data) >= size else "")


def _member(view: View, data: bytes) -> str:
    """Text in a member of a structure, up to its NUL; without one the last byte gives way to dots."""
    text, end, _ = data.partition(b"\0")
    if not end:
        return quoted(text[:-1], view.options.hex_strings) + "..."
    return quoted(text, view.options.hex_strings)


kinds(
    {
        "member_text": _member,
        "string": string,
        "path": path,
        "path_out": _path_out,
    }
)
fetches(
    {
        "string": lambda: lambda view, address: text_memory(view, address, view.options.string_limit),
        "path": lambda: lambda view, address: text_memory(view, address, PATH_MAX - 1),
        "bytes": _counted_memory,
        "short_bytes": _counted_memory,
        "hex_bytes": _counted_memory,
    }
)
families(
    {
        "bytes": _bytes,
        "short_bytes": _short_bytes,
        "hex_bytes": _hex_bytes,
        "short_string": _short_string,
        "attribute_value": _attribute_value,
        "attribute_names": _attribute_names,
    }
)
