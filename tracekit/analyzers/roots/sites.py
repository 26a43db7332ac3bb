"""Listeners and hosts, and the root of each: what speaks for one is put together, then the best is taken."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from tracekit.analyzers.http.targets import Target
from tracekit.analyzers.http.traversal import forms
from tracekit.analyzers.roots.beside import Openings
from tracekit.analyzers.roots.candidates import Asked, Candidate, candidates
from tracekit.analyzers.roots.mapping import Match, matches
from tracekit.analyzers.roots.supports import support
from tracekit.analyzers.state.connections import Request
from tracekit.events import Row


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


class Sites:
    """The requests of every site, and the folders that may be its root.

    What a target with dots in it reaches lies where its client says: that bears out no root.

    Attributes:
        matches: every way to read each request as a file below a root.
        groups: the requests of each site, with those that count.
        fitting: the folders that may be the root of each site.
        alike: the sites of each host.
    """

    def __init__(
        self, asked: Iterable[tuple[Request, Target]], openings: Openings, checked: Mapping[str, Row]
    ) -> None:
        self.matches: dict[Request, list[Match]] = {}
        self.groups: dict[Site, list[Asked]] = defaultdict(list)
        for request, target in asked:
            self.matches[request] = matches(request, target)
            plain = () if forms(target.target or "") else self.matches[request]
            found = [match for match in plain if _counts(match, target, openings)]
            self.groups[_site(request, target)].append(Asked(request, target, found))
        self.fitting: dict[Site, dict[str, Candidate]] = {}
        for site, group in self.groups.items():
            self.fitting[site] = candidates(group)
            support(self.fitting[site].values(), group, checked)
        self.alike: dict[tuple[str | None, bool], list[Site]] = defaultdict(list)
        for site in self.groups:
            self.alike[site.host, site.known].append(site)

    def by_dots(self, one: Asked, paths: Collection[str]) -> bool:
        """Tell whether dots in a target lead to a file where it says, and below none of some folders."""
        found = self.matches[one.request]
        inside = any(match.root in paths for match in found)
        return bool(found) and not inside and bool(forms(one.target.target or ""))

    def ordered(self) -> list[Site]:
        """Return the sites, those whose host is shown first."""
        return sorted(self.groups, key=lambda site: (not site.known, str(site)))

    def roots(self, site: Site, found: Mapping[Site, list[Candidate]]) -> list[Candidate]:
        """Return the root of a host; of requests whose host is not shown, those that stand on their own.

        Args:
            site: the listener and host.
            found: the roots of those that came before it.
        """
        ranked = _ranked(self._joined(site)) or _ranked(self._with_other_hosts(site))
        first = ranked[0] if ranked and (len(ranked) == 1 or ranked[0].rank > ranked[1].rank) else None
        if site.known:
            return [first] if first else []
        taken = {root.path for other, roots in found.items() if other.nameless() == site for root in roots}
        return [c for c in ranked if c.path not in taken and (c is first or _is_apart(c, ranked))]

    def _joined(self, site: Site) -> dict[str, Candidate]:
        """Add to a folder that fits all of a host's targets what speaks for the same folder elsewhere.

        That is among the requests of its listener whose host is not shown, and on other listeners. Where
        hosts are not shown, no folder fits all.
        """
        elsewhere = [other for other in self.alike[site.host, site.known] if other != site]
        return self._strengthened(site, [site.nameless(), *elsewhere] if site.known else elsewhere)

    def _with_other_hosts(self, site: Site) -> dict[str, Candidate]:
        """The same with what speaks for it among other hosts of a listener, which may have one root for all.

        That each of them has an Alias to the same place where its targets say is less likely.
        """
        if not site.known:
            return {}
        beside = [other for other in self.groups if other != site and other.nameless() == site.nameless()]
        return self._strengthened(site, beside)

    def _strengthened(self, site: Site, beside: Iterable[Site]) -> dict[str, Candidate]:
        own = {path: candidate.copy() for path, candidate in self.fitting[site].items()}
        targets = {target for candidate in own.values() for target in candidate.bearers}
        for path, candidate in own.items():
            for other in beside if not site.known or candidate.bearers.keys() == targets else ():
                candidate.strengthen(self.fitting.get(other, {}).get(path))
        return own


def _ranked(fitting: Mapping[str, Candidate]) -> list[Candidate]:
    """Return the folders that can be told to be a root, the best one first."""
    return sorted((c for c in fitting.values() if c.qualifies), key=lambda c: c.rank, reverse=True)


def _is_apart(candidate: Candidate, others: Iterable[Candidate]) -> bool:
    """Tell whether a folder is a host's own: with a file in it, and no request of it fits another one."""
    requests = candidate.requests
    top = "/" in candidate.bearers or candidate.at_top
    return top and all(other is candidate or requests.isdisjoint(other.requests) for other in others)


def _site(request: Request, target: Target) -> Site:
    known = target.host_known or target.site is not None
    listen = request.connection.listen
    return Site(listen, request.connection.listener if listen is None else None, target.site, known)


def _counts(match: Match, target: Target, openings: Openings) -> bool:
    """Leave out files that are opened for any target; for a folder its index file stands all the same."""
    return target.folder or not openings.anyway(match.name.path)
