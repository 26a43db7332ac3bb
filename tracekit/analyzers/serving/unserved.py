"""Why a trace shows no requests, or not all of what happened to connections."""

from collections.abc import Iterator
from typing import Final

from tracekit.analyzers.answer import counted
from tracekit.analyzers.gaps.find import gaps
from tracekit.analyzers.gaps.gap import MISSING
from tracekit.analyzers.gaps.service import connections_missing
from tracekit.analyzers.gaps.texts import unread
from tracekit.analyzers.models.unseen import what_is_missing
from tracekit.analyzers.questions import DISPATCH
from tracekit.analyzers.state.state import State
from tracekit.events import Trace

CUT: Final = '"...'
"""What strace prints behind a string that goes on."""
GAPS: Final = 2
"""Gaps of the trace that a reason names; all of them are in the answer about its coverage."""


def why_none(state: State, trace: Trace) -> str:
    """Return why a trace shows no request."""
    if state.encrypted:
        return state.encrypted
    found = gaps(trace)
    lost = [gap.what for gap in found if gap.loss == MISSING and DISPATCH.name in gap.effect]
    return "; ".join(dict.fromkeys((_why(state, trace), *lost[:GAPS])))


def _why(state: State, trace: Trace) -> str:
    read = [care for care in state.service.cares.values() if care.taker and care.readers]
    if not read or unread(trace) is not None:
        return what_is_missing(state.service, trace).reason
    what = f"{counted(len(read), 'connection')} read from, but nothing in what is shown is a request"
    if not all(CUT in (row.args or "") for care in read for row in care.readers.values()):
        return f"{what} of HTTP"
    cut = next(gap for gap in gaps(trace) if gap.kind == "strings")
    return f"{what}: {cut.what} ({cut.hint})"


def partly_seen(state: State, trace: Trace) -> Iterator[str]:
    """Yield what is to be said of connections of which one end of the way was not traced."""
    asked = {request.connection for request in state.requests}
    cares = [care for care in state.service.cares.values() if care.taker or care.connection in asked]
    if any(care.taker is None or not (care.readers or care.writers) for care in cares):
        yield from (gap.what for gap in connections_missing(trace) if gap.kind == "connections")
