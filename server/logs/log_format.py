"""LogFormat: a template compiled once to literals and functions (httpd's mod_log_config)."""

import os
import re
import socket
import time
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from .environment import environment_of
from .escape import escape

if TYPE_CHECKING:
    from ..connections.transaction import Transaction

COMMON_FORMAT = '%h %l %u %t "%r" %>s %b'
DIRECTIVE = re.compile(
    r"%(?P<modifiers>(?:[!<>,]|\d+|\{[^}]*\})*)(?P<letter>\^[A-Za-z]{2}|[^!<>,0-9{])", re.DOTALL
)
ARGUMENT = re.compile(r"\{([^}]*)\}")
ABSOLUTE_PORT = re.compile(rb"[A-Za-z]+://[^/?#]*:([0-9]+)(?:[/?#]|$)")
ESCAPES = {r"\\": "\\", r"\n": "\n", r"\r": "\r", r"\t": "\t"}
DEFAULT_PORT = 80
Item = Callable[["Transaction"], bytes]
Plain = Callable[["Transaction"], bytes | None]
Letter = Callable[[str, "Transaction"], bytes | None]


@lru_cache(maxsize=8)
def _common_time(seconds: int) -> bytes:
    return time.strftime("[%d/%b/%Y:%H:%M:%S %z]", time.localtime(seconds)).encode()


def _time(argument: str, done: "Transaction") -> bytes:
    """Return %t: common log format, ``begin:`` or ``end:`` and sec, msec_frac..., or strftime."""
    when, form = done.started_ns, argument
    for word in ("begin", "end"):
        if argument == word or argument.startswith(f"{word}:"):
            when = time.time_ns() if word == "end" else when
            form = argument[len(word) + 1 :]
    number = {
        "sec": b"%d" % (when // 10**9),
        "msec": b"%d" % (when // 10**6),
        "usec": b"%d" % (when // 10**3),
        "msec_frac": b"%03d" % (when // 10**6 % 1000),
        "usec_frac": b"%06d" % (when // 10**3 % 10**6),
    }.get(form)
    if number is not None:
        return number
    if not form:
        return _common_time(when // 10**9)
    return os.fsencode(time.strftime(form, time.localtime(when // 10**9)))


def _default_time(done: "Transaction") -> bytes:
    return _common_time(done.started_ns // 10**9)


def _duration(argument: str, done: "Transaction") -> bytes:
    """Return %T: the duration in s, ms or us."""
    divisor = {"": 10**9, "s": 10**9, "ms": 10**6, "us": 10**3}.get(argument.lower())
    if divisor is None:
        return os.fsencode(argument)
    return b"%d" % ((time.time_ns() - done.started_ns) // divisor)


def _pid(argument: str, done: "Transaction") -> bytes:
    """Return %P: the process, or the LWP that served; beside httpd's also the one that accepted."""
    word = argument.lower()
    if word in ("", "pid"):
        return b"%d" % os.getpid()
    if word == "tid":
        return b"%d" % done.serve_tid
    if word == "hextid":
        return b"0x%x" % done.serve_tid
    if word == "accept_tid":
        return b"%d" % done.connection.accept_tid
    return os.fsencode(argument)


def _port(argument: str, done: "Transaction") -> bytes:
    """Return %p: the port that a client would name, or with local and remote those of the ends."""
    word = argument.lower()
    if word in ("local", "remote"):
        return b"%d" % (done.connection.client if word == "remote" else done.connection.local)[1]
    if word not in ("", "canonical"):
        return os.fsencode(argument)
    absolute = ABSOLUTE_PORT.match(done.request.target)
    return absolute[1] if absolute else b"%d" % (done.site.port or DEFAULT_PORT)


@lru_cache(maxsize=256)
def _looked_up(address: str) -> bytes:
    try:
        return escape(os.fsencode(socket.gethostbyaddr(address)[0]))
    except OSError:
        return address.encode()


def _host(done: "Transaction") -> bytes:
    """Return %h: the address, or with HostnameLookups the name of the client."""
    address: str = done.connection.client[0]
    return address.encode() if done.site.base.hostname_lookups == "off" else _looked_up(address)


def _request_field(argument: str, done: "Transaction") -> bytes | None:
    value = done.request.headers.get(argument.lower().encode())
    return None if value is None else escape(value)


def _response_field(argument: str, done: "Transaction") -> bytes | None:
    wanted = argument.lower().encode()
    values = [value for name, value in done.response.headers if name.lower() == wanted]
    if wanted == b"content-type":
        values = [value.partition(b";")[0] for value in values]
    return escape(b", ".join(values)) if values else None


def _cookie(argument: str, done: "Transaction") -> bytes | None:
    wanted = os.fsencode(argument)
    for cookie in done.request.headers.get(b"cookie", b"").split(b";"):
        name, equals, value = cookie.strip().partition(b"=")
        if equals and name == wanted:
            return escape(value)
    return None


def _variable(argument: str, done: "Transaction") -> bytes | None:
    value = environment_of(done).get(argument)
    return None if value is None else escape(os.fsencode(value))


def _canonical_name(done: "Transaction") -> bytes:
    """Return %V: the name that the client used, or with UseCanonicalName the server's."""
    if done.site.base.use_canonical_name == "on":
        return done.site.name
    return escape(done.request.host.strip(b"[]").removesuffix(b".")) or done.site.name


def _client(done: "Transaction") -> bytes:
    address: str = done.connection.client[0]
    return address.encode()


def _path(done: "Transaction") -> bytes:
    """Return %U: the path that was answered in the end, or that of a request which nobody looked at."""
    return escape(done.response.url_path or unquote_to_bytes(done.request.origin.partition(b"?")[0]))


def _query(done: "Transaction") -> bytes:
    return escape(b"".join(done.request.origin.partition(b"?")[1:]))


def _connection(done: "Transaction") -> bytes:
    return b"X" if done.aborted else (b"+" if done.keep_alive else b"-")


def _sent(done: "Transaction") -> bytes | None:
    return b"%d" % done.response.content_sent if done.response.content_sent else None


def _nothing(_: "Transaction") -> None:
    """Return what there is of identd, authentication, notes and trailers here."""


PLAIN: dict[str, Plain] = {
    "A": lambda done: done.connection.local[0].encode(),
    "B": lambda done: b"%d" % done.response.content_sent,
    "D": lambda done: b"%d" % ((time.time_ns() - done.started_ns) // 1000),
    "H": lambda done: b"HTTP/%d.%d" % done.request.version,
    "I": lambda done: b"%d" % done.request_size,
    "L": lambda done: done.response.log_id,
    "O": lambda done: b"%d" % done.response.sent,
    "R": lambda done: done.response.handler,
    "S": lambda done: b"%d" % (done.request_size + done.response.sent),
    "U": _path,
    "V": _canonical_name,
    "X": _connection,
    "^FB": _nothing,
    "^ti": _nothing,
    "^to": _nothing,
    "a": _client,
    "b": _sent,
    "f": lambda done: escape(done.response.path) or None,
    "h": _host,
    "k": lambda done: b"%d" % done.nth,
    "l": _nothing,
    "m": lambda done: escape(done.request.method) or None,
    "n": _nothing,
    "q": _query,
    "r": lambda done: escape(done.request.line) or None,
    "s": lambda done: b"%d" % done.response.status,
    "t": _default_time,
    "u": _nothing,
    "v": lambda done: done.site.name,
}
"""Letters that take no argument, or do not need theirs; None is logged as ``-``."""

WITH_ARGUMENT: dict[str, Letter] = {
    "C": _cookie,
    "P": _pid,
    "T": _duration,
    "e": _variable,
    "i": _request_field,
    "o": _response_field,
    "p": _port,
    "t": _time,
}


def compile_format(template: str) -> tuple[bytes, tuple[Item, ...]]:
    """Return a template for bytes and the functions for its gaps, in their order.

    Raises:
        ValueError: a letter that is not known here, or the template ends within one.
    """
    out, items, position = b"", [], 0
    for match in DIRECTIVE.finditer(template):
        out += _literal(template[position : match.start()])
        if match[0] == "%%":
            out += b"%%"
        else:
            out += b"%b"
            items.append(_item(match))
        position = match.end()
    return out + _literal(template[position:]), tuple(items)


def _literal(text: str) -> bytes:
    if "%" in text:
        raise ValueError("Ran off end of LogFormat parsing args to some directive")
    return os.fsencode(re.sub(r"\\[\\nrt]", lambda match: ESCAPES[match[0]], text))


def _item(match: re.Match[str]) -> Item:
    """Return the function of one letter with its modifiers."""
    arguments = ARGUMENT.findall(match["modifiers"])
    function = _of_letter(match["letter"], arguments[-1] if arguments else "")
    modifiers = ARGUMENT.sub("", match["modifiers"])
    wanted = frozenset(int(number) for number in re.findall(r"\d+", modifiers))
    if not wanted:
        return function
    negated = modifiers.count("!") % 2 == 1

    def item(done: "Transaction") -> bytes:
        return b"-" if (done.response.status in wanted) == negated else function(done)

    return item


def _of_letter(letter: str, argument: str) -> Item:
    with_argument = WITH_ARGUMENT.get(letter)
    if with_argument is None or (letter == "t" and not argument):
        plain = PLAIN.get(letter)
        if plain is None:
            raise ValueError(f"Unrecognized LogFormat directive %{letter[0]}")
        return lambda done: b"-" if (value := plain(done)) is None else value
    return lambda done: b"-" if (value := with_argument(argument, done)) is None else value
