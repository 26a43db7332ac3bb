"""What a request asked for: target, path and host, from a head that may be cut."""

import os
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from tracekit.analyzers.http.messages import TOKEN, Head
from tracekit.analyzers.state.paths import normal

ABSOLUTE = re.compile(r"https?://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
CUT_ESCAPE = re.compile(r"%[0-9A-Fa-f]?$")
HOST_FIELD = b"host:"
METHOD = re.compile(TOKEN)


@dataclass(frozen=True, slots=True)
class Target:
    """What one request asked for.

    Attributes:
        method: as sent; None when it is not shown, or the first line is no request line.
        target: as sent; None when nothing of it is shown.
        complete: False when the trace cuts the target.
        path: the target's path: decoded, without query, dots and doubled slashes, without a
            slash at its end (the root is ``/``); None when the target has none (``*``).
        folder: True when the target's path ends with a slash.
        host: the Host field or the authority of the target, as sent; None when not shown whole.
        host_known: True when the trace shows which host was asked for, or that none was named (what
            follows a line that is no HTTP/1.x request line is not read as fields).
        site: the host without its port, in lower case; also when only the port is cut off.
    """

    method: str | None
    target: str | None
    complete: bool
    path: str | None
    folder: bool
    host: str | None
    host_known: bool
    site: str | None


def read_target(head: Head) -> Target:
    """Return what a head asks for, as far as it is shown."""
    words = head.line.split(b" ")
    if not METHOD.fullmatch(words[0]):
        words = []  # the line has lost its beginning, or never was a request's
    method = words[0].decode("latin-1") if len(words) > 1 else None
    target = words[1].decode("latin-1") if len(words) > 1 and words[1] else None
    complete = target is not None and (len(words) > 2 or not head.line_cut)
    text = target or ""
    has_fields = head.line_cut or (len(words) > 2 and words[-1].startswith(b"HTTP/"))
    host, known, site = _host(head) if has_fields else (None, True, None)
    if not text.startswith("/") and (absolute := ABSOLUTE.fullmatch(text)):
        host, known, site = absolute[1], True, _site(absolute[1])
        text = absolute[2] or "/"
    path, folder = _path(text, complete)
    return Target(method, target, complete, path, folder, host, known, site)


def _path(text: str, complete: bool) -> tuple[str | None, bool]:
    """Decode the path of an origin-form target (RFC 3986, 2.1 and 3.3)."""
    if not text.startswith("/"):
        return None, False
    path = text.partition("?")[0].partition("#")[0]
    if not complete and path == text:
        path = CUT_ESCAPE.sub("", path)
    decoded = os.fsdecode(unquote_to_bytes(path.encode("latin-1")))
    return normal(decoded), decoded.endswith("/")


def _host(head: Head) -> tuple[str | None, bool, str | None]:
    """Return the Host field, whether it is known, and the site that it names."""
    value = head.get(b"host")
    if value is not None:
        host = value.decode("latin-1")
        return host, True, _site(host)
    if not head.cut:
        return None, True, None
    partial = head.partial
    if partial.lower().startswith(HOST_FIELD):
        host = partial[len(HOST_FIELD) :].strip().decode("latin-1")
        if _port_follows(host) or partial.endswith(b"\r"):
            return None, False, _site(host)
    return None, False, None


def _port_follows(host: str) -> bool:
    """Tell whether a cut host is whole but for its port."""
    return "]:" in host if host.startswith("[") else ":" in host


def _site(host: str) -> str | None:
    """Return the name in ``name:port``, in lower case and without a dot at its end."""
    name = host[: host.find("]") + 1] if host.startswith("[") else host.partition(":")[0]
    return name.lower().rstrip(".") or None
