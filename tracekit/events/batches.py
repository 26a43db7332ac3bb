"""A trace as a stream: its events in their final order, some thousands at a time, in bounded memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tracekit.events.logs import Logs, Progress, TraceInput, open_logs
from tracekit.events.schema import REMARKS, STORED
from tracekit.stream.dictionary import encode
from tracekit.stream.rows import MISSING, Late

if TYPE_CHECKING:
    from tracekit.events.columns import Columns
    from tracekit.events.groups import Groups
    from tracekit.events.workers import Workers

OF_GROUPS = {"seq", "pid", "pid_known"}
COLUMNS = tuple(column.name for column in (*STORED, *REMARKS) if column.name not in OF_GROUPS)
"""What a batch has of each event: what is stored of it but its number and its process (which the whole
trace tells), and column and hint of an event that could not be read, or not whole."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Events in their final order.

    Attributes:
        events: the events. A call that has not returned so far is not complete and has no hint.
        changes: what became known of such calls in earlier batches, by the number of the event from the
            beginning of the trace, from 0.
    """

    events: "Columns"
    changes: dict[int, Late] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return how many events there are."""
        return len(self.events)

    @property
    def columns(self) -> dict[str, list[Any]]:
        """One list a column; names as in ``COLUMNS``."""
        from tracekit.events.arrays import arrays_of  # noqa: PLC0415 - numpy comes with it

        arrays = arrays_of(self.events, encode(self.events.forms))
        return {name: arrays[name].tolist() for name in COLUMNS}

    @property
    def late(self) -> dict[int, dict[str, Any]]:
        """The changes as columns and values."""
        return {number: _late(change) for number, change in self.changes.items()}


class Batches(Iterator[Batch]):
    """The batches of a trace, and what is known of it so far: all, once the last batch is taken.

    Attributes:
        files: the files read, as given.
        lines: how many lines were read.
        ordered: whether the events of several files stand in one order.
    """

    def __init__(self, logs: Logs, progress: Progress | None) -> None:
        """Begin with the logs at their heads."""
        from tracekit.events.clues import Clues  # noqa: PLC0415 - numpy comes with it
        from tracekit.events.merge import stretches  # noqa: PLC0415

        self.files = [log.name for log in logs.logs]
        self.lines = 0
        self.ordered = logs.ordered
        self._logs = logs
        self._progress = progress
        self._stretches = stretches(logs)
        self._clues = Clues()

    def __next__(self) -> Batch:
        """Return the next batch."""
        stretch = next(self._stretches)
        self.lines = sum(log.reader.lines for log in self._logs.logs)
        if self._progress:
            self._logs.tell(self._progress)
        self._clues.take(stretch.events, stretch.late)
        return Batch(*stretch)

    @property
    def workers(self) -> "Workers":
        """Processes that took part, and may in more."""
        return self._logs.workers

    def close(self) -> None:
        """End the processes that took part."""
        self.workers.close()

    @property
    def warnings(self) -> list[str]:
        """What a reader of the answers has to know, one sentence each."""
        return [*self._logs.warnings, *self._logs.meter.warnings()]

    def groups(self) -> "Groups":
        """Return which process each task belongs to, once all batches are taken."""
        from tracekit.events.groups import groups_of  # noqa: PLC0415

        self._clues.name(self.first_tids())
        return groups_of(self._clues, ordered=self.ordered)

    def layouts(self) -> dict[str, str]:
        """Return how lines begin at the end of each file, by its name."""
        return {log.name: str(log.reader.layout) for log in self._logs.logs}

    def first_tids(self) -> dict[str, int]:
        """Return the task of the events without one, by the name of the file, where that has come out."""
        tids = {log.name: log.reader.first_tid for log in self._logs.logs}
        return {name: tid for name, tid in tids.items() if tid is not None} or self._clues.own_tids()


def batches(
    source: TraceInput | Iterable[TraceInput], *, jobs: int | None = None, progress: Progress | None = None
) -> Batches:
    """Read a trace as a stream of batches; memory does not grow with its length.

    Args:
        source: a path or several, as for ``read_trace``.
        jobs: how many processes read; as many as there are cores, if that is worth it, when None.
        progress: is called now and then.

    Raises:
        UnreadableError: as by ``read_trace``.
    """
    return Batches(open_logs(source, jobs), progress)


def _late(late: Late) -> dict[str, Any]:
    complete, column, hint = late.odd
    said: dict[str, Any] = {"complete": complete, "column": column, "hint": hint}
    if late.form is not None:
        _, name, args, ret, ret_text, errno, _ = late.form
        said |= {"name": name, "args": args, "ret": ret, "ret_text": ret_text, "errno": errno}
    if late.end != MISSING:
        duration = None if late.duration_ns == MISSING else late.duration_ns
        said |= {"duration_ns": duration, "end_line": late.end}
    return said
