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
    from .transaction import Transaction

COMMON_FORMAT = '%h %l %u %t "%r" %>s %b'
DIRECTIVE = re.compile(
    r"%(?P<modifiers>(?:[!<>,]|\d+|\{[^}]*\})*)(?P<letter>\^[A-Za-z]{2}|[^!<>,0-9{])", re.DOTALL
)
ARGUMENT = re.compile(r"\{([^}]*)\}")
ABSOLUTE_PORT = re.compile(rb"[A-Za-z]+://[^/?#]*:([0-9]+)(?:[/?#]|$)")
ESCAPES = {r"\\": "\\", r"\n": "\n", r"\r": "\r", r"\t": "\t"}
DEFAULT_PORT = 80
Item = Callable[["Transaction"], bytes]
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


def _default_time(_: str, done: "Transaction") -> bytes:
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
        return os.fsencode(socket.gethostbyaddr(address)[0])
    except OSError:
        return address.encode()


def _host(_: str, done: "Transaction") -> bytes:
    """Return %h: the address, or with HostnameLookups the name of the client."""
    address = done.connection.client[0]
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


def _canonical_name(_: str, done: "Transaction") -> bytes:
    """Return %V: the name that the client used, or with UseCanonicalName the server's."""
    if done.site.base.use_canonical_name == "on":
        return done.site.name
    return escape(done.request.host.strip(b"[]").removesuffix(b".")) or done.site.name


def _path(_: str, done: "Transaction") -> bytes:
    return escape(unquote_to_bytes(done.request.origin.partition(b"?")[0]))


def _query(_: str, done: "Transaction") -> bytes:
    return escape(b"".join(done.request.origin.partition(b"?")[1:]))


def _connection(_: str, done: "Transaction") -> bytes:
    return b"X" if done.aborted else (b"+" if done.keep_alive else b"-")


def _sent(_: str, done: "Transaction") -> bytes | None:
    return b"%d" % done.response.content_sent if done.response.content_sent else None


def _nothing(_: str, __: "Transaction") -> bytes | None:
    """Return what there is of identd, authentication, notes, trailers and handlers here."""
    return None


LETTERS: dict[str, Letter] = {
    "A": lambda _, done: done.connection.local[0].encode(),
    "B": lambda _, done: b"%d" % done.response.content_sent,
    "C": _cookie,
    "D": lambda _, done: b"%d" % ((time.time_ns() - done.started_ns) // 1000),
    "H": lambda _, done: b"HTTP/%d.%d" % done.request.version,
    "I": lambda _, done: b"%d" % done.request_size,
    "L": _nothing,
    "O": lambda _, done: b"%d" % done.response.sent,
    "P": _pid,
    "R": _nothing,
    "S": lambda _, done: b"%d" % (done.request_size + done.response.sent),
    "T": _duration,
    "U": _path,
    "V": _canonical_name,
    "X": _connection,
    "^FB": _nothing,
    "^ti": _nothing,
    "^to": _nothing,
    "a": lambda _, done: done.connection.client[0].encode(),
    "b": _sent,
    "e": _variable,
    "f": lambda _, done: escape(done.response.path) or None,
    "h": _host,
    "i": _request_field,
    "k": lambda _, done: b"%d" % done.nth,
    "l": _nothing,
    "m": lambda _, done: escape(done.request.method) or None,
    "n": _nothing,
    "o": _response_field,
    "p": _port,
    "q": _query,
    "r": lambda _, done: escape(done.request.line) or None,
    "s": lambda _, done: b"%d" % done.response.status,
    "t": _time,
    "u": _nothing,
    "v": lambda _, done: done.site.name,
}


def compile_format(template: str) -> list[bytes | Item]:
    """Return literals and functions in their order.

    Raises:
        ValueError: a letter that is not known here, or the template ends within one.
    """
    items: list[bytes | Item] = []
    position = 0
    for match in DIRECTIVE.finditer(template):
        items.append(_literal(template[position : match.start()]))
        items.append(b"%" if match[0] == "%%" else _item(match))
        position = match.end()
    items.append(_literal(template[position:]))
    return [item for item in items if item != b""]


def _literal(text: str) -> bytes:
    if "%" in text:
        raise ValueError("Ran off end of LogFormat parsing args to some directive")
    return os.fsencode(re.sub(r"\\[\\nrt]", lambda match: ESCAPES[match[0]], text))


def _or_hyphen(value: bytes | None) -> bytes:
    return b"-" if value is None else value


def _item(match: re.Match[str]) -> Item:
    function = LETTERS.get(match["letter"])
    if function is None:
        raise ValueError(f"Unrecognized LogFormat directive %{match['letter'][0]}")
    arguments = ARGUMENT.findall(match["modifiers"])
    argument = arguments[-1] if arguments else ""
    modifiers = ARGUMENT.sub("", match["modifiers"])
    if function is _time and not argument:
        function = _default_time
    wanted = frozenset(int(number) for number in re.findall(r"\d+", modifiers))
    if not wanted:
        return lambda done: _or_hyphen(function(argument, done))
    negated = modifiers.count("!") % 2 == 1

    def item(done: "Transaction") -> bytes:
        is_listed = done.response.status in wanted
        return b"-" if is_listed == negated else _or_hyphen(function(argument, done))

    return item
