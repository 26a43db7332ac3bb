"""Calls of execve that ``strace -ff`` splits over two files, joined when the files are merged.

When a thread calls execve, the kernel gives it the pid of its process; strace ends the line in the
thread's file with ``<pid changed to 11 ...>`` and goes on in that of the pid (``maybe_switch_tcbs`` in
its src/strace.c). The event stands where the call began; the line of its end stays a note of its file.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from tracekit.events.logs import Log, Logs
from tracekit.stream.forms import Says
from tracekit.stream.pairing import Half

Task = tuple[str, int]
"""A task of a run: what the names of the run's files have before the tid, and the tid."""


class Ripe(NamedTuple):
    """A row that gets its place in the final order now; rows are sorted by their keys."""

    key: int
    file: int
    row: int
    log: Log


class Execs:
    """The first halves whose second halves other files have."""

    def __init__(self, logs: Logs) -> None:
        """Take in which files are those of one task each; others have both halves."""
        self._all = logs.logs
        self._ordered = logs.ordered
        self._tasks = {_task(log): log for log in logs.logs if len(logs.logs) > 1 and _is_of_one_task(log)}
        self._begun: defaultdict[Task, dict[int, tuple[Log, int]]] = defaultdict(dict)
        self._looked_at: set[Task] = set()
        self._left = len(logs.logs)

    def join(self, ripe: Sequence[Ripe]) -> None:
        """Join what belongs together up to somewhere in the final order.

        Args:
            ripe: the rows of halves (see ``halves_of``) from where the last call stopped.
        """
        for _, _, row, log in sorted(ripe):
            pairing = log.reader.pairing
            half = pairing.halves.pop(row, None)
            if _task(log) not in self._tasks or (half is None and not _is_moved(log, row)):
                pairing.moved.pop(row, None)
            elif half is None and self._ordered:
                self._begin(log, row)
            elif half is not None:
                self._end(log, row, half)

    def finish(self, count: int) -> None:
        """Tell that so many more logs are over; after the last, what was not joined stays as it is."""
        self._left -= count
        for log in () if self._left else self._all:
            log.reader.pairing.give_up_moved()

    def _begin(self, log: Log, row: int) -> None:
        run, tid = _task(log)
        self._begun[run, log.reader.pairing.moved[row].pid][tid] = (log, row)

    def _end(self, log: Log, row: int, half: Half) -> None:
        """Complete the call that a second half ends: its caller's, or the only one there is (``-qqq``)."""
        run, _ = task = _task(log)
        if not self._ordered:
            callers = [(run, half.caller)] if half.caller else list(self._tasks)
            self._look_at([each for each in callers if each in self._tasks and each[0] == run])
        begun = self._begun[task]
        caller = half.caller if half.caller or len(begun) != 1 else next(iter(begun))
        first, first_row = begun.pop(caller or 0, (None, 0))
        rows = log.reader.rows
        duration = rows.durations[row - rows.first]
        if first and first.reader.pairing.complete(first_row, half, duration):
            log.reader.pairing.give_away(row, half)

    def _look_at(self, tasks: Sequence[Task]) -> None:
        """Read the files of tasks ahead: without times, nothing tells that a first half was before."""
        for task in set(tasks) - self._looked_at:
            self._looked_at.add(task)
            log = self._tasks[task]
            while not log.at_end:
                log.advance()
            for row in filter(partial(_is_moved, log), log.reader.pairing.moved):
                self._begin(log, row)


def halves_of(log: Log) -> list[int]:
    """Return the rows of a log that may be a half of an execve of two logs, and were not taken yet."""
    pairing, first = log.reader.pairing, log.reader.rows.first
    return [row for row in {*pairing.moved, *pairing.halves} if row >= first]


def _task(log: Log) -> Task:
    tid = log.source.tid or 0
    return log.name.rpartition(f".{tid}")[0], tid


def _is_of_one_task(log: Log) -> bool:
    return log.source.tid is not None and "pid" not in log.reader.layout.parts


def _is_moved(log: Log, row: int) -> bool:
    """Tell whether a call that went on under another pid did not end in its own log after all."""
    rows = log.reader.rows
    return row < rows.first or rows.forms[row - rows.first].says is Says.MOVE
