"""Bytes of clients and file names in HTML and in URLs, escaped as httpd does it (server/util.c)."""

import re
from html import escape

# ap_os_escape_path: what may stand in the path of a URL as it is.
UNSAFE_IN_PATH = re.compile(rb"[^A-Za-z0-9$\-_.+!*'(),:;@&=/~]")

UNSAFE_IN_FIELD = re.compile(rb"[^!-~]")
BEHIND_PATH = re.compile(rb"[?#].*", re.DOTALL)


def text_of(data: bytes) -> str:
    """Return bytes as text for a page; latin-1 turns them into the same bytes again."""
    return data.decode("latin-1")


def html_of(data: bytes) -> str:
    """Return bytes as text of a page or of an attribute in double quotes (ap_escape_html)."""
    return escape(text_of(data), quote=False).replace('"', "&quot;")


def url_of(path: bytes) -> bytes:
    """Return a decoded path in the form in which it stands in a URL (ap_os_escape_path)."""
    return UNSAFE_IN_PATH.sub(lambda found: b"%%%02x" % found[0][0], path)


def substituted_url(url: bytes) -> bytes:
    """Return a URL into which parts of a decoded path were put, as it can be sent (mod_alias).

    Query and fragment are taken for escaped; what would end the field in which they are sent is, too.
    """
    rest = BEHIND_PATH.search(url)
    end = rest.start() if rest else len(url)
    return url_of(url[:end]) + UNSAFE_IN_FIELD.sub(lambda found: b"%%%02x" % found[0][0], url[end:])
