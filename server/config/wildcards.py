"""Wildcards as httpd reads them: those of a shell (APR's apr_fnmatch), and plain ones (ap_strcmp_match).

What stands between two stars is taken where it comes first, and never tried again further on: an
.htaccess, or a client, could ask for more tries than there is time for.
"""

import re
from functools import lru_cache


def wildcard_pattern(text: bytes) -> re.Pattern[bytes]:
    """Return the regular expression of shell wildcards: none of them stands for a slash.

    ``*``, ``?``, ``[...]`` and a backslash before any of them, as apr_fnmatch reads
    them with APR_FNM_PATHNAME.
    """
    pieces: list[list[bytes]] = [[]]
    out, rest = pieces[0], text
    while rest:
        one, rest = rest[:1], rest[1:]
        end = rest.find(b"]", 2 if rest[:1] in (b"!", b"^") else 1)
        if one == b"*":
            pieces.append(out := [])
        elif one == b"?":
            out.append(b"[^/]")
        elif one == b"[" and end > 0:
            negated = rest[:1] in (b"!", b"^")
            inner = re.sub(rb"([\\\[\]^&~|])", rb"\\\1", rest[negated:end])
            out.append(b"(?!/)[" + (b"^" if negated else b"") + inner + b"]")
            rest = rest[end + 1 :]
        elif one == b"\\" and rest:
            out.append(re.escape(rest[:1]))
            rest = rest[1:]
        else:
            out.append(re.escape(one))
    first, *others = (b"".join(piece) for piece in pieces)
    if not others:
        return re.compile(first, re.DOTALL)
    middle = b"".join(b"(?>[^/]*?" + piece + b")" for piece in others[:-1])
    return re.compile(first + middle + b"[^/]*" + others[-1] + rb"\Z", re.DOTALL)


@lru_cache(maxsize=512)
def plain_wildcards(text: bytes) -> re.Pattern[bytes]:
    """Return the regular expression of ``*`` and ``?``, which stand for any characters here."""
    first, *rest = (re.escape(piece).replace(rb"\?", b".") for piece in re.split(rb"\*+", text))
    if not rest:
        return re.compile(first, re.DOTALL)
    middle = b"".join(b"(?>.*?" + piece + b")" for piece in rest[:-1])
    return re.compile(first + middle + b".*" + rest[-1] + rb"\Z", re.DOTALL)
