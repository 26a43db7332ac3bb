"""What is said on a connection: requests in what is read, the responses to them in what is written."""

from tracekit.analyzers.http.messages import Head
from tracekit.analyzers.http.streams import SWITCHED, UNKNOWN, is_final, status_of
from tracekit.analyzers.state.connections import Connection, Name, Request
from tracekit.analyzers.state.openfiles import OpenFile
from tracekit.analyzers.state.state import State
from tracekit.events import Row

Pieces = list[tuple[bytes, int]]
"""What is shown of each buffer, and how long it is."""


def connection_of(state: State, row: Row, file: OpenFile) -> Connection:
    """Return the connection that a file is; with what its annotations have told since."""
    fd = state.descriptors.number(row)
    connection = state.connect(row, -1 if fd is None else fd, file)
    connection.client = connection.client or file.peer
    connection.local = connection.local or file.local
    connection.listen = connection.listen or file.local
    return connection


def asked(state: State, row: Row, connection: Connection, pieces: Pieces) -> None:
    """Look for request heads in what was read.

    Once the server has said its last although there were more requests, it only reads what is still coming.
    """
    care = state.service.cares.get(connection)
    if care is not None and care.shut and connection.unanswered:
        return
    if connection.began is None:
        connection.began = row
    heads: list[Head] = []
    for data, size in pieces:
        heads += connection.reader.feed(data, size)
    if heads and connection.current is not None:
        state.work.over(connection.current)
    for head in heads:
        _add(state, Request(connection, len(connection.requests) + 1, head, connection.began, row, row.tid))
    connection.ready_ns = None
    if not connection.reader.pending:
        connection.began = None
    if not heads and not connection.reader.pending and connection.unanswered:
        _goes_on(connection.unanswered[-1], row)
    if connection.unanswered:
        state.work.use(row.tid, connection.unanswered[0])


def _add(state: State, request: Request) -> None:
    """Enter a new request."""
    connection = request.connection
    request.ready_ns = connection.ready_ns
    request.handed = _handed(state, request)
    connection.requests.append(request)
    connection.unanswered.append(request)
    state.requests.append(request)
    state.work.begin(request, state.descriptors.process(request.row))


def _handed(state: State, request: Request) -> tuple[Row, Row] | None:
    """Return the wake by which a connection came to the thread that reads a request, as far as it is shown.

    A thread that goes on with a connection has it from before, unless it gave it to an epoll set meanwhile.
    """
    service, requests = state.service, request.connection.requests
    care, task = service.cares.get(request.connection), service.living.get(request.row.tid)
    if care is None or task is None:
        return None
    found, before = care.wakes(task), requests[-1] if requests else None
    if before is None:
        return found or (care.handed if next(iter(care.readers), None) is task else None)
    if found is not None and found[0].seq > before.row.seq and (care.added or before.row.tid != task.tid):
        return found
    return before.handed if before.row.tid == task.tid else None


def _goes_on(request: Request, row: Row) -> None:
    """More of a request whose head the trace cut: who reads on is who serves it."""
    if request.head.cut and request.answered is None:
        request.row, request.serve_tid = row, row.tid


def answered(state: State, row: Row, connection: Connection, pieces: Pieces) -> None:
    """Give what was written to the requests that it answers."""
    begins = bool(pieces) and status_of(*pieces[0]) is not None
    if begins and not connection.unanswered and connection.reader.pending:
        _answered_early(state, row, connection)
    elif begins and _answers_hidden(connection):
        _add(state, _hidden(connection, row))
    methods = [request.head.line.partition(b" ")[0] for request in connection.unanswered]
    for part in connection.writer.feed(pieces, methods):
        if part.begins is not None:
            _begin_response(state, connection, row, part.begins)
        request = connection.current or (connection.unanswered[0] if connection.unanswered else None)
        if request is None:
            continue
        request.sent += part.size
        request.last = row
        request.writers.add(row.tid if row.tid is not None else 0)
        state.work.use(row.tid, request)
    current = connection.current
    if current is not None and current.answered is not None and connection.writer.done:
        state.work.over(current)


def _answered_early(state: State, row: Row, connection: Connection) -> None:
    """Enter the request whose head has no end: too long, too slow, or no HTTP at all."""
    began = connection.began or row
    head = connection.reader.give_up()
    _add(state, Request(connection, len(connection.requests) + 1, head, began, began, row.tid))
    connection.began = None


def _answers_hidden(connection: Connection) -> bool:
    """Tell whether a write answers a pipelined request that strace cut away (-s).

    A status line alone is no proof: it could stand in a file. But nobody looks another file up
    in the middle of a response.
    """
    last = connection.current
    return not connection.unanswered and last is not None and last.head.cut and bool(_since(last))


def _since(request: Request) -> list[Name]:
    """Return the names that were looked up after the last write of a response."""
    written = request.last.seq if request.last else -1
    return [name for name in request.names if name.row.seq > written]


def _hidden(connection: Connection, row: Row) -> Request:
    """Return the request behind a response that answers none of those seen."""
    last = connection.current
    assert last is not None
    head = Head(b"", cut=True, line_cut=True)
    request = Request(connection, len(connection.requests) + 1, head, last.began, last.row, row.tid)
    request.names = _since(last)
    last.names = last.names[: len(last.names) - len(request.names)]
    return request


def _begin_response(state: State, connection: Connection, row: Row, status: int) -> None:
    """A status line: the first request that waits is answered, unless more is announced (1xx)."""
    request = connection.unanswered[0]
    connection.current = request
    connection.is_socket = True
    connection.reader.answered = True
    if status == SWITCHED or (request.head.line.startswith(b"CONNECT ") and UNKNOWN < status < 300):
        connection.reader.opaque = True
    if is_final(status):
        connection.unanswered.popleft()
        request.status = status if status != UNKNOWN else None
        request.answered = row
        if _is_behind(request):
            request.serve_tid = row.tid
        state.work.answered(request)


def _is_behind(request: Request) -> bool:
    """Tell whether a request was read in one with another before it: then who answers it serves it."""
    before = request.connection.requests[request.nth - 2] if request.nth > 1 else None
    return before is not None and before.row is request.row
