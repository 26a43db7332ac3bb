"""Files that lie outside of what a server serves, and were sent: by dots, by a query, by a link."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from tracekit.analyzers.http.traversal import (
    AFTER_NAME,
    forms,
    is_attempt,
    only_query_names,
    path_names,
)
from tracekit.analyzers.reach.finding import (
    LINK,
    OUTSIDE,
    TRAVERSAL,
    Finding,
    asking,
    finding,
    of_request,
    quoted,
)
from tracekit.analyzers.reach.places import Places, sent
from tracekit.analyzers.roots.kinds import MACHINERY, is_index, kind_of
from tracekit.analyzers.roots.mapping import fits
from tracekit.analyzers.state.connections import Name, Request
from tracekit.analyzers.state.state import State


def outside(state: State, places: Places) -> Iterator[Finding]:
    """Yield the files that were sent from outside, and the attempts that reached none or some."""
    for request in state.requests:
        target = request.target.target or ""
        names = sent(request)
        elsewhere = [name for name in names if not places.allow(name.path)]
        files = [name for name in elsewhere if _is_asked(request, name)]
        left = [name for name in files if places.known(request) and not _is_mapped(request, name)]
        for name in left:
            what = "a file outside every document root was sent"
            yield finding(OUTSIDE, request, name.path, what, [name.row])
        if forms(target) and (left or is_attempt(target)):
            shown = request.target.complete or not elsewhere
            told = shown and (places.known(request) or not files)
            yield _traversal(request, forms(target), left, told=told)
        yield from _links(request, names, places)


def _is_asked(request: Request, name: Name) -> bool:
    """Tell whether a target asks for a file: by its name; one that is cut, or a folder's, by dots alone."""
    target = request.target.target or ""
    if path_names(target, name.path):
        return True
    if only_query_names(target, name.path):
        return fits(request, name)
    index = request.target.folder and is_index(name.path)
    by_dots = is_attempt(target) and (index or not request.target.complete)
    return by_dots and kind_of(name.path) not in MACHINERY


def _is_mapped(request: Request, name: Name) -> bool:
    """Tell whether a plain target is the end of a file's path, or its name: of a root or an alias not known.

    A path that is the target as a whole is none: the whole file system is no root.
    """
    target, sent_as = request.target.path, request.target.target or ""
    if target is None or is_attempt(sent_as) or AFTER_NAME in forms(sent_as) or name.path == target:
        return False
    return name.path.rpartition("/")[2] == target.rpartition("/")[2]


def _traversal(request: Request, ways: tuple[str, ...], left: list[Name], *, told: bool) -> Finding:
    what = ", ".join(ways)
    if left:
        found = of_request(TRAVERSAL, request, what, (asking(request), quoted(left[0].row)))
        return replace(found, path=left[0].path, severity="high")
    status = f"; answered with {request.status}" if request.status else ""
    found = of_request(TRAVERSAL, request, what + status, (asking(request),))
    return replace(found, reached=False if told else None)


def _links(request: Request, names: Iterable[Name], places: Places) -> Iterator[Finding]:
    """Yield the files whose name lies in a root and which themselves lie elsewhere."""
    if not places.roots:
        return
    for name in names:
        real = name.file.real_path if name.file else None
        if real is None or not real.startswith("/") or not places.allow(name.path):
            continue
        if not places.really_allow(real) and not places.allow(real):
            yield finding(LINK, request, name.path, f"a link leads to {real}", [name.row])
