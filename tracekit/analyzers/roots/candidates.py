"""Folders that may be a document root, and what speaks for each; see docroot for the rule."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from tracekit.analyzers.answer import EVIDENCE_LIMIT, Evidence, evidence
from tracekit.analyzers.http.targets import Target
from tracekit.analyzers.roots.mapping import Match
from tracekit.analyzers.state.connections import Request

LIKELY = 0.5
"""Confidence when each target could still lie under an Alias of its own."""
MOST = 0.99


class Asked(NamedTuple):
    """A request with what it asked for and the roots that it would fit."""

    request: Request
    target: Target
    matches: list[Match]


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

    def strengthen(self, other: "Candidate | None") -> None:
        """Add what speaks for the same root among requests whose host is not shown."""
        for target, found in (other.bearers if other else {}).items():
            self.bearers[target] += found

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


def candidates(asked: Iterable[Asked]) -> dict[str, Candidate]:
    """Collect what speaks for each root."""
    found: dict[str, Candidate] = {}
    for one in asked:
        for match in one.matches:
            candidate = found.setdefault(match.root, Candidate(match.root))
            assert one.target.path is not None
            candidate.bearers[one.target.path].append((one, match))
    return found
