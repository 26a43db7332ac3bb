"""Names of files: joined with the folder that they are relative to, without links being followed."""

import posixpath
import re

OCTAL = re.compile(r"\\([0-7]{1,3}|x[0-9a-f]{2}|.)")
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "v": "\v", "f": "\f", "a": "\a"}


def normal(path: str) -> str:
    """Return a path without ``.``, ``..``, doubled or trailing slashes."""
    clean = posixpath.normpath(path)
    return "/" + clean.lstrip("/") if path.startswith("/") else clean


def resolve(name: str, folder: str | None) -> str:
    """Return a name as an absolute path; it stays relative when the folder is not known."""
    if name.startswith("/") or folder is None:
        return normal(name)
    return normal(posixpath.join(folder, name))


def printed(text: str) -> str:
    r"""Return the path that an annotation prints (``\74`` is ``<``); bytes above 127 by surrogateescape."""
    if "\\" not in text:
        return text
    raw = OCTAL.sub(lambda found: _character(found[1]), text)
    return raw.encode("latin-1", "replace").decode("utf-8", "surrogateescape")


def _character(escape: str) -> str:
    if escape[0] in "01234567":
        return chr(int(escape, 8) & 0xFF)
    if escape[0] == "x" and len(escape) > 1:
        return chr(int(escape[1:], 16))
    return ESCAPES.get(escape, escape)
