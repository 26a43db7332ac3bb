"""Where is the document root?

Rule: the path of a served file minus the target that it was served for, the same
over several targets. One Alias can account for all targets that begin with the
same folder, so only targets that differ in it count as independent; and a folder
that was looked up for ``/`` is the root itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar, NamedTuple

from tracekit.analyzers.answer import FOUND, UNDETERMINED, Answer, Evidence
from tracekit.analyzers.http.targets import read_target
from tracekit.analyzers.questions import DOCROOT
from tracekit.analyzers.roots.aliases import Alias, find_aliases
from tracekit.analyzers.roots.candidates import Asked, Candidate, candidates
from tracekit.analyzers.roots.mapping import matches
from tracekit.analyzers.state.connections import Request
from tracekit.analyzers.state.observe import observe
from tracekit.events import Trace


@dataclass(frozen=True, slots=True)
class Root:
    """One document root.

    Attributes:
        path: without a slash at its end.
        host: the host that was asked for, without its port; None for requests that name none, or
            whose Host field the trace does not show.
        listen: address of the listener; None when the trace does not show it.
        requests: how many requests bear it out.
        confidence: 1 - 2^-n for n independent targets; 0.5 at most when each could have an Alias.
        reason: what it rests on.
        evidence: for up to three targets, the read of the request and the look-up of the file.
    """

    path: str
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
class DocrootAnswer(Answer):
    """The document roots, one a listener and host; what is served from elsewhere; what stays open."""

    name: ClassVar[str] = DOCROOT.name
    verdict: str
    reason: str
    docroots: tuple[Root, ...]
    aliases: tuple[Alias, ...]
    undetermined: tuple[Open, ...]

    @property
    def determined(self) -> bool:
        """False when no document root was found."""
        return self.verdict == FOUND


class Site(NamedTuple):
    """A listener, a host on it, and whether the trace shows the host at all.

    A listener whose address is not shown is told from others by its number (``listener``).
    """

    listen: str | None
    listener: int | None
    host: str | None
    known: bool

    def nameless(self) -> "Site":
        """Return the site of this listener's requests whose host is not shown."""
        return self._replace(host=None, known=False)


class Docroot:
    """Finds the document root of every listener and host."""

    name: ClassVar[str] = DOCROOT.name
    question: ClassVar[str] = DOCROOT.question
    needs: ClassVar[frozenset[str]] = DOCROOT.needs

    def answer(self, trace: Trace) -> DocrootAnswer:
        """Answer from the requests of a trace and the files looked up for them."""
        state = observe(trace)
        groups = _by_site(state.requests)
        by_site: dict[Site, list[Root]] = {}
        roots: list[Root] = []
        still_open: list[Open] = []
        for site, asked in sorted(groups.items(), key=lambda item: (not item[0].known, str(item[0]))):
            by_site[site] = list(_roots(site, groups, by_site))
            roots = list(chain.from_iterable(by_site.values()))
            if not by_site[site] and not _explained(site, asked, roots):
                still_open.append(Open(site.host, site.listen, len(asked), _why(asked)))
        aliases = find_aliases(
            (one.request, one.target)
            for site, asked in groups.items()
            for one in _unexplained(asked, roots)
            if (site.known and by_site[site]) or not _may_be_of_another_root(site, one)
        )
        return DocrootAnswer(
            verdict=FOUND if roots else UNDETERMINED,
            reason="; ".join(filter(None, (_summary(roots, still_open, groups), state.encrypted))),
            docroots=tuple(roots),
            aliases=aliases,
            undetermined=tuple(still_open),
            trace=trace.summary(),
        )


def _by_site(requests: Iterable[Request]) -> dict[Site, list[Asked]]:
    """Group the requests that name a path by listener and host."""
    groups: dict[Site, list[Asked]] = defaultdict(list)
    for request in requests:
        target = read_target(request.head)
        if target.path is None:
            continue
        known = target.host_known or target.site is not None
        listen = request.connection.listen
        site = Site(listen, request.connection.listener if listen is None else None, target.site, known)
        groups[site].append(Asked(request, target, matches(request, target)))
    return groups


def _roots(site: Site, groups: dict[Site, list[Asked]], found: dict[Site, list[Root]]) -> Iterator[Root]:
    """Yield the root of a host; of requests whose host is not shown, those that stand on their own."""
    nameless = candidates(groups.get(site.nameless(), []))
    fitting = candidates(groups[site]) if site.known else nameless
    ranked = sorted((c for c in fitting.values() if c.qualifies), key=lambda c: c.rank, reverse=True)
    first = ranked[0] if ranked and (len(ranked) == 1 or ranked[0].rank > ranked[1].rank) else None
    if site.known:
        if first:
            first.strengthen(nameless.get(first.path))
            yield _root_of(site, first)
        return
    taken = {root.path for other, roots in found.items() if other.nameless() == site for root in roots}
    for candidate in ranked:
        alone = "/" in candidate.bearers or (candidate is first and candidate.at_top)
        if candidate.path not in taken and alone:
            yield _root_of(site, candidate)


def _root_of(site: Site, candidate: Candidate) -> Root:
    return Root(
        path=candidate.path,
        host=site.host,
        listen=site.listen,
        requests=len(candidate.requests),
        confidence=candidate.confidence,
        reason=candidate.reason,
        evidence=candidate.evidence(),
    )


def _unexplained(asked: list[Asked], roots: list[Root]) -> list[Asked]:
    """Return the requests whose file lies below no root that was found."""
    paths = {root.path for root in roots}
    return [one for one in asked if not any(match.root in paths for match in one.matches)] if paths else []


def _may_be_of_another_root(site: Site, one: Asked) -> bool:
    """Tell whether a file lies where its target says, below a root that is not known.

    Among requests whose host is not shown that counts for files right in that root alone: a folder
    of another host's is less likely than an Alias.
    """
    at_top = one.target.path is not None and one.target.path.count("/") == 1
    return bool(one.matches) and (site.known or at_top)


def _explained(site: Site, asked: list[Asked], roots: list[Root]) -> bool:
    """Tell whether requests without a shown host all belong to the roots of others."""
    return not site.known and bool(roots) and not any(one.matches for one in _unexplained(asked, roots))


def _why(asked: list[Asked]) -> str:
    """Return why no root can be told."""
    fitting = list(candidates(asked).values())
    if not fitting:
        return "no file was opened that lies where a target says"
    if not any(candidate.opened for candidate in fitting):
        return "no file was opened, names were only asked about"
    qualified = [candidate.path for candidate in fitting if candidate.qualifies]
    if qualified:
        return f"several roots fit equally well: {', '.join(sorted(qualified))}"
    if len({target for candidate in fitting for target in candidate.bearers}) == 1:
        return "one target alone proves nothing: it could lie under an Alias"
    return "one Alias could account for every target"


def _summary(roots: list[Root], still_open: list[Open], groups: dict[Site, list[Asked]]) -> str:
    """Return the verdict's reason in one sentence."""
    if not groups:
        return "the trace shows no request for a path"
    if not roots:
        return "; ".join(sorted({one.reason for one in still_open}))
    hosts = f" for {len(roots)} listeners and hosts" if len(roots) > 1 else ""
    rest = f"; {len(still_open)} more stay open" if still_open else ""
    return f"file paths minus request targets agree{hosts}{rest}"
