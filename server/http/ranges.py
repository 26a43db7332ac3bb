"""Byte ranges: which parts of a file a Range field asks for (RFC 9110, 14).

What overlaps or touches is merged with its neighbour in the list, and what asks for too much is
answered with the whole file, both as in httpd (modules/http/byterange_filter.c).
"""

import re
from typing import NamedTuple

from .response import FilePart

UNIT = b"bytes="
RANGE = re.compile(rb"([0-9]{1,18})-([0-9]{1,18})?|-([0-9]{1,18})")
LENGTH_LIMIT = 8190  # of a Range field; the list is read whole


class RangeLimits(NamedTuple):
    """MaxRanges, MaxRangeOverlaps and MaxRangeReversals; -1 for no limit."""

    ranges: int = 200
    overlaps: int = 20
    reversals: int = 20


def parse(field: bytes, size: int, limits: RangeLimits) -> list[FilePart] | None:
    """Return the parts of a file that are to be sent; an empty list when none can be satisfied.

    Args:
        field: the value of Range.
        size: of the file in bytes, at least 1.
        limits: with more of anything the field is ignored.

    Returns:
        None when the field is to be ignored: it is not valid, or asks for too much.
    """
    if field[: len(UNIT)].lower() != UNIT or len(field) > LENGTH_LIMIT:
        return None
    merged = _Merged()
    for spec in filter(None, (item.strip(b" \t") for item in field[len(UNIT) :].split(b","))):
        match = RANGE.fullmatch(spec)
        if match is None:
            return None
        first, last, suffix = (None if text is None else int(text) for text in match.groups())
        if first is None:
            first, last = max(0, size - (suffix or 0)), size - 1
        elif last is None:
            last = size - 1
        elif first > last:
            return None
        if first < size:
            merged.add(first, min(last, size - 1) + 1)
        merged.seen = True
    return merged.within(limits, size)


class _Merged:
    """Ranges in the order asked for, each with those that follow it and overlap or touch it."""

    def __init__(self) -> None:
        self.seen = False
        self._spans: list[tuple[int, int]] = []
        self._overlaps = 0
        self._reversals = 0

    def add(self, start: int, end: int) -> None:
        """Take one more, from its first byte to the one after its last."""
        old_start, old_end = self._spans[-1] if self._spans else (end + 1, end + 1)
        if end < old_start or start > old_end:
            self._spans.append((start, end))
            return
        self._overlaps += 1
        self._reversals += start < old_start
        self._spans[-1] = min(old_start, start), max(old_end, end)

    def within(self, limits: RangeLimits, size: int) -> list[FilePart] | None:
        """Return them, or None when they are more than the limits or, in sum, than the file."""
        asked = (len(self._spans), self._overlaps, self._reversals)
        too_many = any(0 <= limit < count for count, limit in zip(asked, limits, strict=True))
        parts = [FilePart(start, end - start) for start, end in self._spans]
        return None if not self.seen or too_many or sum(part.length for part in parts) > size else parts
