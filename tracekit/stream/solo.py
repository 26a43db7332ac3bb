"""Whom a line without a pid is about, in a log that strace wrote to a terminal.

There, ``[pid N]`` stands before a line only while strace follows more than one
task (``printleader()`` in strace's src/strace.c), so a bare line is about the
only one that is left.
"""

from tracekit.stream.rows import MISSING


class Solo:
    """The tasks that are alive, as far as the log has shown them."""

    def __init__(self) -> None:
        """Know of nobody."""
        self._alive: set[int] = set()

    def bare(self) -> int:
        """Return the tid that a bare line is about; MISSING for a first task that was never named."""
        if not self._alive:
            self._alive.add(MISSING)
        (first, *others) = self._alive
        return MISSING if others else first

    def is_nameless(self) -> bool:
        """Tell whether the first task was never named."""
        return MISSING in self._alive

    def named(self, tid: int, *, other: bool = False) -> bool:
        """Take in that a line names a task; return True when it names the first task, so far nameless.

        Args:
            tid: the task.
            other: whether it cannot be the first task.
        """
        if tid in self._alive:
            return False
        first = MISSING in self._alive and not other
        if first:
            self._alive.discard(MISSING)
        self._alive.add(tid)
        return first

    def attached(self, tid: int) -> None:
        """Take in that strace took a task on."""
        self._alive.add(tid)

    def gone(self, tid: int) -> None:
        """Take in that a task ended, or was let go."""
        self._alive.discard(tid)
