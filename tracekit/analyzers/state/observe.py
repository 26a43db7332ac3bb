"""The one pass over a trace that every analyzer stands on."""

import gc
from collections.abc import Iterable, Iterator
from functools import cache
from heapq import heappop, heappush

from tracekit.analyzers.state import changes, effects, lookups, moves, passing, readiness, transfers
from tracekit.analyzers.state.calls import meanings
from tracekit.analyzers.state.connections import is_request
from tracekit.analyzers.state.effects import Effect
from tracekit.analyzers.state.foreign import foreign_tasks
from tracekit.analyzers.state.lasting import extent_of
from tracekit.analyzers.state.state import State
from tracekit.analyzers.state.watching import FUTEX, WATCHING, waits
from tracekit.events import Row, Trace, without_collection

SUCCEEDING: dict[str, Effect] = {**effects.MAKING, **passing.PASSING, **lookups.BY_HANDLE}
"""Calls that change nothing when they fail."""
AT_RETURN: dict[str, Effect] = {**SUCCEEDING, **lookups.OPENING}
AT_BEGINNING: dict[str, Effect] = {
    **effects.CHANGING,
    **readiness.READINESS,
    **moves.MOVES,
    **transfers.MOVING,
    **lookups.ASKING,
}
NEEDS = frozenset(meanings())
"""The calls that it takes in; an answer may need fewer."""
LARGE = 50_000
"""Events of a trace whose records are worth to be kept out of Python's search for garbage."""
ALWAYS_BEFORE = NEEDS - {*AT_RETURN, *FUTEX, *passing.RIGHTS_IN}
"""Calls that always count from their beginning on."""

_last: tuple[Trace, State] | None = None


def observe(trace: Trace) -> State:
    """Return what a trace tells about descriptors, connections and requests.

    The last result is kept, so that several analyzers of one trace cost one pass.
    """
    global _last  # noqa: PLW0603  # a cache of one
    if _last is None or _last[0] is not trace:
        _last = None
        _let_go()
        with without_collection():
            _last = (trace, walk(State(), trace))
            if len(trace.events) >= LARGE:
                gc.freeze()
    return _last[1]


def _let_go() -> None:
    """Let what was kept of a large trace be collected.

    While it is kept, Python does not look through it for garbage again and again: half of the time of
    every answer about it.
    """
    if gc.get_freeze_count():
        gc.unfreeze()
        gc.collect()


def walk(state: State, trace: Trace) -> State:
    """Take the rows in the order in which they had their effect."""
    state.descriptors.by_task = not trace.ordered
    state.prepare(trace.processes)
    state.service.extent = extent_of(trace)
    state.foreign = foreign_tasks(trace)
    rows = trace.rows()
    if state.foreign:
        rows = (row for row in rows if row.tid not in state.foreign)
    for row in causal(rows, in_lines=len(trace.files) <= 1):
        if row.kind == "syscall":
            _call(state, row)
        elif row.kind == "exit":
            _exit(state, row)
    state.descriptors.finish()
    state.settle()
    for request in state.requests:
        request.connection.is_socket = request.connection.is_socket or request.answered is not None
    state.requests = [request for request in state.requests if is_request(request)]
    for number, request in enumerate(state.requests, 1):
        request.id = number
    return state


def _call(state: State, row: Row) -> None:
    if row.tid not in state.service.living:
        state.service.task(row)
        if row.tid is not None and row.pid is not None:
            state.threads.setdefault(row.pid, set()).add(row.tid)
    for effect, on_success in _effects(row.name or ""):
        if not on_success or (row.ret is not None and row.ret >= 0):
            effect(state, row)


@cache
def _effects(name: str) -> tuple[tuple[Effect, bool], ...]:
    """Return what a call does, in order, and whether it does that only when it succeeds."""
    tables = (AT_RETURN, AT_BEGINNING, changes.CHANGES, passing.RIGHTS_IN, WATCHING)
    found = [table for table in tables if name in table]
    return tuple((table[name], table is AT_RETURN and name in SUCCEEDING) for table in found)


def _exit(state: State, row: Row) -> None:
    """The end of a thread; with the last one of its process its descriptors are closed."""
    state.work.leave(row.tid)
    state.service.ends(row)
    alive = state.threads.get(row.pid if row.pid is not None else -1)
    if alive is not None:
        alive.discard(row.tid if row.tid is not None else -1)
    if not alive:
        for file in state.descriptors.exit(row):
            state.close(file, row)


def causal(rows: Iterable[Row], *, in_lines: bool) -> Iterator[Row]:
    """Put calls in the order of the moments from which they count.

    A call that makes a descriptor counts from its return on, since the number is
    not known before, and so does a wait for a wake. Every other call counts from
    its beginning on: a number that a close frees may be given out again before the
    close returns.

    Without ``-T`` no time tells when a call returned. Its task went on at once, so the time of the
    task's next event is taken; where there is none, the call counts at the end.

    Args:
        rows: in the order in which they began.
        in_lines: True when the lines of one file order them, False when times do.
    """
    returning: list[tuple[int, int, Row]] = []
    going_on: dict[int | None, Row] = {}
    now = 0
    for row in rows:
        now = row.line if in_lines else max(now, row.time_ns or 0)
        if going_on and (before := going_on.pop(row.tid, None)):
            heappush(returning, (now, before.seq, before))
        while returning and returning[0] < (now, row.seq):
            yield heappop(returning)[2]
        if row.name not in NEEDS and row.kind != "exit":
            continue
        if row.name in ALWAYS_BEFORE or not _counts_from_return(row):
            yield row
        elif in_lines or row.duration_ns is not None:
            end = row.end_line if in_lines else now + (row.duration_ns or 0)
            heappush(returning, (end, row.seq, row))
        else:
            going_on[row.tid] = row
    while returning:
        yield heappop(returning)[2]
    yield from sorted(going_on.values())


def _counts_from_return(row: Row) -> bool:
    return row.name in AT_RETURN or waits(row) or passing.passes(row)
