"""Charts of counts over time, drawn with characters: a column of blocks, or of # where blocks do not show."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Record = Mapping[str, Any]

BLOCKS: Final = " ▁▂▃▄▅▆▇█"
"""Eighths of a character, from none to all (U+2581 to U+2588)."""
MARKS: Final = " ##"
"""The same of ASCII: nothing below a half."""
SERIES: Final = ("processes", "threads", "connections")
HEIGHT: Final = 4
LABEL: Final = 6
WIDEST: Final = 100


def growth_chart(answer: Record, width: int, plain: bool) -> list[str]:
    """Return the charts of the answer to ``scaling``: processes, threads and connections over time.

    Args:
        answer: its JSON value.
        width: columns of the terminal.
        plain: True for ASCII alone.
    """
    points = list(answer.get("timeline") or ())
    if len(points) < 2:
        return []
    columns = max(10, min(width, WIDEST) - LABEL - 2)
    lines: list[str] = []
    for name in SERIES:
        lines += [*_chart(name, _sampled(points, name, columns), plain), ""]
    span = (points[-1]["time_ns"] - points[0]["time_ns"]) / 1e9
    end = f"{span:.1f} s"
    return [*lines[:-1], " " * (LABEL + 2) + "0 s".ljust(columns - len(end)) + end]


def _sampled(points: list[Record], name: str, columns: int) -> list[int]:
    """Return the most that there were in each of so many equal spans of time."""
    begin = points[0]["time_ns"]
    span = max(1, points[-1]["time_ns"] - begin)
    most = [0] * columns
    place, count = 0, 0
    for point in points:
        now = min(columns - 1, (point["time_ns"] - begin) * columns // span)
        for between in range(place, now + 1):
            most[between] = max(most[between], count)
        count = int(point[name])
        most[now] = max(most[now], count)
        place = now
    return most


def _chart(name: str, values: list[int], plain: bool) -> Iterator[str]:
    """Yield the lines of one chart, its name and highest value in front."""
    marks = MARKS if plain else BLOCKS
    full, top = len(marks) - 1, max(1, *values)
    side = "|" if plain else "▕"
    yield name
    for row in reversed(range(HEIGHT)):
        heights = (value * HEIGHT * full // top - row * full for value in values)
        least = [int(value > 0 and row == 0) for value in values]  # what is there is to be seen
        cells = "".join(marks[max(low, min(full, high))] for low, high in zip(least, heights, strict=True))
        label = str(top) if row == HEIGHT - 1 else "0" if row == 0 else ""
        yield f"{label:>{LABEL}} {side}{cells}".rstrip()
