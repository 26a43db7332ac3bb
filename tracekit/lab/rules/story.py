"""What an event shows by what stands around it: its request, its connection, the other signals."""

import re
from collections.abc import Sequence
from typing import Final

from tracekit.lab.evidence import Call, Evidence
from tracekit.lab.rules import calls
from tracekit.lab.traces import Trace

ENOUGH: Final = 200_000
"""Lines that are looked through backwards for a request."""


def mentions(evidence: Evidence, trace: Trace, text: str) -> list[Call]:
    """Return the events whose lines have a text in them, in their order."""
    found: list[Call] = []
    for number, line in enumerate(trace.lines(), start=1):
        if text and text in line:
            call = evidence.call(number)
            if call is not None and call not in found[-1:]:
                found.append(call)
    return found


def request_before(evidence: Evidence, trace: Trace, call: Call) -> str:
    """Return the target of the last request that the same thread read before; empty when there is none."""
    own = re.compile(rf"\s*(?:\[pid +)?{call.tid}\b")
    for number in range(call.line - 1, max(0, call.line - ENOUGH), -1):
        line = trace.line(number)
        if "HTTP/" in line and own.match(line):
            read = evidence.call(number)
            if read is not None and calls.request(read):
                return calls.target(read)
    return ""


def one_connection(lines: Sequence[Call]) -> tuple[Call, Call]:
    """Return the accept and the read of a request among two lines; fail unless both are of one connection."""
    assert len(lines) == 2, "two lines are wanted: the accept, and the read of the connection's first request"
    accept, read = sorted(lines, key=lambda call: not calls.accepts(call))
    assert calls.accepts(accept), f"line {accept.line}: {calls.why_no_accept(accept)}"
    assert calls.request(read), f"line {read.line}: {calls.why_no_request(read)}"
    assert all(call.peer for call in lines), (
        "the trace does not name the peers of connections: trace with -yy"
    )
    assert accept.peer == read.peer, (
        "these are two connections: compare the clients' ports; numbers of descriptors are used again"
    )
    assert accept.line < read.line, "the request is read before the connection is accepted: two with one port"
    return accept, read


def kept_alive(evidence: Evidence, trace: Trace, call: Call) -> int:
    """Return the thread that served a connection before an event in which its next request is waited for.

    Fails unless the event is a wait, or a handing back, that follows a request and precedes the end of the
    connection: after shutdown(2) the rest is lingering, in which no request is expected.
    """
    assert calls.waits(call) or calls.hands_back(call), (
        f"line {call.line}: neither a wait for one descriptor nor its handing over to an epoll set"
    )
    assert call.peer, f"line {call.line}: this descriptor is no connection to a client"
    reader = 0
    for other in mentions(evidence, trace, call.peer):
        if other.line >= call.line:
            break
        if calls.accepts(other) or other.name == "shutdown":
            reader = 0
        elif calls.request(other):
            reader = other.tid
    assert reader, f"line {call.line}: no request was read on this connection before, or it is being closed"
    return reader


def signals(evidence: Evidence, trace: Trace) -> list[Call]:
    """Return the signals of a trace."""
    return [call for call in mentions(evidence, trace, "--- SIG") if call.kind == "signal"]


def takers_and_readers(evidence: Evidence, trace: Trace) -> tuple[set[int], set[int]]:
    """Return the threads that accept connections, and those that read requests."""
    takers = {call.tid for call in mentions(evidence, trace, "accept") if calls.accepts(call)}
    readers = {call.tid for call in mentions(evidence, trace, "HTTP/") if calls.request(call)}
    return takers, readers
