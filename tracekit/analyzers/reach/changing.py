"""Files that were changed and programs that were run while a request was worked on."""

import re
from collections.abc import Iterator
from typing import Final

from tracekit.analyzers.http.traversal import only_query_names, path_names
from tracekit.analyzers.reach.finding import EXEC, WRITE, Finding, finding
from tracekit.analyzers.reach.places import Places
from tracekit.analyzers.roots.kinds import LOG, kind_of
from tracekit.analyzers.state.changes import RUN
from tracekit.analyzers.state.connections import Request
from tracekit.analyzers.state.paths import is_in
from tracekit.analyzers.state.state import Opening, State
from tracekit.events import Row

MAKING: Final = frozenset({"O_CREAT", "O_TRUNC"})
MADE: Final = ("made", "written")
REMOVED: Final = "removed"
SAID: Final = {
    RUN: "a program was run",
    "mode set": "a file's mode was set",
    "owner set": "a file's owner was set",
    "times set": "a file's times were set",
    "attributes set": "a file's attributes were set",
}
"""What was done in words, where it is not "a file was ..."."""
OWN = re.compile(
    r"/(dev|proc|sys)(/|$)"
    r"|/(tmp|run|var/tmp|var/run|var/lock|var/cache)(/|$)"  # hier(7): temporary, or made anew at will
    r"|/var/lib/(nginx|apache2|httpd|lighttpd)/"  # bodies of requests, as distributions set it up
    r"|.*/__pycache__/"
)
"""Where servers write on their own account: bodies of requests, caches, locks, compiled code."""


def changed(state: State, places: Places) -> Iterator[Finding]:
    """Yield what was written, made, renamed or removed, and what was run, each once a request."""
    deeds = sorted(_deeds(state), key=lambda deed: deed[3].seq)
    made = {(id(request), path) for request, path, what, _ in deeds if what in MADE}
    removed = {(id(request), path) for request, path, what, _ in deeds if what == REMOVED}
    passing = made & removed
    seen = set[tuple[int, str, str]]()
    for request, path, what, row in deeds:
        if not request.id or not _meanwhile(request, row) or (request.id, path, what) in seen:
            continue
        own = _is_own(path, places) or (id(request), path) in passing
        if what != RUN and (kind_of(path) == LOG or (own and not _is_asked(request, path))):
            continue
        seen.add((request.id, path, what))
        kind = EXEC if what == RUN else WRITE
        yield finding(kind, request, path, SAID.get(what, f"a file was {what}"), [row])


def _is_asked(request: Request, path: str) -> bool:
    target = request.target.target or ""
    return path_names(target, path) or only_query_names(target, path)


def _deeds(state: State) -> Iterator[tuple[Request, str, str, Row]]:
    """Yield what was done to each file for which request."""
    for opening in state.openings:
        if opening.request is not None and opening.file is not None and (what := _opened_to(opening)):
            yield opening.request, opening.path, what, opening.row
    for change in state.changes:
        if change.request is not None and change.done:
            yield change.request, change.path, change.verb, change.row


def _opened_to(opening: Opening) -> str:
    """Return what became of a file by an open; empty when it was only read, or is a log."""
    writable = opening.flags & {"O_WRONLY", "O_RDWR"} and "O_TMPFILE" not in opening.flags
    if not writable or kind_of(opening.path, opening.flags) == LOG or opening.file is None:
        return ""
    if opening.file.bytes_written:
        return "written"
    return "made" if opening.flags & MAKING else ""


def _meanwhile(request: Request, row: Row) -> bool:
    """Tell whether a thread did something before it had answered a request to its end."""
    last, closed = request.last, request.connection.closed
    if last is None:
        return closed is None or row.seq <= closed.seq
    return row.tid != last.tid or row.seq <= last.seq


def _is_own(path: str, places: Places) -> bool:
    """Tell whether a server writes to a path on its own account; not where it serves from."""
    return OWN.match(path) is not None and not is_in(path, places.roots)
