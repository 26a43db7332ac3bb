"""What a call that makes a task tells of it: its number, and the descriptor for it."""

import re

from tracekit.analyzers.state.arguments import NOTHING, argument, named
from tracekit.events import Array, Change, Row, Struct, Value

OUTSIDE = re.compile(r"/\* (\d+) in strace's PID NS \*/")
"""A number of another PID namespace, as strace --decode-pids=pidns translates it."""


def task_made(row: Row, *, foreign: bool = False) -> int | None:
    """Return the number that the log knows a new task by; None where none was made, or that cannot be told.

    Args:
        row: the call that made it.
        foreign: whether calls return the numbers of another PID namespace.
    """
    if not row.ret or row.ret < 0:
        return None
    said = OUTSIDE.search(row.ret_text or "")
    if said is None:
        return None if foreign else row.ret
    return int(said[1])


def pidfd_of(row: Row) -> Value:
    """Return the descriptor that CLONE_PIDFD made: clone's parent_tid, a member of clone3's structure."""
    struct = argument(row, 0)
    told = struct.after if isinstance(struct, Change) else struct
    array = told.get("pidfd") if isinstance(told, Struct) else named(row, "parent_tid")
    return array.items[0] if isinstance(array, Array) and array.items else NOTHING
