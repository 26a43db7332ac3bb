"""Where is the document root?

Rule: the path of a served file minus the target that it was served for, the same
over several targets. One Alias can account for all targets that begin with the
same folder, so only targets that differ in it count as independent; and a folder
that was looked up for ``/`` is the root itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from tracekit.analyzers.aliases import Alias, find_aliases
from tracekit.analyzers.answer import EVIDENCE_LIMIT, FOUND, UNDETERMINED, Answer, Evidence, evidence
from tracekit.analyzers.connections import Request
from tracekit.analyzers.mapping import Match, matches
from tracekit.analyzers.observe import NEEDS, observe
from tracekit.analyzers.targets import Target, read_target
from tracekit.events import Trace

LIKELY = 0.5
"""Confidence when each target could still lie under an Alias of its own."""
MOST = 0.99


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

    name: ClassVar[str] = "docroot"
    verdict: str
    reason: str
    docroots: tuple[Root, ...]
    aliases: tuple[Alias, ...]
    undetermined: tuple[Open, ...]

    @property
    def determined(self) -> bool:
        """False when no document root was found."""
        return self.verdict == FOUND


class Asked(NamedTuple):
    """A request with what it asked for and the roots that it would fit."""

    request: Request
    target: Target
    matches: list[Match]


class Site(NamedTuple):
    """A listener, a host on it, and whether the trace shows the host at all."""

    listen: str | None
    host: str | None
    known: bool


@dataclass(slots=True)
class Candidate:
    """What speaks for one root: for each target, the requests and look-ups that fit."""

    path: str
    bearers: dict[str, list[tuple[Asked, Match]]] = field(default_factory=lambda: defaultdict(list))

    @property
    def folders(self) -> set[str]:
        """The first segments of the targets: what one Alias each could account for."""
        return {target.split("/")[1] for target in self.bearers}

    @property
    def of_root(self) -> bool:
        """True when the root itself was looked up as a folder, for ``/``."""
        return any(match.of_root for found in self.bearers.values() for _, match in found)

    @property
    def opened(self) -> bool:
        """True when a file was opened, not only asked about."""
        return any(match.name.opened for found in self.bearers.values() for _, match in found)

    @property
    def at_top(self) -> bool:
        """True when a target lies in the root itself: no folder's Alias accounts for that."""
        return any(target.count("/") == 1 for target in self.bearers)

    @property
    def qualifies(self) -> bool:
        """True when no single Alias accounts for everything that speaks for it."""
        return self.opened and (self.of_root or len(self.folders) > 1)

    @property
    def rank(self) -> tuple[bool, int, int]:
        """The order among several: what was served counts more than what was opened beside it."""
        served = {t.split("/")[1] for t, found in self.bearers.items() if any(m.served for _, m in found)}
        return self.of_root, len(served), len(self.folders)

    @property
    def confidence(self) -> float:
        """1 - 2^-n for n independent targets, where the root itself counts as one more."""
        if not self.of_root and not self.at_top:
            return LIKELY
        return min(MOST, round(1 - 0.5 ** (len(self.folders) + self.of_root), 2))

    @property
    def reason(self) -> str:
        """What it rests on, in words."""
        count = len(self.bearers)
        if count == 1:
            return "one target, /, was looked up as this folder and its index file opened in it"
        text = f"path minus target is the same for {count} targets"
        if self.of_root:
            return text + ", and / is this folder"
        return text if self.at_top else text + ", but each could lie under an Alias of its own"

    @property
    def requests(self) -> set[int]:
        """Ids of the requests that bear it out."""
        return {asked.request.id for found in self.bearers.values() for asked, _ in found}

    def evidence(self) -> tuple[Evidence, ...]:
        """Return the read and the look-up of up to three targets, served ones first."""
        best = [
            max(found, key=lambda pair: (pair[1].served, pair[1].name.opened))
            for found in self.bearers.values()
        ]
        best.sort(key=lambda pair: (not pair[1].of_root, not pair[1].served))
        return tuple(
            evidence(row)
            for asked, match in best[:EVIDENCE_LIMIT]
            for row in (asked.request.row, match.name.row)
        )


class Docroot:
    """Finds the document root of every listener and host."""

    name: ClassVar[str] = "docroot"
    question: ClassVar[str] = "Where is the document root?"
    needs: ClassVar[frozenset[str]] = NEEDS

    def answer(self, trace: Trace) -> DocrootAnswer:
        """Answer from the requests of a trace and the files looked up for them."""
        groups = _by_site(observe(trace).requests)
        roots: list[Root] = []
        still_open: list[Open] = []
        for site, asked in sorted(groups.items(), key=lambda item: (not item[0].known, str(item[0]))):
            found = list(_roots(site, asked, groups, roots))
            roots += found
            if not found and not _explained(site, asked, roots):
                still_open.append(Open(site.host, site.listen, len(asked), _why(asked)))
        aliases = find_aliases(
            (one.request, one.target) for group in groups.values() for one in _unexplained(group, roots)
        )
        return DocrootAnswer(
            verdict=FOUND if roots else UNDETERMINED,
            reason=_summary(roots, still_open, groups),
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
        site = Site(request.connection.listen, target.site, known)
        groups[site].append(Asked(request, target, matches(request, target)))
    return groups


def _candidates(asked: Iterable[Asked]) -> dict[str, Candidate]:
    """Collect what speaks for each root."""
    found: dict[str, Candidate] = {}
    for one in asked:
        for match in one.matches:
            candidate = found.setdefault(match.root, Candidate(match.root))
            assert one.target.path is not None
            candidate.bearers[one.target.path].append((one, match))
    return found


def _roots(
    site: Site, asked: list[Asked], groups: dict[Site, list[Asked]], known: list[Root]
) -> Iterator[Root]:
    """Yield the root of a host; of requests whose host is not shown, all that stand on their own."""
    nameless = groups.get(Site(site.listen, None, known=False), [])
    candidates = _candidates(asked)
    if site.known:
        for path, other in _candidates(nameless).items():
            if path in candidates:
                for target, bearers in other.bearers.items():
                    candidates[path].bearers[target] += bearers
    best = sorted((c for c in candidates.values() if c.qualifies), key=lambda c: c.rank, reverse=True)
    if site.known:
        if best and (len(best) == 1 or best[0].rank > best[1].rank):
            yield _root_of(site, best[0])
        return
    taken = {root.path for root in known if root.listen == site.listen}
    for candidate in best:
        if candidate.path not in taken and (candidate.of_root or candidate.at_top):
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


def _explained(site: Site, asked: list[Asked], roots: list[Root]) -> bool:
    """Tell whether requests without a shown host all belong to the roots of others."""
    return not site.known and bool(roots) and not any(one.matches for one in _unexplained(asked, roots))


def _why(asked: list[Asked]) -> str:
    """Return why no root can be told."""
    candidates = list(_candidates(asked).values())
    if not candidates:
        return "no file was opened that lies where a target says"
    if not any(candidate.opened for candidate in candidates):
        return "no file was opened, names were only asked about"
    qualified = [candidate.path for candidate in candidates if candidate.qualifies]
    if qualified:
        return f"several roots fit equally well: {', '.join(sorted(qualified))}"
    if len({target for candidate in candidates for target in candidate.bearers}) == 1:
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
