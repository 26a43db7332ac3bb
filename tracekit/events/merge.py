"""Several logs of one run, put in one order: all at once, or as they are read."""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from tracekit.events.columns import Columns, Integers, integers, join_rows
from tracekit.events.logs import Log, Logs, Progress
from tracekit.stream.broken import FAR
from tracekit.stream.rows import MISSING, OPEN, Late, Rows

AFTER_ALL = 1 << 62
"""A key that no event has."""
ENOUGH = 50_000
"""Events of one log that are read at once, at least."""
MUCH = 1 << 24
"""Characters that are enough, too."""


class Stretch(NamedTuple):
    """Events that follow one another in the final order.

    Attributes:
        events: the events.
        late: what became known of earlier ones, by their number from the beginning of the trace.
    """

    events: Columns
    late: dict[int, Late]


class Feed:
    """The events of one log that wait for those of others.

    Their keys put them in order: times, where an event without one goes with the one before it; in a log
    that is alone, their numbers.
    """

    def __init__(self, log: Log, *, alone: bool) -> None:
        """Begin with what was read of the log."""
        self.log = log
        self._rows = log.reader.rows
        self._alone = alone
        self._latest = 0
        self._keys: Integers = np.empty(0, dtype=np.int64)
        self._numbers: dict[int, int] = {}
        self._take_in()

    def advance(self) -> None:
        """Read on."""
        enough, much = len(self._rows) + ENOUGH, self.log.text + MUCH
        while not self.log.at_end and len(self._rows) < enough and self.log.text < much:
            self.log.advance()
        self._take_in()

    def bound(self) -> int:
        """Return the key from which on events may still come, or change."""
        if self.log.at_end:
            return AFTER_ALL
        if not len(self._keys):
            return self._latest
        bad = self.log.reader.bad
        kept = -1 if bad is None else bad.row - self._rows.first
        return int(self._keys[kept if kept >= 0 and len(self._keys) - kept <= FAR else -1])

    def take(self, before: int) -> tuple[Rows, Integers]:
        """Take the events before a key, with their keys."""
        count = int(np.searchsorted(self._keys, before))
        keys, self._keys = self._keys[:count], self._keys[count:]
        reader = self.log.reader
        taken = self._rows.take(count, (row for row, _ in reader.pairing.open.values()))
        if reader.first_tid is not None:
            taken.rename(MISSING, reader.first_tid)
        return taken, keys

    def number(self, taken: Rows, numbers: Sequence[int]) -> None:
        """Tell the numbers that events got in the whole trace; those of open calls are remembered."""
        self._numbers |= {row: numbers[row - taken.first] for row, odd in taken.odd.items() if odd == OPEN}

    def late(self) -> dict[int, Late]:
        """Return what became known of events that were taken, by their number."""
        late, self._rows.late = self._rows.late, {}
        found = {self._numbers[row]: said for row, said in late.items()}
        still_open = {row for row, _ in self.log.reader.pairing.open.values()}
        self._numbers = {row: number for row, number in self._numbers.items() if row in still_open}
        return found

    def _take_in(self) -> None:
        new = integers(self._rows.times)[len(self._keys) :]
        keys = keys_of(new, self._latest)
        if self._alone:
            keys = np.arange(len(new), dtype=np.int64) + (self._rows.first + len(self._keys))
        self._keys = np.append(self._keys, keys)
        self._latest = int(keys[-1]) if len(keys) else self._latest


def stretches(logs: Logs) -> Iterator[Stretch]:
    """Yield the events of a trace in their final order while it is read."""
    if logs.ordered and len(logs.logs) > 1:
        yield from _merged([Feed(log, alone=False) for log in logs.logs], 0)
        return
    number = 0
    for log in logs.logs:
        for stretch in _merged([Feed(log, alone=True)], number):
            number += len(stretch.events)
            yield stretch


def whole(logs: Logs, progress: Progress | None = None) -> Columns:
    """Read a trace to its end and return its events in their final order."""
    for log in logs.logs:
        while not log.at_end:
            log.advance()
            if progress:
                logs.tell(progress)
    rows = [log.reader.rows for log in logs.logs]
    if len(rows) == 1 or not logs.ordered:
        return join_rows(rows)
    return join_rows(rows, order_of([keys_of(integers(each.times), 0) for each in rows]))


def keys_of(times: Integers, latest: int) -> Integers:
    """Return the latest time so far, for each event of a log."""
    return np.maximum.accumulate(np.append(np.int64(latest), times))[1:]


def order_of(keys: Sequence[Integers]) -> Integers:
    """Return for each event of the merged trace where it stands when logs follow one another."""
    files = np.repeat(np.arange(len(keys)), [len(each) for each in keys])
    return np.lexsort((files, np.concatenate(keys)))


def _merged(feeds: Sequence[Feed], number: int) -> Iterator[Stretch]:
    """Yield stretches, each up to where the log ends that was read least far."""
    while True:
        late = {seq: said for feed in feeds for seq, said in feed.late().items()}
        bound = min(feed.bound() for feed in feeds)
        taken = [feed.take(bound) for feed in feeds]
        order = order_of([keys for _, keys in taken])
        numbers = (np.argsort(order) + number).tolist()
        for feed, (rows, _), start in zip(feeds, taken, accumulate(len(r) for r, _ in taken), strict=True):
            feed.number(rows, numbers[start - len(rows) : start])
        yield Stretch(join_rows([rows for rows, _ in taken], order if len(feeds) > 1 else None), late)
        number += len(order)
        waiting = [feed for feed in feeds if not feed.log.at_end]
        if not waiting:
            return
        min(waiting, key=Feed.bound).advance()
