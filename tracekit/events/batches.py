"""A trace as a stream: its events in their final order, some thousands at a time, in bounded memory."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any

from tracekit.events.merge import keyed
from tracekit.events.read import TraceInput
from tracekit.events.schema import STORED
from tracekit.events.sources import STDIN, Meter, Source, find_sources, read_blocks
from tracekit.stream import Event, Reader, read_block

ROWS = 65_536
"""Events of a batch."""
OF_GROUPS = {"seq", "pid", "pid_known"}
COLUMNS = (*(column.name for column in STORED if column.name not in OF_GROUPS), "column", "hint")
"""What a batch has of each event: what is stored of it but its number and its process (which the whole
trace tells), and column and hint of an event that could not be read, or not whole."""

Progress = Callable[[int, int, int], None]
"""Is told the bytes done, the bytes in all (0: not known) and the lines done."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Events in their final order, one list a column; names as in ``COLUMNS``."""

    columns: dict[str, list[Any]]

    def __len__(self) -> int:
        """Return how many events there are."""
        return len(self.columns["kind"])


@dataclass(slots=True)
class Batches(Iterator[Batch]):
    """The batches of a trace, and what is known of the trace once the last of them is taken.

    Attributes:
        files: the files read, as given.
        lines: how many lines were read.
        layouts: how their lines begin, by file.
    """

    files: list[str]
    _batches: Iterator[Batch]
    lines: int = 0
    layouts: dict[str, str] = field(default_factory=dict)

    def __next__(self) -> Batch:
        """Return the next batch."""
        return next(self._batches)


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
    del jobs
    given = [source] if isinstance(source, str | Path) else list(source)
    sources = find_sources(str(name) for name in given)
    read = Batches([each.name for each in sources], iter(()))
    total = sum(Path(each.name).stat().st_size for each in sources if each.name != STDIN)
    streams = [_events(each, read, total, progress) for each in sources]
    ordered = streams[0] if len(streams) == 1 else _merged(streams)
    read._batches = _gathered(ordered)  # noqa: SLF001 - its own
    return read


def _events(source: Source, read: Batches, total: int, progress: Progress | None) -> Iterator[Event]:
    """Yield the events of one file."""
    reader = Reader(source.name, source.tid)
    meter = Meter()
    for block in read_blocks(source, meter):
        before = reader.lines
        read_block(reader, block)
        read.lines += reader.lines - before
        if progress:
            progress(meter.done, total, read.lines)
    reader.finish()
    read.layouts[source.name] = str(reader.layout)
    yield from reader.rows.events()


def _merged(streams: list[Iterator[Event]]) -> Iterator[Event]:
    logs = [keyed(number, stream) for number, stream in enumerate(streams)]
    return map(itemgetter(1), merge(*logs, key=itemgetter(0)))


def _gathered(events: Iterator[Event]) -> Iterator[Batch]:
    while rows := list(islice(events, ROWS)):
        yield Batch({name: [getattr(event, name) for event in rows] for name in COLUMNS})
