"""How an index page is to look: IndexOptions, IndexOrderDefault, and the query, as ``?C=N;O=D;F=2``."""

import re
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property
from typing import Self

from .escaping import url_of

PATTERN_LIMIT = 1024  # bytes of a client's pattern; file names have 255 at most
# One part of the query; what follows a part that is none is ignored (index_directory of mod_autoindex).
PART = re.compile(
    rb"(?:C=(?P<C>[NMSD])|O=(?P<O>[AD])|F=(?P<F>[012])|V=(?P<V>[01])|P=(?P<P>[^&;]*))(?:[&;]|$)"
)


@dataclass
class View:
    """How the names of a directory are shown.

    Attributes:
        column, descending: what they are sorted by.
        is_fancy, is_table: with columns; as a table.
        version_sort, ignore_case, folders_first: how they are compared.
        shows_forbidden: names that the client may not have are shown, too.
        pattern: only names like this one; None for all.
        arguments: what the links of the columns say beside column and order.
        options: IndexOptions, in lower case.
    """

    column: bytes
    descending: bool
    is_fancy: bool
    is_table: bool
    version_sort: bool
    ignore_case: bool
    folders_first: bool
    shows_forbidden: bool
    pattern: bytes | None
    arguments: bytes
    options: dict[str, str]

    @classmethod
    def of(cls, query: bytes, options: dict[str, str], order: tuple[bytes, bytes] | None) -> Self:
        """Return what the configuration says, changed by what the client asks for."""
        ignore_client = "ignoreclient" in options
        asked = {} if ignore_client else _parse(query)
        direction, column = order or (b"A", b"N")
        fancy, table = "fancyindexing" in options, "htmltable" in options
        if b"F" in asked:
            fancy, table = asked[b"F"] > b"0", asked[b"F"] == b"2"
        arguments = b"".join(b";%s=%s" % (name, asked[name]) for name in (b"F", b"V") if name in asked)
        pattern = asked.get(b"P", b"")[:PATTERN_LIMIT] or None
        if pattern is not None:
            arguments += b";P=" + url_of(pattern)
        return cls(
            column=asked.get(b"C", column),
            descending=asked.get(b"O", direction) == b"D",
            is_fancy=fancy or table,
            is_table=table,
            version_sort=asked.get(b"V", b"1" if "versionsort" in options else b"0") == b"1",
            ignore_case="ignorecase" in options,
            folders_first="foldersfirst" in options,
            shows_forbidden="showforbidden" in options,
            pattern=pattern,
            arguments=arguments,
            options={**options, "suppresscolumnsorting": ""} if ignore_client else options,
        )

    @property
    def tag_end(self) -> str:
        """The end of a tag that has no content."""
        return " />" if "xhtml" in self.options else ">"

    def wants(self, name: bytes) -> bool:
        """Whether a name is like the client's pattern; a period at its beginning has to stand there, too."""
        if self.pattern is None:
            return True
        if name.startswith(b".") and not self.pattern.startswith(b"."):
            return False
        return self._expression.match(name.decode("latin-1")) is not None

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        """The pattern, compiled once; what :func:`fnmatch.translate` makes never tries twice."""
        return re.compile(translate((self.pattern or b"").decode("latin-1")))


def _parse(query: bytes) -> dict[bytes, bytes]:
    asked: dict[bytes, bytes] = {}
    at = 0
    while match := PART.match(query, at):
        name = (match.lastgroup or "").encode()
        asked[name] = _unescaped(match[match.lastgroup or 0]) if name == b"P" else match[match.lastgroup or 0]
        at = match.end()
        if at >= len(query):
            break
    return asked


def _unescaped(text: bytes) -> bytes:
    """Return a pattern without its escapes; b'' for one that has a broken or a forbidden one."""
    if re.search(rb"%(?![0-9A-Fa-f]{2})|%00|%2[Ff]", text):
        return b""
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), text)
