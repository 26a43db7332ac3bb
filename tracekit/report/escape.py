"""Making text harmless: for terminals and pages, for spreadsheets, and for other people's eyes.

Paths, targets and header fields come from whoever connects to the server.
"""

import re
from typing import Any

CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: they move the cursor and begin escape sequences
    "\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff"  # invisible, or turns text around
    "\ud800-\udfff\ufff9-\ufffb]"  # halves of characters, annotations
    "|[\U000e0000-\U000e007f]"  # tags
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes a spreadsheet take a cell for a formula (OWASP, CSV injection), full-width forms too."""

HIDDEN = "[hidden]"
SECRET_FIELD = re.compile(
    r"(?i)(authorization|cookie)(\s*:[ \t]*)"
    r"((?:\\(?![rn])[\s\S]|[^\\\"\r\n])+)"
)
MARKS = ("authorization", "cookie", "://")
"""What has to be in a text for one of the expressions to match; looking for it is cheaper."""
PASSWORD = re.compile(r"(?i)([a-z][a-z0-9+.-]*://[^/?#\s:@\"]*:)[^/?#\s@\"]+@")

HEXADECIMAL = re.compile(r"(?:\\x[0-9a-f]{2}){8,}")
"""A string that is printed so (-x, -xx)."""
SECRET_LINE = re.compile(r"(?i)(authorization|cookie)(\s*:[ \t]*)([^\r\n]+)")
"""The same as SECRET_FIELD in what such a string says."""


def visible(text: str) -> str:
    """Return a text in which every character that acts instead of showing is written out."""
    if text.isascii() and text.isprintable():
        return text
    return CONTROL.sub(lambda found: _written(ord(found[0])), text)


def _written(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def cell(value: object) -> object:
    """Return a value as a spreadsheet cell that cannot be taken for a formula; numbers stay numbers."""
    if value is None or isinstance(value, bool | int | float):
        return "" if value is None else value
    text = str(value)
    safe = visible(text)
    return "'" + safe if text.startswith(FORMULA) else safe


def redact(value: Any) -> Any:
    """Return a JSON value without secrets.

    Hidden are the values of Authorization, Proxy-Authorization, Cookie and Set-Cookie fields, in the
    form in which a trace quotes them, and passwords in URLs.
    """
    if isinstance(value, str):
        if "\\x" in value:
            value = HEXADECIMAL.sub(_redacted, value)
        if not any(mark in value.lower() for mark in MARKS):
            return value
        return PASSWORD.sub(rf"\1{HIDDEN}@", SECRET_FIELD.sub(rf"\1\2{HIDDEN}", value))
    if isinstance(value, list):
        return [redact(item) for item in value]
    if isinstance(value, dict):
        return {redact(key): redact(item) for key, item in value.items()}
    return value


def _redacted(found: re.Match[str]) -> str:
    """Return a string in hexadecimal without secrets."""
    said = bytes.fromhex(found[0].replace("\\x", "")).decode("latin-1")
    shown = PASSWORD.sub(rf"\1{HIDDEN}@", SECRET_LINE.sub(rf"\1\2{HIDDEN}", said))
    if shown == said:
        return found[0]
    return HIDDEN.join("".join(f"\\x{ord(one):02x}" for one in part) for part in shown.split(HIDDEN))
