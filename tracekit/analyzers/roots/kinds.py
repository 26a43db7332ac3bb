"""What sort of file a path names, after the Filesystem Hierarchy Standard and what servers open."""

import re
from collections.abc import Iterable
from functools import lru_cache

KINDS = (
    ("proc", r"/(proc|sys)(/|$)"),
    ("device", r"/dev(/|$)"),
    ("library", r".*\.so(\.[0-9.]+)?$|/etc/ld\.so\.(cache|preload)$|.*\.(pyc|py|pth|egg-link)$"),
    ("library", r".*\.(pm|rb|beam|jar)$"),
    ("configuration", r"/etc/|.*\.(conf|cnf|cfg|ini|toml|ya?ml)$|.*/(\.ht[^/]*|mime\.types|magic)$"),
    ("configuration", r"/usr/(share/(zoneinfo|locale|i18n)|lib/locale)/"),
    ("log", r"/var/log/|.*[._-]log$|.*/logs?/"),
)
"""Kind and the paths that have it; the first match wins."""
PATTERNS = re.compile("|".join(f"(?P<{kind}{place}>{found})" for place, (kind, found) in enumerate(KINDS)))
DOCUMENT, OTHER, LOG, PROGRAM = "document", "other", "log", "program"
INDEX = "index."
"""How the names of files begin that stand for their folder."""
REMEMBERED = 16_384
MACHINERY = frozenset({"proc", "device", "library", "configuration", "log"})
"""Kinds that a server opens on its own account: an alias is not told from one of them alone."""


def kind_of(path: str, flags: Iterable[str] = ()) -> str:
    """Return the kind of a file that was not served as a document.

    Args:
        path: its name.
        flags: what it was opened with; one that is only ever added to is a log.
    """
    if {"O_APPEND", "O_WRONLY"} <= set(flags):
        return LOG
    return _by_path(path)


@lru_cache(maxsize=REMEMBERED)
def _by_path(path: str) -> str:
    found = PATTERNS.match(path)
    return (found.lastgroup or "").rstrip("0123456789") if found else OTHER


def is_index(path: str) -> bool:
    """Tell whether a file is one that servers show in place of its folder."""
    return path.startswith(INDEX, path.rfind("/") + 1)
