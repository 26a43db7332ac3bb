"""What corroborates a candidate beyond paths that end like targets; none of it is enough without one.

httpd and lighttpd check at their start that the document root is a folder (core.c: set_document_root);
http.server and busybox work in it and open names relative to it; httpd looks for ``.htaccess`` in each
folder from where AllowOverride begins (request.c: ap_directory_walk); and what is not there is looked for
where it would be.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from tracekit.analyzers.roots.candidates import Asked, Candidate, Support
from tracekit.analyzers.roots.mapping import SERVED, Match
from tracekit.events import Row

RELATIVE = re.compile(r'(?:AT_FDCWD(?:<[^"]*>)?, )?"(?:\./)*((?!/)[^"]+)"')
"""The arguments of a call whose name begins in the working directory."""
HTACCESS = "/.htaccess"


def support(candidates: Iterable[Candidate], asked: Iterable[Asked], checked: Mapping[str, Row]) -> None:
    """Note what else speaks for each of the candidates.

    Args:
        candidates: the folders.
        asked: the requests of their listener and host.
        checked: the folders that the server looked up before it had a request.
    """
    looked: dict[str, dict[str, Support]] = defaultdict(dict)
    for folder, found in _beside(asked):
        looked[folder].setdefault(found.kind, found)
    for candidate in candidates:
        own = [*_relative(candidate), *_checked(candidate, checked)]
        candidate.supports = {one.kind: one for one in own} | looked.get(candidate.path, {})


def _relative(candidate: Candidate) -> Iterator[Support]:
    for match in candidate.matches:
        if match.name.opened and _is_relative(match):
            yield Support(
                "relative", "the names are relative to it, as the working directory", match.name.row
            )
            return


def _is_relative(match: Match) -> bool:
    """Tell whether a name begins in the working directory, and that is the root."""
    given = RELATIVE.match(match.name.row.args or "")
    below = match.name.path.removeprefix(match.root).strip("/")
    return given is not None and bool(below) and given[1].rstrip("/").count("/") == below.count("/")


def _checked(candidate: Candidate, checked: Mapping[str, Row]) -> Iterator[Support]:
    row = checked.get(candidate.path)
    if row is not None and candidate.path != "/":
        yield Support("checked", "the server looked it up as a folder before it was asked for anything", row)


def _beside(asked: Iterable[Asked]) -> Iterator[tuple[str, Support]]:
    """Find the folders in which .htaccess was looked for first, or a target was missed."""
    for request, target, _ in asked:
        first = next((name for name in request.names if name.path.endswith(HTACCESS)), None)
        if first is not None and first.path != HTACCESS:
            text = ".htaccess was looked for in it first"
            yield first.path.removesuffix(HTACCESS), Support("htaccess", text, first.row)
        if request.status is None or request.status in SERVED or not target.complete:
            continue
        wanted = target.path or "/"
        missed = [name for name in request.names if name.path.endswith(wanted)]
        in_one = len({name.path for name in missed}) == 1
        if in_one and missed[0].kind == "missing" and wanted.count("/") == 1 and wanted != "/":
            found = Support("missed", "what is not there was looked for in it", missed[0].row)
            yield missed[0].path.removesuffix(wanted) or "/", found
