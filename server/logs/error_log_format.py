"""ErrorLogFormat: a template compiled once to fields (httpd's server/core.c and log.c)."""

import os
import re
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from .escape import escape

ITEM = re.compile(r"%(?P<flags>(?:\{[^}]*\}|[+-]|\d+)*)(?P<letter>[^{+\-0-9])", re.DOTALL)
HIGHEST_LEVEL = 15  # APLOG_TRACE8
BLANK = "\0"  # stands for a blank that is no separator


class Entry(NamedTuple):
    """What one line is about.

    Attributes:
        module, level: who speaks, and how urgent it is.
        text: the message.
        client: address and port of the client that is the reason; None for none.
        request_id: that of the request that is the reason.
    """

    module: str
    level: str
    text: bytes
    client: tuple[str, int] | None = None
    request_id: bytes | None = None


Value = Callable[[str, Entry], bytes | None]


def _time(argument: str, _: Entry) -> bytes:
    """Return the time as ctime does; u adds microseconds, c makes it ISO 8601."""
    now = time.time_ns()
    local = time.localtime(now // 10**9)
    micros = f".{now // 1000 % 10**6:06d}" if "u" in argument else ""
    if "c" in argument:
        return time.strftime(f"%Y-%m-%d %H:%M:%S{micros}", local).encode()
    return time.strftime(f"%a %b %d %H:%M:%S{micros} %Y", local).encode()


def _client(_: str, entry: Entry) -> bytes | None:
    return None if entry.client is None else f"{entry.client[0]}:{entry.client[1]}".encode()


def _id(argument: str, entry: Entry) -> bytes | None:
    """Return %L; ``%{c}L`` would be the connection's, which has none here."""
    return None if argument else entry.request_id


def _nothing(_: str, __: Entry) -> bytes | None:
    return None


LETTERS: dict[str, Value] = {
    "a": _client,
    "A": _nothing,
    "e": lambda name, _: os.environb.get(os.fsencode(name)),
    "E": _nothing,
    "F": _nothing,
    "i": _nothing,
    "k": _nothing,
    "l": lambda _, entry: entry.level.encode(),
    "L": _id,
    "m": lambda _, entry: entry.module.encode(),
    "M": lambda _, entry: escape(entry.text, quotes=False),
    "n": _nothing,
    "P": lambda _, __: b"%d" % os.getpid(),
    "t": _time,
    "T": lambda _, __: b"%d" % threading.get_native_id(),
    "v": _nothing,
    "V": _nothing,
}


class Item(NamedTuple):
    """A literal, or a letter with what stands between it and the per cent sign."""

    literal: bytes
    value: Value = _nothing
    argument: str = ""
    hyphen: bool = False


def compile_error_format(template: str, *, is_main: bool = True) -> Callable[[Entry], bytes]:
    """Return a function from an entry to its line, without the newline.

    A field, from one blank to the next, is left out when something in it has no value.
    ``\\ `` is a blank that does not end a field, ``% `` ends one and writes nothing.

    Args:
        template: the format.
        is_main: it is that of messages, not one that is written once a request.

    Raises:
        ValueError: in httpd's words.
    """
    fields = _fields(template, is_main=is_main)
    if is_main and not any(item.value is LETTERS["M"] for field in fields for item in field):
        raise ValueError("main ErrorLogFormat must contain message format string '%M'")

    def line(entry: Entry) -> bytes:
        return b"".join(_written(field, entry) for field in fields).lstrip(b" ")

    return line


def _written(field: list[Item], entry: Entry) -> bytes:
    parts = []
    for item in field:
        if item.value is _nothing and item.literal:
            parts.append(item.literal)
            continue
        value = item.value(item.argument, entry)
        if value is None and not item.hyphen:
            return b""
        parts.append(b"-" if value is None else value)
    return b"".join(parts)


def _fields(template: str, *, is_main: bool) -> list[list[Item]]:
    """Return the fields; the blank before a field belongs to it."""
    fields: list[list[Item]] = [[]]
    position = 0
    while position < len(template):
        match = ITEM.match(template, position)
        if match is not None and match["letter"] == " ":
            fields.append([])
        elif match is not None:
            fields[-1].append(_item(match, is_main=is_main))
        elif template[position] == "%":
            raise ValueError("Ran off end of error log format parsing args to some directive")
        else:
            match = re.compile(r" |(?:\\.|[^ %])+", re.DOTALL).match(template, position)
            assert match is not None
            if match[0] == " ":
                fields.append([])
            fields[-1].append(Item(os.fsencode(_unescaped(match[0]))))
        position = match.end()
    return [field for field in fields if field]


def _unescaped(text: str) -> str:
    replaced = {"\\n": "\n", "\\r": "\r", "\\t": "\t", "\\\\": "\\", "\\ ": " ", "\\%": "%"}
    return re.sub(r"\\.", lambda match: replaced.get(match[0], match[0]), text, flags=re.DOTALL)


def _item(match: re.Match[str], *, is_main: bool) -> Item:
    letter, flags = match["letter"], match["flags"]
    if letter == "%":
        return Item(b"%")
    if letter not in LETTERS:
        raise ValueError(f"Unrecognized error log format directive %{letter}")
    argument = re.search(r"\{([^}]*)\}", flags)
    plain = re.sub(r"\{[^}]*\}", "", flags)
    level = re.search(r"\d+", plain)
    if letter == "M" and not is_main:
        raise ValueError("%M cannot be used in once-per-request or once-per-connection formats")
    if is_main and "+" in plain:
        raise ValueError("The '+' flag cannot be used in the main error log format")
    if level is not None and int(level[0]) > HIGHEST_LEVEL:
        raise ValueError("The specified loglevel modifier is out of range")
    return Item(b"", LETTERS[letter], argument[1] if argument else "", "-" in plain)
