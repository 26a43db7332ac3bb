"""Days for files that have times of day alone: those of one run that went on over midnight."""

from collections.abc import Sequence

from tracekit.events.sources import Source, read_blocks
from tracekit.stream import Reader
from tracekit.stream.clock import DAY
from tracekit.stream.rows import MISSING, Rows

TAIL = 200
"""Lines at the end of a file in which its last time is looked for."""


def days_of(spans: Sequence[tuple[int, int]]) -> list[int]:
    """Return the day, from 0, on which each file begins: the days that make the whole run shortest.

    Args:
        spans: the first and the last time of day of each file (ns); one that ends earlier in the day than it
            begins went on over midnight, if by half a day or more.
    """
    if max(last for _, last in spans) - min(first for first, _ in spans) < DAY // 2 and not any(
        first > last for first, last in spans
    ):
        return [0] * len(spans)
    lengths = [
        (last - first) % DAY if last > first or first - last > DAY // 2 else 0 for first, last in spans
    ]
    begins = sorted({first for first, _ in spans})

    def run(start: int) -> int:
        return max((first - start) % DAY + length for (first, _), length in zip(spans, lengths, strict=True))

    start = min(begins, key=run)
    return [int(first < start) for first, _ in spans]


def span_of(rows: Rows, source: Source) -> tuple[int, int] | None:
    """Return the first and the last time of day of a file, of which the head was read; None without times."""
    first = next((time for time in rows.times if time != MISSING), None)
    if first is None:
        return None
    last, before = "", ""
    for block in read_blocks(source):
        last, before = block, last
    reader = Reader()
    for line in (before + last).removesuffix("\n").split("\n")[-TAIL:]:
        reader.feed(line)
    times = [time for time in reader.rows.times if time != MISSING]
    return first % DAY, (times[-1] if times else first) % DAY
