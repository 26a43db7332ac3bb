r"""Strings as strace escapes them: ``hi\0\377\n\t\"q\\``, ``\x7f\x45``, ``\0001``."""

import re

ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|.)", re.DOTALL)
LETTERS = {
    b"n": b"\n",
    b"t": b"\t",
    b"r": b"\r",
    b"v": b"\v",
    b"f": b"\f",
    b"a": b"\a",
    b"b": b"\b",
    b"e": b"\x1b",
}
COMMON = ((rb"\r", b"\r"), (rb"\n", b"\n"), (rb"\"", b'"'))
"""What nearly all escapes of a text are, as far as it is one of HTTP."""


def unescape(text: str) -> bytes:
    r"""Return the bytes that an escaped text stands for.

    Source: ``string_quote`` in strace's src/util.c: C's letters, hexadecimal after ``-x``, and
    octal otherwise, with three digits when a digit follows.
    """
    raw = text.encode("utf-8", "surrogateescape")
    if b"\\" not in raw:
        return raw
    if rb"\\" not in raw:  # every backslash begins an escape, then
        for escape, byte in COMMON:
            raw = raw.replace(escape, byte)
    return ESCAPE.sub(_unescape_one, raw) if b"\\" in raw else raw


def _unescape_one(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if code[0:1] == b"x" and len(code) == 3:
        return bytes([int(code[1:], 16)])
    if code.isdigit() and code < b"8":
        return bytes([int(code, 8) & 0xFF])
    return LETTERS.get(code, code)
