"""Where requests may be served from: the document roots and the aliases that honest requests bear out."""

from collections.abc import Iterable
from dataclasses import dataclass

from tracekit.analyzers.docroot import DocrootAnswer
from tracekit.analyzers.http.traversal import forms, only_query_names
from tracekit.analyzers.roots.beside import openings
from tracekit.analyzers.roots.candidates import Candidate
from tracekit.analyzers.roots.kinds import MACHINERY, kind_of
from tracekit.analyzers.roots.mapping import fits, is_beside, is_open, moved
from tracekit.analyzers.roots.sites import Site, Sites
from tracekit.analyzers.state.connections import Name, Request
from tracekit.analyzers.state.paths import is_in, joined
from tracekit.analyzers.state.state import State

Open = tuple[str | None, str | None]
"""A host and a listener; None where one is not shown, and so may be any."""
SENT = range(200, 300)
"""Statuses of responses that are made of the file that was asked for."""


@dataclass(frozen=True, slots=True)
class Places:
    """Folders and files that requests may be served from.

    Attributes:
        roots: the document roots, as the server names them.
        real: the same by all names that the kernel has for them, and what follows.
        others: what aliases and rewrites lead to.
        open: the hosts and listeners for which no root is known.
    """

    roots: frozenset[str]
    real: frozenset[str]
    others: frozenset[str]
    open: frozenset[Open]

    def known(self, request: Request) -> bool:
        """Tell whether the roots of the host that a request is for are known."""
        site = ((None, request.target.site), (None, request.connection.listen))
        return bool(self.roots) and not any(
            host in site[0] and listen in site[1] for host, listen in self.open
        )

    def allow(self, path: str) -> bool:
        """Tell whether a path lies in one of them."""
        return is_in(path, self.roots | self.others)

    def really_allow(self, path: str) -> bool:
        """Tell the same of the name that a file has where no link is followed any more."""
        return is_in(path, self.real | self.others)


def places(state: State, answer: DocrootAnswer) -> Places:
    """Return what a trace shows requests to be served from.

    What requests reach by dots in their targets, or by naming it in the query, makes no root or alias.
    """
    plain = [request for request in state.requests if not forms(request.target.target or "")]
    taken = [
        (name.path, request.target.path or "/")
        for request in plain
        for name in request.names
        if is_open(name) and name.file is not None
        and not only_query_names(request.target.target or "", name.path)
    ]  # fmt: skip
    found, known = _without_dots(plain) if len(plain) < len(state.requests) else (set(), set())
    roots = {(root.named, path) for root in answer.docroots for path in (root.path, root.real_path)}
    roots = found | {pair for pair in roots if any(_is_root_of(pair[0], *one) for one in taken)}
    honest = {named for named, _ in roots}
    files = {path for path, _ in taken if not is_in(path, honest)}
    others = {alias.path for alias in answer.aliases if alias.url != alias.path}
    others |= {rewrite.path for rewrite in answer.rewrites}
    return Places(
        roots=frozenset(honest),
        real=frozenset(path for pair in roots for path in pair if path),
        others=frozenset(path for path in others if any(is_in(file, [path]) for file in files)),
        open=frozenset((one.host, one.listen) for one in answer.undetermined) - known,
    )


def _without_dots(requests: Iterable[Request]) -> tuple[set[tuple[str, str | None]], set[Open]]:
    """Return the roots that requests without dots bear out, with their other names; and whose they are."""
    asked = [(request, request.target) for request in requests if request.target.path is not None]
    sites = Sites(asked, openings(asked), {})
    found: dict[Site, list[Candidate]] = {}
    for site in sites.ordered():
        found[site] = sites.roots(site, found)
    roots = [root for group in found.values() for root in group]
    pairs = {(root.path, path) for root in roots for path in (root.outer_path, root.real_path)}
    return pairs, {(site.host, site.listen) for site, group in found.items() if group}


def _is_root_of(root: str, path: str, target: str) -> bool:
    """Tell whether a file lies below a root where its target says; a folder's target has its index."""
    place = joined(root, target)
    return path == place or path.rpartition("/")[0] == place or path.startswith(place)


def sent(request: Request) -> list[Name]:
    """Return the files that were opened for a request and whose bytes can be its response.

    What a server reads on its own account (configuration, libraries) counts by its size alone.
    """
    if request.status is not None and request.status not in SENT:
        return []
    found = {
        name.path: name
        for name in request.names
        if is_open(name) and moved(name) and name.path.startswith("/") and not is_beside(name)
        and (fits(request, name) or (request.status is not None and kind_of(name.path) not in MACHINERY))
    }  # fmt: skip
    return list(found.values())
