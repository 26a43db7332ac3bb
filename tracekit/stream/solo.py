"""Whom a line is about: by its pid, or without one in a log that strace wrote to a terminal.

There, ``[pid N]`` stands before a line only while strace follows more than one
task (``printleader()`` in strace's src/strace.c), so a bare line is about the
only one that is left.
"""

from collections.abc import Callable

from tracekit.stream.forms import Says
from tracekit.stream.leader import Layout
from tracekit.stream.memory import Memory
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

    def is_nobody(self) -> bool:
        """Tell whether no task was met, or none is left."""
        return not self._alive

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


class Tasks(Memory[str, int]):
    """The task that a line is about, by its pid as written; MISSING for one that was never named."""

    def __init__(self, tid: int | None, met: Callable[[int, bool], None]) -> None:
        """Know of nobody.

        Args:
            tid: the task of lines without a pid.
            met: is told every pid when it is new, and whether it is who bare lines were about so far.
        """
        super().__init__(self._named)
        self._tid = tid
        self._met = met
        self._solo = Solo()
        self.use(Layout())

    def use(self, layout: Layout) -> None:
        """Go on with lines of this layout."""
        self._by_solo = "pid" not in layout.parts
        self._brackets = "[pid]" in layout.parts
        self.clear()

    def is_naming(self) -> bool:
        """Tell whether the next line may tell who the first task is, of whom bare lines were."""
        return self._brackets and self._solo.is_nameless()

    def are_unknown(self) -> bool:
        """Tell whether no line was about a task so far."""
        return not self and self._solo.is_nobody()

    def are_told(self) -> bool:
        """Tell whether every line tells its task, by a pid or by the name of its file."""
        return not self._by_solo or (self._tid is not None and not self._brackets)

    def of(self, pid: str, says: Says, *, inside: bool) -> int:
        """Return the task that a line is about; while the first is in a call, others begin theirs.

        Args:
            pid: as the line has it.
            says: what the line tells.
            inside: whether the first task, if it has no name so far, is in a call.
        """
        if pid and self.is_naming():
            self._name(int(pid), other=inside and says is not Says.END)
        return self[pid]

    def attached(self, tid: int) -> None:
        """Take in that strace took a task on."""
        self._solo.attached(tid)
        self.clear()

    def gone(self, tid: int, *, let_go: bool = False) -> None:
        """Take in that a task ended, or was let go."""
        if self._by_solo or let_go:
            self._solo.gone(tid)
            self.clear()

    def _named(self, pid: str) -> int:
        if not pid:
            return self._solo.bare() if self._tid is None else self._tid
        self._name(int(pid))
        return int(pid)

    def _name(self, tid: int, *, other: bool = False) -> None:
        self._met(tid, self._by_solo and self._solo.named(tid, other=other))
        self.pop("", None)
