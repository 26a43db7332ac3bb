"""The tables of ``-c`` and ``-C``: lines of a log that are no calls, each a note.

Source: ``call_summary_pers`` in strace's src/count.c. Only what stands between
a header and its total is taken for a row, and only what has that many columns.
"""

import re

TITLES = (
    "% time",
    *("seconds", "shortest", "longest", "usecs/call", "calls", "errors", "syscall"),
    *("wall-total", "wall-min", "wall-max", "wall-avg"),
)
HEADER = re.compile(
    rf" *(?:{'|'.join(map(re.escape, TITLES))})(?: +(?:{'|'.join(map(re.escape, TITLES))}))* *"
)
RULE = re.compile(r"-{4,}(?: -{4,})*")
MODE = re.compile(r"System call usage summary for [\w ]{1,40} mode:")
NUMBER = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,9})?")
NAME = re.compile(r"[A-Za-z_][\w#]*|\?\?\?")
WIDEST = 400
"""No row is longer, whatever columns it has."""


class Summary:
    """Which line of a table comes next."""

    def __init__(self) -> None:
        """Begin outside of tables."""
        self._columns = 0
        self._rules = 0

    def reads(self, line: str) -> bool:
        """Take one line in; return whether it is a line of a table."""
        if len(line) > WIDEST:
            return False
        if MODE.fullmatch(line):
            return True
        if HEADER.fullmatch(line):
            self._columns, self._rules = len(line.replace("% ", "%").split()), 0
            return True
        if not self._columns:
            return False
        if RULE.fullmatch(line):
            self._rules += 1
            return True
        return self._row(line.split())

    def is_open(self) -> bool:
        """Tell whether the next line may be one of a table."""
        return self._columns > 0

    def _row(self, cells: list[str]) -> bool:
        """Tell whether cells are a row: one name, numbers beside it, and perhaps no number of errors."""
        names = [cell for cell in cells if NAME.fullmatch(cell)]
        numbers = [cell for cell in cells if NUMBER.fullmatch(cell)]
        if len(names) != 1 or len(names) + len(numbers) != len(cells):
            return False
        if not self._columns - 1 <= len(cells) <= self._columns:
            return False
        if self._rules == 2 and names == ["total"]:
            self._columns = 0
        return True
