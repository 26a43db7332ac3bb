r"""VMChecker's text: its grade is the first match of ``/Total:\ *([0-9]+)/``, its feedback 300 lines.

So there is one such line, the last, with a whole number, and it is among the first 300. Everything before
it is ASCII: nothing there can look like a total to any reader.
"""

from typing import Final

from tracekit.lab.forms import text
from tracekit.lab.harmless import TOTAL
from tracekit.lab.score import Score

LINES: Final = 300


def write(score: Score) -> str:
    """Return a score as VMChecker reads it."""
    lines = [_neutral(line) for line in text.body(score)]
    if len(lines) > LINES - 1:
        lines[LINES - 2 :] = [f"... {len(lines) - LINES + 2} more lines"]
    return "\n".join([*lines, f"Total: {score.percent}/100"]) + "\n"


def _neutral(line: str) -> str:
    return TOTAL.sub(r"\1;", line.encode("ascii", "backslashreplace").decode())
