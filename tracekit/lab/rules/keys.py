"""What the key says, in the terms of the questions."""

from collections.abc import Sequence

from tracekit.lab.answers import Row
from tracekit.lab.truth import Coverage, Crash, Process, Request, Scaling, Truth


def main_pid(key: Truth) -> int:
    """Return the pid of the process that creates the workers."""
    workers = key.workers()
    named = [process.pid for process in key.processes if process.role == "main"]
    return named[0] if named else workers[0].ppid


def ids(key: Truth) -> set[int]:
    """Return every pid and tid of the server and of what runs beside it."""
    return {thread.tid for process in key.processes for thread in process.threads} | {
        process.pid for process in key.processes
    }


def process_of(key: Truth, tid: int | None) -> Process | None:
    """Return the worker process that a thread belongs to."""
    for process in key.workers():
        if any(thread.tid == tid for thread in process.threads):
            return process
    return None


def threads_of_a_worker(key: Truth) -> int:
    """Return how many threads a worker process has while it serves."""
    settled = (sum(thread.role != "starter" for thread in process.threads) for process in key.workers())
    return max(settled, default=0)


def may_accept(key: Truth) -> set[int]:
    """Return the threads whose part it is to accept: the listeners; with prefork every worker process."""
    threads = [thread for process in key.workers() for thread in process.threads]
    if key.mpm == "prefork":
        return {thread.tid for thread in threads}
    return {thread.tid for thread in threads if thread.role == "listener"}


def acceptor(key: Truth, request: Request) -> int | None:
    """Return the thread that accepted a request's connection.

    Where nobody wrote it down it is the listener of the process that served: neither connections nor
    requests change the process.
    """
    if request.accept_tid is not None:
        return request.accept_tid
    process = key.process(request.pid)
    mine = may_accept(key) & {thread.tid for thread in process.threads} if process else set()
    return mine.pop() if len(mine) == 1 else None


def acceptors(key: Truth) -> set[int]:
    """Return the threads that accepted the connections of the requests."""
    return {tid for tid in (acceptor(key, request) for request in key.requests) if tid is not None}


def requests(key: Truth, target: str) -> list[Request]:
    """Return the requests of a target."""
    return [request for request in key.requests if request.target == target]


def of_connection(key: Truth, peer: str) -> list[Request]:
    """Return the requests of a connection.

    Args:
        key: the key.
        peer: both ends as a descriptor has them in the trace, ``[local->client]``.
    """
    return [request for request in key.requests if peer.endswith(f"->{request.client}]")]


def best(row: Row, candidates: Sequence[Request], key: Truth) -> Request | None:
    """Return the request that a row of answers fits best, of several for the same target."""

    def hits(request: Request) -> int:
        served, accepted, process = request.tid, acceptor(key, request), request.pid
        return 2 * int(row.serve_tid == served) + int(row.accept_tid == accepted) + int(row.pid == process)

    return max(candidates, key=hits, default=None)


def scaling(key: Truth) -> Scaling:
    """Return how the server grew; fail where nobody made it grow."""
    assert key.scaling is not None, "the server was under no load"
    return key.scaling


def crash(key: Truth) -> Crash:
    """Return what is known of the crash; fail where there was none."""
    assert key.crash is not None, "nothing has crashed"
    return key.crash


def coverage(key: Truth) -> Coverage:
    """Return what is known of who was traced; fail where a complete trace was to be made, and was not."""
    assert key.coverage is not None, "no trace covers the whole server: some thread lived and was not traced"
    return key.coverage
