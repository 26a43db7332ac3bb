"""What a wait says of a child that has ended (wait(2))."""

import re
from typing import Final

from tracekit.events import Row

WAITED: Final = re.compile(r"WIF(EXITED|SIGNALED)\(s\) && W\w+\(s\) == (\w+)( && WCOREDUMP\(s\))?")
"""The status of wait4 and waitpid."""
CHILD: Final = re.compile(r"si_code=CLD_(EXITED|KILLED|DUMPED), si_pid=(\d+),.* si_status=(\w+)")
"""The siginfo of waitid."""


def child_of(row: Row) -> tuple[int, str] | None:
    """Return the child that a wait returned, and how it ended, as strace would print its end.

    None where it returned none, or one that only stopped or went on.
    """
    if told := CHILD.search(row.args or ""):
        return int(told[2]), _end(told[1] == "EXITED", told[3], told[1] == "DUMPED")
    said = WAITED.search(row.args or "")
    if said is None or not row.ret or row.ret <= 0:
        return None
    return row.ret, _end(said[1] == "EXITED", said[2], bool(said[3]))


def _end(exited: bool, which: str, dumped: bool) -> str:
    if exited:
        return f"exited with {which}"
    return f"killed by {which}" + " (core dumped)" * dumped
