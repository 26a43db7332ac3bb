"""Whom a line without a pid is about, in a log that strace wrote to a terminal.

There, ``[pid N]`` stands before a line only while strace follows more than one
task (``printleader()`` in strace's src/strace.c), so a bare line is about the
only one that is left.
"""


class Solo:
    """The tasks that are alive, as far as the log has shown them."""

    def __init__(self) -> None:
        """Know of nobody."""
        self._alive: set[int | None] = set()

    def bare(self) -> int | None:
        """Return the tid that a bare line is about; None for a first task that was never named."""
        if not self._alive:
            self._alive.add(None)
        (first, *others) = self._alive
        return None if others else first

    def named(self, tid: int) -> bool:
        """Take in that a line names a task; return True when it names the first task, so far nameless."""
        if tid in self._alive:
            return False
        first = None in self._alive
        self._alive.discard(None)
        self._alive.add(tid)
        return first

    def attached(self, tid: int) -> None:
        """Take in that strace took a task on."""
        self._alive.add(tid)

    def gone(self, tid: int | None) -> None:
        """Take in that a task ended, or was let go."""
        self._alive.discard(tid)
