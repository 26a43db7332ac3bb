"""Files that are opened whatever was asked for: no sign of a root when a target happens to end like one.

A client may ask for ``/etc/passwd`` just when the server opens that file for itself, and a site that
answers every target with its start page opens that one each time.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from tracekit.analyzers.answer import EVIDENCE_LIMIT, Evidence, evidence
from tracekit.analyzers.http.targets import Target
from tracekit.analyzers.http.traversal import forms
from tracekit.analyzers.roots.kinds import MACHINERY, kind_of
from tracekit.analyzers.roots.mapping import document, fits, is_open, is_served, moved
from tracekit.analyzers.state.connections import Name, Request


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Many targets that were answered with one file.

    Attributes:
        path: the file.
        targets: up to three of the targets, as decoded.
        requests: how many requests were answered so.
    """

    path: str
    targets: tuple[str, ...]
    requests: int
    evidence: tuple[Evidence, ...]


@dataclass(slots=True)
class Openings:
    """For which targets each file was opened that does not lie where they say."""

    foreign: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    answered: dict[str, list[tuple[Request, Target, Name]]] = field(default_factory=lambda: defaultdict(list))

    def anyway(self, path: str) -> bool:
        """Tell whether a file was opened for a target that says nothing of it."""
        return path in self.foreign

    def rewrites(self) -> tuple[Rewrite, ...]:
        """Return the files that answered two targets or more that say nothing of them."""
        found = []
        for path, uses in sorted(self.answered.items()):
            targets = tuple(dict.fromkeys(target.path or "" for _, target, _ in uses))
            if len(targets) > 1:
                rows = [row for request, _, name in uses[:EVIDENCE_LIMIT] for row in (request.row, name.row)]
                proof = tuple(evidence(row) for row in rows)
                found.append(Rewrite(path, targets[:EVIDENCE_LIMIT], len(uses), proof))
        return tuple(found)


def openings(asked: Iterable[tuple[Request, Target]]) -> Openings:
    """Go through all requests once; targets with dots in them lead to files that they do not name."""
    found = Openings()
    for request, target in asked:
        if target.path is None or forms(target.target or ""):
            continue
        for name in request.names:
            if name.opened and name.file is not None and not lies_at(name.path, target):
                found.foreign[name.path].add(target.path)
        served = document(request) if is_served(request) and target.complete else None
        if served is not None and moved(served) and fits(request, served) and _is_page(served, target):
            found.answered[served.path].append((request, target, served))
    return found


def _is_page(name: Name, target: Target) -> bool:
    """Tell whether a file is one to show that the target does not name: not even its last segment."""
    last = (target.path or "/").rpartition("/")[2]
    same = name.path.rpartition("/")[2] == last
    return not same and not target.folder and kind_of(name.path) not in MACHINERY and is_open(name)


def lies_at(path: str, target: Target) -> bool:
    """Tell whether a file lies where a target says, below whatever root: it, or in it."""
    wanted = target.path or "/"
    if not target.complete:
        return wanted in path
    return path.endswith(wanted) or (path.rpartition("/")[0] or "/").endswith(wanted.rstrip("/"))
