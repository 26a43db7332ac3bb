"""LogFormat: a template compiled once to literals and functions (httpd's mod_log_config)."""

import os
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from .escape import escape

if TYPE_CHECKING:
    from .transaction import Transaction

DIRECTIVE = re.compile(r"%(?P<modifiers>[<>]*)(?:\{(?P<argument>[^}]*)\})?(?P<letter>[A-Za-z%])")
Item = Callable[["Transaction"], bytes]


def _time(argument: str, done: "Transaction") -> bytes:
    """Return %t: common log format, or strftime of the argument."""
    local = time.localtime(done.started_ns // 10**9)
    return time.strftime(argument or "[%d/%b/%Y:%H:%M:%S %z]", local).encode()


def _pid(argument: str, done: "Transaction") -> bytes:
    """Return %P: the process, or the LWP that served or accepted."""
    if argument == "tid":
        return b"%d" % done.serve_tid
    if argument == "accept_tid":
        return b"%d" % done.connection.accept_tid
    return b"%d" % os.getpid()


def _port(argument: str, done: "Transaction") -> bytes:
    """Return %p: the server's port, or with 'remote' the client's."""
    return b"%d" % (done.connection.client if argument == "remote" else done.connection.local)[1]


def _first_address(_: str, done: "Transaction") -> bytes:
    return done.connection.client[0].encode()


def _request_field(argument: str, done: "Transaction") -> bytes:
    return escape(done.request.headers.get(argument.lower().encode(), b"-"))


def _response_field(argument: str, done: "Transaction") -> bytes:
    wanted = argument.lower().encode()
    values = [value for name, value in done.response.headers if name.lower() == wanted]
    return escape(b", ".join(values) or b"-")


def _query(_: str, done: "Transaction") -> bytes:
    return escape(b"".join(done.request.origin.partition(b"?")[1:]))


def _percent(_: str, __: "Transaction") -> bytes:
    return b"%"


def _unknown(_: str, __: "Transaction") -> bytes:
    """Return what identd and authentication would say: there is neither here."""
    return b"-"


LETTERS: dict[str, Callable[[str, "Transaction"], bytes]] = {
    "%": _percent,
    "A": lambda _, done: done.connection.local[0].encode(),
    "B": lambda _, done: b"%d" % done.response.content_sent,
    "D": lambda _, done: b"%d" % ((time.time_ns() - done.started_ns) // 1000),
    "H": lambda _, done: b"HTTP/%d.%d" % done.request.version,
    "P": _pid,
    "T": lambda _, done: b"%d" % ((time.time_ns() - done.started_ns) // 10**9),
    "U": lambda _, done: escape(done.request.origin.partition(b"?")[0]),
    "X": lambda _, done: b"+" if done.keep_alive else (b"X" if done.aborted else b"-"),
    "a": _first_address,
    "b": lambda _, done: b"%d" % done.response.content_sent if done.response.content_sent else b"-",
    "f": lambda _, done: escape(done.response.path) or b"-",
    "h": _first_address,
    "i": _request_field,
    "k": lambda _, done: b"%d" % done.nth,
    "l": _unknown,
    "m": lambda _, done: escape(done.request.method) or b"-",
    "o": _response_field,
    "p": _port,
    "q": _query,
    "r": lambda _, done: escape(done.request.line) or b"-",
    "s": lambda _, done: b"%d" % done.response.status,
    "t": _time,
    "u": _unknown,
    "v": lambda _, done: done.site.name,
    "V": lambda _, done: escape(done.request.host) or done.site.name,
}


def compile_format(template: str) -> list[bytes | Item]:
    """Return literals and functions in their order.

    Raises:
        ValueError: a letter that is not known here.
    """
    template = template.replace("\\t", "\t").replace("\\n", "\n")
    items: list[bytes | Item] = []
    position = 0
    for match in DIRECTIVE.finditer(template):
        items.append(os.fsencode(template[position : match.start()]))
        items.append(_item(match["letter"], match["argument"] or ""))
        position = match.end()
    items.append(os.fsencode(template[position:]))
    if any(isinstance(item, bytes) and b"%" in item for item in items):
        raise ValueError(f"Unrecognized LogFormat directive in {template!r}")
    return items


def _item(letter: str, argument: str) -> Item:
    function = LETTERS.get(letter)
    if function is None or (letter == "P" and argument not in ("", "pid", "tid", "accept_tid")):
        raise ValueError(f"Unrecognized LogFormat directive %{{{argument}}}{letter}")
    return lambda done: function(argument, done)
