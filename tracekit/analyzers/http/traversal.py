"""Request targets that lead out of the document root, if a server is careless.

The ways are those of CWE-22 to CWE-40 and CAPEC-126: dots as they are, encoded once or more
often (RFC 3986, 2.1), encoded as longer UTF-8 than allowed (RFC 3629, 10), backslashes, NUL.
"""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from tracekit.analyzers.http.targets import ABSOLUTE

DOTS, AFTER_NAME, ENCODED, TWICE = "dots", "dots after a name", "encoded dots", "dots encoded twice"
BACKSLASH, NUL, OVERLONG, QUERY = "backslash", "NUL", "overlong UTF-8", "dots in the query"
DECODINGS = 3
"""How often a target is decoded in the search for dots."""
UP = re.compile(rb"(?:\A|/)\.\.(?:;[^/]*)?(?=/|\Z)")
"""A segment of two dots; some servers take parameters off it (``..;x``)."""
BEHIND = re.compile(rb"[^/.]\.\.(?=/)")
"""Two dots at the end of a name: a careless alias makes ``/folder/../`` of ``/name../``."""
BACK = re.compile(rb"(?:\A|[/\\])\.\.(?:\\|(?<=\\\.\.)(?=/|\Z))")
IN_QUERY = re.compile(rb"(?:\A|[=/\\&:])\.\.[/\\]")
LONGER: Final = {
    b"\xc0\xae": b".", b"\xc0\x2e": b".", b"\xe0\x80\xae": b".", b"\xf0\x80\x80\xae": b".",
    b"\xc0\xaf": b"/", b"\xe0\x80\xaf": b"/", b"\xf0\x80\x80\xaf": b"/", b"\xc1\x9c": b"\\",
}  # fmt: skip
"""UTF-8 that is longer than allowed, and what it stands for."""
SIGN = re.compile(r"\.\.|[%\0]|[^\0-\x7f]")
"""Every way needs one of these: dots, an escape, NUL, or bytes that are no ASCII."""
HARMLESS: Final = frozenset({DOTS, AFTER_NAME})
"""What a name or a plain relative reference can hold, too."""


def forms(target: str) -> tuple[str, ...]:
    """Return the ways in which a target leads upwards; empty for one that does not."""
    if not SIGN.search(target):
        return ()
    path, query = parts(target)
    found = dict.fromkeys(_in_path(path))
    if any(IN_QUERY.search(text) for text in decoded(query)):
        found[QUERY] = None
    return tuple(found)


def is_attempt(target: str) -> bool:
    """Tell whether a target leads upwards beyond its first slash, or hides that it leads upwards."""
    found = set(forms(target))
    return bool(found - HARMLESS) or (DOTS in found and _climbs(parts(target)[0]))


def parts(target: str) -> tuple[bytes, bytes]:
    """Return the path and the query of a target, as sent."""
    absolute = ABSOLUTE.fullmatch(target)
    path, _, query = (absolute[2] if absolute else target).encode("latin-1", "replace").partition(b"?")
    return path, query


def decoded(text: bytes) -> list[bytes]:
    """Return a text as sent, decoded once, twice and so on, as long as that changes it."""
    found = [text]
    while len(found) <= DECODINGS and (after := unquote_to_bytes(found[-1])) != found[-1]:
        found.append(after)
    return found


def path_names(target: str, path: str) -> bool:
    """Tell whether a target's path ends with the name of a file."""
    return _ends_with(parts(target)[0], path, rb"\Z|[\0;]")


def only_query_names(target: str, path: str) -> bool:
    """Tell whether a value in a target's query, and not its path, ends with the name of a file."""
    if "?" not in target:
        return False
    return not path_names(target, path) and _ends_with(parts(target)[1], path, rb"\Z|[\0;&]")


def _ends_with(part: bytes, path: str, end: bytes) -> bool:
    name = path.rpartition("/")[2].encode("utf-8", "surrogateescape")
    texts = [text for text in decoded(part) if name in text]
    if not name or any(text.endswith(b"/" + name) for text in texts):
        return bool(name)
    if not texts:
        return False
    pattern = re.compile(rb"(?<![\w.-])" + re.escape(name) + b"(?=" + end + b")")
    return any(pattern.search(text) for text in texts)


def _in_path(path: bytes) -> list[str]:
    texts = decoded(path)
    ups = [bool(UP.search(text)) for text in texts]
    found = [form for form, has in zip((DOTS, ENCODED, TWICE, TWICE), ups, strict=False) if has]
    found = found[:1]
    last = texts[-1]
    if any(BACK.search(text) for text in texts):
        found.append(BACKSLASH)
    if any(b"\0" in text for text in texts):
        found.append(NUL)
    shorter = last
    for longer, meant in LONGER.items():
        shorter = shorter.replace(longer, meant)
    if shorter != last and (UP.search(shorter) or BACK.search(shorter)):
        found.append(OVERLONG)
    if any(BEHIND.search(text) for text in texts):
        found.append(AFTER_NAME)
    return found


def _climbs(path: bytes) -> bool:
    """Tell whether dots lead above the folder that a path begins at."""
    depth = 0
    for segment in path.split(b"/"):
        if segment in (b"", b"."):
            continue
        depth += -1 if segment.partition(b";")[0] == b".." else 1
        if depth < 0:
            return True
    return False
