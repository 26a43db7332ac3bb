"""The path of a request target: decoded once, normalised, never above the root.

The rules are those of httpd's ap_normalize_path and ap_unescape_url (server/util.c)
with MergeSlashes On and AllowEncodedSlashes Off.
"""

import re
from urllib.parse import quote_from_bytes, unquote_to_bytes

from .status import HttpError

BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
REFUSED_ESCAPE = re.compile(rb"%(?:00|2[Ff])")
SAFE_IN_PATH = "/:@!$&'()*+,;=~"


def decode_path(origin: bytes) -> bytes:
    """Return the decoded, normalised path of an origin-form target.

    The result begins with one slash and has no empty, '.' or '..' component; a
    slash at its end is kept, since it makes the difference between ``/dir`` and ``/dir/``.

    Raises:
        HttpError: 400 for a broken escape and for a path above the root; 404 for
            an encoded slash or NUL.
    """
    path = origin.partition(b"?")[0]
    if b"%" in path:
        if BAD_ESCAPE.search(path):
            raise HttpError(400)
        if REFUSED_ESCAPE.search(path):
            raise HttpError(404)
        path = unquote_to_bytes(path)
    if b"/." not in path and b"//" not in path:
        return path
    normal = _remove_dots(path)
    if normal is None:
        raise HttpError(400, reason=b"AH10244: invalid URI path (%s)" % origin)
    return normal


def _remove_dots(path: bytes) -> bytes | None:
    """Return the path without empty, '.' and '..' components; None when it leads above the root."""
    kept: list[bytes] = []
    parts = path.split(b"/")[1:]
    for part in parts:
        if part == b"..":
            if not kept:
                return None
            kept.pop()
        elif part not in (b"", b"."):
            kept.append(part)
    is_directory = parts[-1] in (b"", b".", b"..")
    normal = b"/" + b"/".join(kept)
    return normal + b"/" if is_directory and kept else normal


def encode_path(path: bytes) -> bytes:
    """Return a decoded path in the form that a Location field may carry."""
    return quote_from_bytes(path, safe=SAFE_IN_PATH).encode()
