"""Why no root can be told for a listener and host: the most particular reason that holds."""

from collections.abc import Sequence

from tracekit.analyzers.gaps.find import gaps
from tracekit.analyzers.gaps.gap import MISSING
from tracekit.analyzers.gaps.select import called
from tracekit.analyzers.http.traversal import forms
from tracekit.analyzers.models.unseen import what_is_missing
from tracekit.analyzers.questions import DOCROOT
from tracekit.analyzers.roots.candidates import Asked, Candidate, candidates
from tracekit.analyzers.roots.kinds import MACHINERY, kind_of
from tracekit.analyzers.roots.mapping import document, is_open, is_served
from tracekit.analyzers.serving.unserved import why_none
from tracekit.analyzers.state.connections import Request
from tracekit.analyzers.state.state import State
from tracekit.events import Trace
from tracekit.syscalls.families import names_of

NOT_TRACED = "such calls were not traced, or the threads that made them were not"
NO_REQUEST = "the trace shows no request for a path"
PASSED_ON = (
    "no file is opened for a request, and who serves connects to another server: "
    "what it answers may be from there"
)
ERRORS = "no request was answered with a file: what errors looked for proves nothing"
DOTS = "targets with dots in them prove nothing: what they reach lies where their client says"
CONNECTS = names_of("connect")
RELATIVE = "names are relative to a working directory that the trace does not show"
TEXTS = "strings"
"""The kind of gap that cut texts are."""


def not_shown(state: State, trace: Trace) -> str:
    """Return what the trace lacks that a root is told by; empty when nothing is known to be missing."""
    missing = [gap.what for gap in gaps(trace) if gap.loss == MISSING and DOCROOT.name in gap.effect]
    if any(request.target.path is not None for request in state.requests):
        return "; ".join(missing)
    if not state.requests:
        return f"{NO_REQUEST}: {why_none(state, trace)}"
    cut = [gap.what for gap in gaps(trace) if gap.kind == TEXTS and state.connections]
    told = missing or cut or [what_is_missing(state.service, trace).reason]
    return f"{NO_REQUEST}: {'; '.join(told)}"


def passes_on(state: State, trace: Trace) -> bool:
    """Tell whether processes that serve requests connect to other servers, but to DNS."""
    serving = {request.row.pid for request in state.requests}
    return any(
        row.pid in serving and "sa_family=AF_INET" in (row.args or "") and "htons(53)" not in (row.args or "")
        for row in called(trace, CONNECTS)
        if row.ret == 0 or row.errno == "EINPROGRESS"
    )


def why(asked: Sequence[Asked], *, opens: bool, passes: bool = False) -> str:
    """Return why no root can be told.

    Args:
        asked: the requests of the listener and host, with the roots that each would fit.
        opens: whether the trace shows any call that opens a file.
        passes: whether who serves connects to other servers (see `passes_on`).
    """
    fitting = list(candidates(asked).values())
    if not fitting:
        return _why_nothing_fits(asked, opens, passes)
    if not any(candidate.opened for candidate in fitting):
        return "no file was opened, names were only asked about"
    qualified = sorted(candidate.path for candidate in fitting if candidate.qualifies)
    if len(qualified) > 1:
        return f"several roots fit equally well: {', '.join(qualified)}"
    if qualified:
        return f"{qualified[0]} fits, but the trace does not show which host was asked for"
    return _why_none_qualifies(asked, fitting)


def _why_nothing_fits(asked: Sequence[Asked], opens: bool, passes: bool) -> str:
    served = [one.request for one in asked if is_served(one.request)]
    if all(forms(request.target.target or "") for request in served):
        return DOTS if served else ERRORS
    named = any(request.names for request in served)
    passed_on = passes and not named
    if passed_on or not opens:
        return PASSED_ON if passed_on else f"the trace shows no call that opens a file: {NOT_TRACED}"
    if not named:
        return "files are opened, but the trace does not show for which request: other tasks do it"
    if any(map(_begins_elsewhere, served)):
        return RELATIVE
    found = [one.path for request in served if (one := document(request))]
    files = {path for path in found if kind_of(path) not in MACHINERY}
    if len(files) == 1 and len({one.target.path for one in asked}) > 1:
        return f"different targets were answered with one file, {files.pop()}: they are rewritten"
    return "no file was opened that lies where a target says"


def _begins_elsewhere(request: Request) -> bool:
    """Tell whether a file was opened for a request by a name that begins in a folder that is not known."""
    names = [name for name in request.names if name.kind != "missing" and is_open(name)]
    return is_served(request) and any(not name.path.startswith("/") for name in names)


def _why_none_qualifies(asked: Sequence[Asked], fitting: Sequence[Candidate]) -> str:
    if any(_begins_elsewhere(one.request) for one in asked):
        return RELATIVE
    if len({target for candidate in fitting for target in candidate.bearers}) == 1:
        return "one target alone proves nothing: it could lie under an Alias"
    best = max(fitting, key=lambda candidate: candidate.rank)
    if best.path == "/":
        return "every name in the system lies below /: that alone makes it no document root"
    if len(best.pieces) > 1:
        return f"each target could lie under an Alias of its own: {best.path} may be no document root"
    return "one Alias could account for every target"
