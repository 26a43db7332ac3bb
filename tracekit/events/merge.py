"""Several logs of one run, put in one order: all at once, or as they are read."""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from tracekit.events.columns import Columns, Integers, integers, join_rows
from tracekit.events.logs import Log, Logs, Progress
from tracekit.events.merge_execs import Execs, Ripe, halves_of
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

    def ripe(self, before: int, file: int) -> list[Ripe]:
        """Return which rows before a key may be halves of a call that another log has the other half of."""
        count, first = int(np.searchsorted(self._keys, before)), self._rows.first
        halves = [row for row in halves_of(self.log) if row < first + count]
        return [Ripe(int(self._keys[row - first]), file, row, self.log) for row in halves]

    def take(self, before: int) -> tuple[Rows, Integers]:
        """Take the events before a key, with their keys."""
        count = int(np.searchsorted(self._keys, before))
        keys, self._keys = self._keys[:count], self._keys[count:]
        reader = self.log.reader
        taken = self._rows.take(count, self._open_rows())
        if reader.first_tid is not None:
            taken.rename(MISSING, reader.first_tid)
        return taken, keys

    def number(self, taken: Rows, numbers: Sequence[int]) -> None:
        """Tell the numbers that events got in the whole trace; those of open calls are remembered."""
        self._numbers |= {row: numbers[row - taken.first] for row, odd in taken.odd.items() if odd == OPEN}

    def late(self) -> dict[int, Late]:
        """Return what became known of events that were taken, by their number."""
        still_open, late = self._open_rows(), self._rows.late
        found = {self._numbers[row]: said for row, said in late.items() if row not in still_open}
        self._rows.late = {row: said for row, said in late.items() if row in still_open}
        self._numbers = {row: number for row, number in self._numbers.items() if row in still_open}
        return found

    def _open_rows(self) -> set[int]:
        """Return the rows of calls that may return yet, be it in another log."""
        pairing = self.log.reader.pairing
        return {row for row, _ in pairing.open.values()} | pairing.moved.keys()

    def _take_in(self) -> None:
        new = integers(self._rows.times)[len(self._keys) :]
        keys = keys_of(new, self._latest)
        if self._alone:
            keys = np.arange(len(new), dtype=np.int64) + (self._rows.first + len(self._keys))
        self._keys = np.append(self._keys, keys)
        self._latest = int(keys[-1]) if len(keys) else self._latest


def stretches(logs: Logs) -> Iterator[Stretch]:
    """Yield the events of a trace in their final order while it is read."""
    execs = Execs(logs)
    if logs.ordered and len(logs.logs) > 1:
        yield from _merged([Feed(log, alone=False) for log in logs.logs], 0, execs, [])
        return
    number, before = 0, list[Feed]()
    for log in logs.logs:
        feed = Feed(log, alone=True)
        for stretch in _merged([feed], number, execs, before):
            number += len(stretch.events)
            yield stretch
        if log.reader.pairing.moved:
            before.append(feed)


def whole(logs: Logs, progress: Progress | None = None) -> Columns:
    """Read a trace to its end and return its events in their final order."""
    for log in logs.logs:
        while not log.at_end:
            log.advance()
            if progress:
                logs.tell(progress)
    rows = [log.reader.rows for log in logs.logs]
    if len(rows) == 1:
        return join_rows(rows)
    keys = [keys_of(integers(each.times), 0) for each in rows]
    ripe = [
        Ripe(int(keys[file][row]) if logs.ordered else 0, file, row, log)
        for file, log in enumerate(logs.logs)
        for row in halves_of(log)
    ]
    Execs(logs).join(ripe)
    return join_rows(rows, order_of(keys) if logs.ordered else None)


def keys_of(times: Integers, latest: int) -> Integers:
    """Return the latest time so far, for each event of a log."""
    return np.maximum.accumulate(np.append(np.int64(latest), times))[1:]


def order_of(keys: Sequence[Integers]) -> Integers:
    """Return for each event of the merged trace where it stands when logs follow one another."""
    files = np.repeat(np.arange(len(keys)), [len(each) for each in keys])
    return np.lexsort((files, np.concatenate(keys)))


def _merged(feeds: Sequence[Feed], number: int, execs: Execs, before: Sequence[Feed]) -> Iterator[Stretch]:
    """Yield stretches, each up to where the log ends that was read least far.

    Args:
        feeds: the logs.
        number: how many events there were before.
        execs: joins calls that two logs have a half of.
        before: logs that came before these, with calls that may yet be joined.
    """
    while True:
        over, bound = all(feed.log.at_end for feed in feeds), min(feed.bound() for feed in feeds)
        execs.join([ripe for file, feed in enumerate(feeds) for ripe in feed.ripe(bound, file)])
        if over:
            execs.finish(len(feeds))
        late = {seq: said for feed in (*before, *feeds) for seq, said in feed.late().items()}
        taken = [feed.take(bound) for feed in feeds]
        order = order_of([keys for _, keys in taken])
        numbers = (np.argsort(order) + number).tolist()
        for feed, (rows, _), start in zip(feeds, taken, accumulate(len(r) for r, _ in taken), strict=True):
            feed.number(rows, numbers[start - len(rows) : start])
        yield Stretch(join_rows([rows for rows, _ in taken], order if len(feeds) > 1 else None), late)
        number += len(order)
        if over:
            return
        min(feeds, key=Feed.bound).advance()
