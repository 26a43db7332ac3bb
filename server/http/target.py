"""The path of a request target: decoded once, normalised, never above the root.

The rules are those of httpd's ap_normalize_path and ap_unescape_url (server/util.c)
with its AllowEncodedSlashes and MergeSlashes.
"""

import re
from urllib.parse import unquote_to_bytes

from .status import HttpError

BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
NUL_ESCAPE = b"%00"
SLASH_ESCAPE = re.compile(rb"(%2[Ff])")


def decode_path(origin: bytes, encoded_slashes: str = "off", *, merge_slashes: bool = True) -> bytes:
    """Return the decoded, normalised path of an origin-form target.

    The result begins with one slash and has no '.' or '..' component, nor an empty one
    unless slashes are not merged; a slash at its end is kept, since it makes the
    difference between ``/dir`` and ``/dir/``.

    Args:
        origin: path and query.
        encoded_slashes: AllowEncodedSlashes: "off", "on", or "nodecode", which leaves them encoded.
        merge_slashes: MergeSlashes.

    Raises:
        HttpError: 400 for a broken escape and for a path above the root; 404 for
            an encoded NUL, and for an encoded slash where there may be none.
    """
    path = origin.partition(b"?")[0]
    if b"%" in path:
        path = _unescape(path, encoded_slashes)
    if b"/." not in path and b"//" not in path:
        return path
    normal = _remove_dots(path, merge_slashes=merge_slashes)
    if normal is None:
        raise HttpError(400, reason=b"AH10244: invalid URI path (%s)" % origin)
    return normal


def _unescape(path: bytes, encoded_slashes: str) -> bytes:
    """Return the path with what is escaped in it decoded once."""
    if BAD_ESCAPE.search(path):
        raise HttpError(400)
    if NUL_ESCAPE in path:
        raise HttpError(404)
    if encoded_slashes != "on" and SLASH_ESCAPE.search(path):
        if encoded_slashes == "off":
            reason = b"AH00026: found %%2f (encoded '/') in URI path (%s), returning 404" % path
            raise HttpError(404, reason=reason, level="info")
        pieces = SLASH_ESCAPE.split(path)
        return b"".join(piece if SLASH_ESCAPE.match(piece) else unquote_to_bytes(piece) for piece in pieces)
    return unquote_to_bytes(path)


def _remove_dots(path: bytes, *, merge_slashes: bool) -> bytes | None:
    """Return the path without '.' and '..' components; None when it leads above the root."""
    kept: list[bytes] = []
    parts = path.split(b"/")[1:]
    for part in parts[:-1]:
        if part == b"..":
            if not kept:
                return None
            kept.pop()
        elif part != b"." and (part or not merge_slashes):
            kept.append(part)
    last = parts[-1]
    if last == b"..":
        if not kept:
            return None
        kept.pop()
    end = b"" if last in (b".", b"..") else last
    return b"/" + b"".join([part + b"/" for part in kept]) + end
