"""One line of an index page, and how the lines are sorted (mod_autoindex's dsortf)."""

import re
from dataclasses import dataclass

PIECE = re.compile(rb"[0-9]+|[^0-9 \t]")


@dataclass(slots=True)
class Entry:
    """One line.

    Attributes:
        name: what it links to; of a directory with a slash at its end.
        title: what is shown instead of the name.
        modified: in seconds since the epoch; -1 for unknown, as of the way up.
        size: in bytes; -1 for none.
        is_folder: it is sorted before the files.
    """

    name: bytes
    title: bytes = b""
    icon: bytes = b""
    alt: bytes = b""
    description: bytes | None = None
    modified: float = -1
    size: int = -1
    is_folder: bool = False

    @property
    def is_parent(self) -> bool:
        """It is the way up."""
        return self.name.startswith(b"/")

    def sort_key(self, column: bytes, *, by_version: bool, ignore_case: bool) -> tuple[object, ...]:
        """Return what it is sorted by: N(ame), M(odified), S(ize) or D(escription), then the name."""
        value: object = 0
        if column == b"M":
            value = self.modified
        elif column == b"S":
            value = self.size
        elif column == b"D":
            value = _natural(self.description or b"") if by_version else self.description or b""
        folded = self.name.lower() if ignore_case else b""
        if not by_version:
            return value, folded, self.name
        return value, _natural(folded), _natural(self.name), folded, self.name


def _natural(text: bytes) -> tuple[tuple[int, int, bytes], ...]:
    """Return a key that sorts digits as numbers, with a leading 0 as a fraction (apr_strnatcmp)."""
    return tuple(
        (ord(b"0"), 0 if piece.startswith(b"0") else len(piece), piece)
        if piece[:1].isdigit()
        else (piece[0], 0, b"")
        for piece in PIECE.findall(text)
    )


def sort(
    entries: list[Entry], column: bytes, *, descending: bool, by_version: bool, ignore_case: bool
) -> None:
    """Sort the lines: the way up is always first, then folders where they are wanted first."""
    entries.sort(
        key=lambda entry: entry.sort_key(column, by_version=by_version, ignore_case=ignore_case),
        reverse=descending,
    )
    entries.sort(key=lambda entry: (not entry.is_parent, not entry.is_folder))
