"""Reading one argument of a call as what an analyzer needs it for."""

import os
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from tracekit.events import (
    Array,
    Change,
    Descriptor,
    Field,
    Function,
    Integer,
    Name,
    Row,
    String,
    Struct,
    Value,
    clone_flags,
    parse_arguments,
    read_arguments,
    read_string,
)

NOTHING = Name("NULL")
REMEMBERED = 1024
"""How many texts of what was moved are remembered."""
STRING = re.compile(r'("(?>[^"\\]*)(?>(?:\\.[^"\\]*)*)"(?:\.\.\.)?), \d+', re.DOTALL)
"""A string, and its length: what a plain read or write has behind its descriptor."""
DESCRIPTOR = re.compile(r'\d+(?:<(?:[^<>"]|->)*>)?, ')
"""A descriptor in front of another argument, with what -y and -yy say of it."""


def read(text: str) -> tuple[Value, ...]:
    """Return all arguments of a call, without the names that strace may print before them."""
    return tuple(_unnamed(value) for value in parse_arguments(text))


def argument(row: Row, index: int) -> Value:
    """Return one argument, or a NULL where the call shows fewer."""
    found = parse_arguments(row.args or "")
    return _unnamed(found[index]) if index < len(found) else NOTHING


def named(row: Row, name: str) -> Value:
    """Return an argument or a struct's member by name: ``flags`` of clone and of clone3."""
    for value in parse_arguments(row.args or ""):
        if isinstance(value, Field) and value.name == name:
            return value.value
        inner = value.before if isinstance(value, Change) else value
        if isinstance(inner, Struct) and (member := inner.get(name)) is not None:
            return member
    return NOTHING


def number(value: Value) -> int | None:
    """Return the number that a descriptor or an integer is."""
    if isinstance(value, Descriptor):
        return value.number
    return value.value if isinstance(value, Integer) else None


def annotation(value: Value) -> str:
    """Return what stands between the angle brackets behind a descriptor; empty without -y."""
    return value.annotation if isinstance(value, Descriptor) else ""


def flags_of(row: Row) -> frozenset[str] | None:
    """Return the flags of a call that makes a task; None where the trace does not show them."""
    return clone_flags(row.name or "", row.args or "")


def path(value: Value) -> str | None:
    """Return the path that a string argument is; None when it was not readable (an address)."""
    if isinstance(value, String) and not value.cut and not value.abstract:
        return os.fsdecode(value.data)
    return None


def buffers(value: Value) -> Iterator[tuple[bytes, int]]:
    """Yield the buffers of a read or write: what is shown of each, and how long it is.

    Takes a string (read, send), an array of iovec (readv, writev) and a msghdr (recvmsg, sendmsg).
    The length of a plain string that is cut is not in the value: -1, to be filled from the return.
    """
    if isinstance(value, String):
        yield value.data, -1 if value.cut else len(value.data)
    elif isinstance(value, Struct):
        vectors = value.get("msg_iov")
        if vectors is not None:
            yield from buffers(vectors)
        elif (base := value.get("iov_base")) is not None:
            length = number(value.get("iov_len") or NOTHING)
            yield base.data if isinstance(base, String) else b"", -1 if length is None else length
    elif isinstance(value, Array):
        for item in value.items:
            yield from buffers(item)
        if value.cut:
            yield b"", -1


def moved(row: Row) -> list[tuple[bytes, int]]:
    """Return the pieces that a read or write really moved: its buffers, up to its return value."""
    text = row.args or ""
    first = DESCRIPTOR.match(text)
    given = _second(text[first.end() :]) if first else tuple(buffers(argument(row, 1)))
    return pieces(given, row.ret or 0)


@lru_cache(maxsize=REMEMBERED)
def _second(text: str) -> tuple[tuple[bytes, int], ...]:
    """Return the buffers of a read or write by what stands behind its descriptor.

    That repeats where whole texts do not: the same page is asked for and sent on many connections.
    """
    if plain := STRING.match(text):
        return tuple(buffers(read_string(plain[1])))
    values = read_arguments(text)
    return tuple(buffers(_unnamed(values[0]))) if values else ()


def pieces(given: Iterable[tuple[bytes, int]], left: int) -> list[tuple[bytes, int]]:
    """Return buffers up to so many bytes, each as what is shown of it and how long it is."""
    found = []
    for data, length in given:
        size = left if length < 0 else min(length, left)
        if size > 0:
            found.append((data[:size], size))
        left -= size
    if left > 0:
        found.append((b"", left))
    return found


def address(value: Value) -> str | None:
    """Return a socket address as ``HOST:PORT``, ``[HOST]:PORT`` or ``unix:PATH``; None when not shown."""
    if isinstance(value, Change):
        value = value.after
    if not isinstance(value, Struct):
        return None
    family = value.get("sa_family")
    if not isinstance(family, Name):
        return None
    if family.text == "AF_INET":
        return _joined(_text(value.get("sin_addr")), value.get("sin_port"))
    if family.text == "AF_INET6":
        inner = next((item.value for item in value if _is_call(item.value, "inet_pton")), None)
        return _joined(_text(inner or value.get("sin6_addr")), value.get("sin6_port"))
    if family.text == "AF_UNIX":
        name = value.get("sun_path")
        return f"unix:{os.fsdecode(name.data)}" if isinstance(name, String) else "unix:"
    return None


def endpoint(host: str, port: str) -> str:
    """Join a host and a port; an IPv4 address that came over an IPv6 socket is shown as IPv4."""
    host = host.removeprefix("::ffff:") if "." in host else host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _joined(host: str | None, port: Value | None) -> str | None:
    found = number(port.args[0]) if isinstance(port, Function) and port.args else None
    return endpoint(host, str(found)) if host is not None and found is not None else None


def _text(value: Value | None) -> str | None:
    """Return the string inside ``inet_addr("127.0.0.1")`` or ``inet_pton(AF_INET6, "::1", ...)``."""
    if isinstance(value, Function):
        return next(
            (part.data.decode("ascii", "replace") for part in value.args if isinstance(part, String)), None
        )
    return None


def _is_call(value: Value, name: str) -> bool:
    return isinstance(value, Function) and value.name == name


def _unnamed(value: Value) -> Value:
    return value.value if isinstance(value, Field) else value
