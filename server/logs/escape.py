"""Client text in a log line: httpd's ap_escape_logitem (server/util.c)."""

import re
from functools import lru_cache

WITHOUT_QUOTES = re.compile(rb"[^\x20-\x7e]")
WITH_QUOTES = re.compile(rb'[^\x20-\x7e]|["\\]')
REMEMBERED_LENGTH = 200  # bytes of a text that often comes again
SHORT = {
    b"\b": b"\\b",
    b"\n": b"\\n",
    b"\r": b"\\r",
    b"\t": b"\\t",
    b"\v": b"\\v",
    b'"': b'\\"',
    b"\\": b"\\\\",
}


def escape(text: bytes, *, quotes: bool = True) -> bytes:
    r"""Return the text in printable ASCII: ``\xhh`` for a byte, ``\n`` and the like where C has a letter.

    Args:
        text: anything.
        quotes: also escape ``"`` and the backslash.
    """
    return _remembered(text, quotes) if len(text) <= REMEMBERED_LENGTH else _escaped(text, quotes)


def _escaped(text: bytes, quotes: bool) -> bytes:
    return (WITH_QUOTES if quotes else WITHOUT_QUOTES).sub(_replace, text)


_remembered = lru_cache(512)(_escaped)


def _replace(match: re.Match[bytes]) -> bytes:
    return SHORT.get(match[0]) or b"\\x%02x" % ord(match[0])
