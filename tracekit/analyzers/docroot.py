"""Where is the document root?

Rule: the path of a served file minus the target that it was served for, the same
over several targets. One Alias can account for all targets that begin with the
same folder, so only targets that differ in it count as independent; a folder that
was looked up for ``/`` is the root itself; and one target is enough where the
server had named that folder before anything was asked for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from tracekit.analyzers.answer import FOUND, UNDETERMINED, Evidence, Judged, counted
from tracekit.analyzers.kept import kept
from tracekit.analyzers.questions import DOCROOT
from tracekit.analyzers.roots.aliases import Alias, find_aliases
from tracekit.analyzers.roots.beside import Openings, Rewrite, openings
from tracekit.analyzers.roots.candidates import Asked, Candidate
from tracekit.analyzers.roots.mapping import Match
from tracekit.analyzers.roots.sites import Site, Sites
from tracekit.analyzers.roots.unknown import not_shown, passes_on, why
from tracekit.analyzers.state.connections import Request
from tracekit.analyzers.state.observe import observe
from tracekit.analyzers.state.state import State
from tracekit.events import Row, Trace, without_collection


@dataclass(frozen=True, slots=True)
class Root:
    """One document root.

    Attributes:
        path: as the server names it, without a slash at its end; in a chroot, as seen from outside.
        named: as the server names it, also in a chroot.
        real_path: the kernel's name for it, where links lead to another one; None without -y.
        host: the host that was asked for, without its port; None for requests that name none, or
            whose Host field the trace does not show.
        listen: address of the listener; None when the trace does not show it.
        requests: how many requests bear it out.
        confidence: 1 - 2^-n for n independent facts (targets, the root as a folder, other support).
        reason: what it rests on.
        evidence: for up to three targets, the read of the request and the look-up of the file.
    """

    path: str
    named: str
    real_path: str | None
    host: str | None
    listen: str | None
    requests: int
    confidence: float
    reason: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Open:
    """A listener and host for which no root can be told, and why."""

    host: str | None
    listen: str | None
    requests: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocrootAnswer(Judged):
    """The document roots, one a listener and host; what is served from elsewhere; what stays open."""

    name: ClassVar[str] = DOCROOT.name
    reason: str
    docroots: tuple[Root, ...]
    aliases: tuple[Alias, ...]
    rewrites: tuple[Rewrite, ...]
    undetermined: tuple[Open, ...]


class Docroot:
    """Finds the document root of every listener and host."""

    name: ClassVar[str] = DOCROOT.name
    question: ClassVar[str] = DOCROOT.question
    needs: ClassVar[frozenset[str]] = DOCROOT.needs

    @without_collection()
    def answer(self, trace: Trace) -> DocrootAnswer:
        """Answer from the requests of a trace and the files looked up for them."""
        return _known(trace)[0]


def matches_of(trace: Trace) -> Mapping[Request, list[Match]]:
    """Return every way to read each request for a path as a file below a root."""
    return _known(trace)[1]


@kept
def _known(trace: Trace) -> tuple[DocrootAnswer, Mapping[Request, list[Match]]]:
    """Return the answer, and every way to read each request for a path: other answers are made of both."""
    state = observe(trace)
    asked = [(request, request.target) for request in state.requests if request.target.path is not None]
    opened = openings(asked)
    sites = Sites(asked, opened, _checked(state))
    found: dict[Site, list[Candidate]] = {}
    paths: set[str] = set()
    still_open: list[Open] = []
    for site in sites.ordered():
        found[site] = sites.roots(site, found)
        paths.update(root.path for root in found[site])
        if not found[site] and not _explained(site, sites, paths):
            left = _unexplained(sites.groups[site], paths) or sites.groups[site]
            reason = why(left, opens=bool(state.openings), passes=passes_on(state, trace))
            still_open.append(Open(site.host, site.listen, len(sites.groups[site]), reason))
    roots = tuple(_root_of(site, root) for site in found for root in found[site])
    said = [_summary(roots, still_open), "" if roots else not_shown(state, trace), state.encrypted]
    answer = DocrootAnswer(
        verdict=FOUND if roots else UNDETERMINED,
        reason="; ".join(filter(None, said)),
        docroots=roots,
        aliases=_aliases(sites, found, paths, opened),
        rewrites=opened.rewrites(),
        undetermined=tuple(still_open),
        trace=trace.summary(),
    )
    return answer, sites.matches


def _checked(state: State) -> dict[str, Row]:
    """Return the folders that were asked about before there was a request, and not looked into.

    Who looks into a folder searches it for programs (python's finders), and serves nothing from it yet.
    """
    listed = {opening.path for opening in state.openings if "O_DIRECTORY" in opening.flags}
    return {path: row for path, row in state.checked.items() if path not in listed}


def _root_of(site: Site, candidate: Candidate) -> Root:
    return Root(
        path=candidate.outer_path,
        named=candidate.path,
        real_path=candidate.real_path,
        host=site.host,
        listen=site.listen,
        requests=len(candidate.requests),
        confidence=candidate.confidence,
        reason=candidate.reason,
        evidence=candidate.evidence(),
    )


def _aliases(
    sites: Sites, found: dict[Site, list[Candidate]], paths: set[str], opened: Openings
) -> tuple[Alias, ...]:
    """Return what is served from elsewhere than from below a root that was found."""
    left = [
        (one.request, one.target)
        for site, asked in sites.groups.items()
        for one in _unexplained(asked, paths)
        if (site.known and found[site]) or not _may_be_of_another_root(site, one, sites)
    ]
    rest = {id(request) for request, _ in left}
    plain = [
        one.target.path or "/"
        for asked in sites.groups.values()
        for one in asked
        if one.matches and id(one.request) not in rest
    ]
    return find_aliases(left, plain, paths, opened)


def _unexplained(asked: Iterable[Asked], paths: set[str]) -> list[Asked]:
    """Return the requests whose file lies below no root that was found."""
    return [one for one in asked if not any(match.root in paths for match in one.matches)]


def _may_be_of_another_root(site: Site, one: Asked, sites: Sites) -> bool:
    """Tell whether a file lies where its target says, below a root that is not known.

    Among requests whose host is not shown a single folder of another host's is less likely than an Alias.
    """
    if site.known or (one.target.path or "").count("/") == 1:
        return bool(one.matches)
    fitting = [sites.fitting[site][match.root] for match in one.matches]
    return any(candidate.at_top or len(candidate.pieces) > 1 for candidate in fitting)


def _explained(site: Site, sites: Sites, paths: set[str]) -> bool:
    """Tell whether requests without a shown host all belong to the roots of others.

    Where dots in a target lead to a file, nobody knows from which root.
    """
    left = _unexplained(sites.groups[site], paths)
    unclear = any(one.matches or sites.by_dots(one, paths) for one in left)
    return not site.known and bool(paths) and not unclear


def _summary(roots: tuple[Root, ...], still_open: list[Open]) -> str:
    """Return the verdict's reason in one sentence."""
    if not roots:
        return "; ".join(sorted({one.reason for one in still_open}))
    many = f"file paths minus request targets give one root each for {len(roots)} listeners and hosts"
    told = many if len(roots) > 1 else roots[0].reason
    rest = f"; {counted(len(still_open), 'more stays open', 'more stay open')}" if still_open else ""
    return told + rest
