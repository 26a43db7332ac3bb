"""The one pass over a trace that every analyzer stands on."""

from collections.abc import Iterable, Iterator

from tracekit.analyzers.state import effects, lookups, transfers
from tracekit.analyzers.state.calls import of_models
from tracekit.analyzers.state.connections import is_request
from tracekit.analyzers.state.effects import Effect
from tracekit.analyzers.state.state import State
from tracekit.analyzers.state.watching import WATCHING, waits
from tracekit.events import Row, Trace, positions, without_collection

AT_RETURN: dict[str, Effect] = {**effects.MAKING, **lookups.OPENING}
AT_BEGINNING: dict[str, Effect] = {**effects.CHANGING, **transfers.MOVING, **lookups.ASKING}
NEEDS = of_models()

_last: tuple[Trace, State] | None = None


def observe(trace: Trace) -> State:
    """Return what a trace tells about descriptors, connections and requests.

    The last result is kept, so that several analyzers of one trace cost one pass.
    """
    global _last  # noqa: PLW0603  # a cache of one
    if _last is None or _last[0] is not trace:
        with without_collection():
            _last = (trace, walk(trace.rows(), State(), trace))
    return _last[1]


def walk(rows: Iterable[Row], state: State, trace: Trace) -> State:
    """Take the rows in the order in which they had their effect."""
    state.descriptors.by_task = not trace.ordered
    state.prepare(trace.processes)
    rows = list(rows)
    state.service.latest = {row.tid: row.seq for row in rows if row.kind == "syscall"}
    for row in causal(rows):
        if row.kind == "syscall":
            _call(state, row)
        elif row.kind == "exit":
            _exit(state, row)
    state.descriptors.finish()
    for request in state.requests:
        request.connection.is_socket = request.connection.is_socket or request.answered is not None
    state.requests = [request for request in state.requests if is_request(request)]
    for number, request in enumerate(state.requests, 1):
        request.id = number
    return state


def _call(state: State, row: Row) -> None:
    name = row.name or ""
    state.service.task(row)
    if name in AT_RETURN:
        if (row.ret is not None and row.ret >= 0) or name in lookups.OPENING:
            AT_RETURN[name](state, row)
    elif name in AT_BEGINNING:
        AT_BEGINNING[name](state, row)
    if name in WATCHING:
        WATCHING[name](state, row)
    if row.tid is not None and row.pid is not None:
        state.threads.setdefault(row.pid, set()).add(row.tid)


def _exit(state: State, row: Row) -> None:
    """The end of a thread; with the last one of its process its descriptors are closed."""
    state.focus.pop(row.tid, None)
    state.service.ends(row)
    alive = state.threads.get(row.pid if row.pid is not None else -1)
    if alive is not None:
        alive.discard(row.tid if row.tid is not None else -1)
    if not alive:
        for file in state.descriptors.exit(row):
            state.close(file, row)


def causal(rows: Iterable[Row]) -> Iterator[Row]:
    """Order calls by the moment from which they count.

    A call that makes a descriptor counts from its return on, since the number is
    not known before, and so does a wait for a wake. Every other call counts from
    its beginning on: a number that a close frees may be given out again before the
    close returns.
    """
    rows = list(rows)
    placed = [
        (end if row.name in AT_RETURN or waits(row) else begin, row.seq, row)
        for row, begin, end in zip(rows, *positions(rows), strict=True)
        if row.name in NEEDS or row.kind == "exit"
    ]
    return (row for _, _, row in sorted(placed))
