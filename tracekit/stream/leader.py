"""What stands before a call: pid, time, and the rest of strace's ``printleader()``.

The parts come in one order; which of them a log has is its layout. It is found
from the first line that reads as strace's and checked on each. A line that
reads with other parts only (a log appended to with other options, a terminal's
log where a second task appears) changes it. A copy may have a frame, too: what
a mail, a pager or a container's log put before each line.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

ACTING = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\([0B])")
"""What tells a terminal to act and holds no text: colours, erasing a line's end, how to paste."""
COMM = r"(?:<[^<>\n]*>)?"
BODY = re.compile(r"[A-Za-z_][\w#]*\(|\?\?\?\(|<\.\.\. |--- |\+\+\+ |\[ Process PID=")


class Part(NamedTuple):
    """One part of a leader: its option or look, what its group holds, and its expression."""

    name: str
    holds: str
    expression: str


PARTS = (
    Part("pid", "pid", rf"(\d{{1,8}}){COMM} +"),  # "1234  ", "1234<apache2> "
    Part("[pid]", "pid", rf"\[pid +(\d{{1,8}}){COMM}\] "),  # "[pid  1234] ", "[pid 1234<sh>] "
    Part(
        "--secontext", "", r"\[(?![0-9a-f?]{8,16}\])(?=[^a-z_\s\[\]=]*+[a-z_])[^\s\[\]=]++\] "
    ),  # "[httpd_t] "
    Part("-ttt", "time", r"([1-8]?\d{9}(?:\.\d{1,9})?) "),  # "1795409445.866773 "
    Part("-t", "time", r"(\d\d:\d\d:\d\d(?:\.\d{1,9})?) "),  # "04:50:45 ", "04:50:45.902481 "
    Part("-t -r", "delta", r"\(\+ +(\d{1,8}(?:\.\d{1,9})?)\) "),  # "(+     0.000477) "
    Part(
        "-r", "delta", r"(?:(?!^)|(?= *\d+\.|[ \d]{5}\d \S)) *(\d{1,8}\.\d{1,9}|(?<= )\d{1,5}) "
    ),  # "     0.000321 ", "     0 "
    Part("-n", "", r"\[(?: *\d{1,7}|[1-9]\d{8,19}|\?\?\?)\] "),  # "[  12] ", "[1073741824] ", "[???] "
    Part("-i", "", r"\[(?:[0-9a-f]{8,16}|\?{8,16})\] "),  # "[00007f178f59ac47] "
)
DATE = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
WHO = r"(?:[\w.:-]+ )?[\w./@+-]+(?:\[\d+\])?: "
FRAMES = (
    Part("name", "", r"[\w.-]+ +\| |\[[\w.-]+/[\w./-]+\] "),  # "web-1  | ", "[pod/web-5d4/app] "
    Part("date", "", rf"\[?{DATE}\]? (?:std(?:out|err) [FP] |{WHO})?"),  # containers; journalctl -o short-iso
    Part("syslog", "", rf"(?:<\d+>)?[A-Z][a-z][a-z] [ \d]\d \d\d:\d\d:\d\d (?:{WHO})?"),  # journalctl; ts
    Part("quote", "", r"(?:[>|\u2502] ?)+|\+"),  # "> ", ">> ", "+"
    Part(
        "number",
        "",
        r"^(?:(?:(?=[^A-Za-z_:\s]*+[A-Za-z_])[\w./+-]++:)?\d+[:-]| *\d+\t| {3,6}\d{1,4} (?! (?![>|*=] )))",
    ),  # grep -n, cat -n, less -N; in blanks, more digits than that are an indented pid
    Part("indent", "", r"(?:  |\t)+"),
)
"""What others put before each line, outermost first; it holds nothing of strace's."""
COMPILED = tuple((part, re.compile(part.expression)) for part in PARTS)
FRAMED = tuple((part, re.compile(part.expression)) for part in FRAMES) + COMPILED
OPTIONAL = {"[pid]"}
"""A log on a terminal has the pid only while there is more than one task."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts that the lines of a log have, by name and in order."""

    parts: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ", ".join(self.parts) or "no pid, no time"

    def leader(self) -> "re.Pattern[str]":
        """Return the expression of a leader of this layout; its groups are pid, time and delta."""
        return re.compile(self._expression())

    def block(self) -> "re.Pattern[str]":
        """Return what finds every line of a text: pid, time, delta and what stands behind the leader.

        All four are empty for a line that does not begin with this leader.
        """
        return _block(self._expression())

    def frame(self) -> "re.Pattern[str]":
        """Return the expression of what others put before every line."""
        parts = (f"(?:{part.expression})" for part in FRAMES if part.name in self.parts)
        return re.compile(rf"\A{''.join(parts)}")

    def _expression(self) -> str:
        text, groups = "", ["pid", "time", "delta"]
        for part in (*FRAMES, *PARTS):
            if part.name not in self.parts:
                continue
            while part.holds and groups and groups[0] != part.holds:
                text += "()"
                groups.pop(0)
            if part.holds:
                groups.pop(0)
            text += f"(?:{part.expression})" + "?" * (part.name in OPTIONAL)
        return text + "()" * len(groups)


@cache
def _block(leader: str) -> "re.Pattern[str]":
    return re.compile(rf"^(?:{leader}(.*)|.*)$", re.MULTILINE)


def layout_of_line(line: str, *, framed: bool = False) -> Layout | None:
    """Return the layout of one line; None when no call or event follows its leader.

    Args:
        line: the line.
        framed: whether something of others may stand before the leader.
    """
    position, parts, held = 0, [], set()
    for part, expression in FRAMED if framed else COMPILED:
        found = expression.match(line, position) if part.holds not in held else None
        if found:
            parts.append(part.name)
            held |= {part.holds} - {""}
            position = found.end()
    return Layout(tuple(parts)) if BODY.match(line, position) else None
