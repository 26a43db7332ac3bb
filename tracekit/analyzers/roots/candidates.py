"""Folders that may be a document root, and what speaks for each; see docroot for the rule."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from tracekit.analyzers.answer import EVIDENCE_LIMIT, Evidence, evidence
from tracekit.analyzers.http.targets import Target
from tracekit.analyzers.roots.mapping import Match
from tracekit.analyzers.state.connections import Request
from tracekit.events import Row

MOST = 0.99
ELSEWHERE = frozenset(
    {"icons", "manual", "error", "cgi-bin", "doc", "javascript", "favicon.ico", "robots.txt"}
)
"""What configurations that come with servers alias (httpd's autoindex, manual, multilang-errordoc; Debian's
javascript-common and doc): such targets are no sign of a root that they have in common."""
MANY = 3
"""Folders that lie side by side of which it is less likely that each has an Alias than that none has."""


class Asked(NamedTuple):
    """A request with what it asked for and the roots that it would fit."""

    request: Request
    target: Target
    matches: list[Match]


class Support(NamedTuple):
    """What else speaks for a folder: in words, as the end of a sentence, and the call that shows it."""

    kind: str
    text: str
    row: Row


@dataclass(slots=True)
class Candidate:
    """What speaks for one root: for each target, the requests and look-ups that fit, and other supports."""

    path: str
    bearers: dict[str, list[tuple[Asked, Match]]] = field(default_factory=lambda: defaultdict(list))
    supports: dict[str, Support] = field(default_factory=dict)

    @property
    def matches(self) -> list[Match]:
        """Every look-up that fits."""
        return [match for found in self.bearers.values() for _, match in found]

    @property
    def of_root(self) -> bool:
        """True when the root itself was looked up as a folder, for ``/``."""
        return any(match.of_root for match in self.matches)

    @property
    def pieces(self) -> set[str]:
        """The first segments below the root: what one Alias each could account for."""
        return self._firsts() - ELSEWHERE

    def _firsts(self, *, served: bool = False) -> set[str]:
        """Return the first segments of what was found, or only of what was served.

        A folder has one index file: of several that were opened for ``/`` (a program's modules lie in one
        folder, too) one counts at most.
        """
        found = {
            target: {match.first for _, match in matches if match.served or not served}
            for target, matches in self.bearers.items()
        }
        index = found.pop("/", set())
        firsts = set[str]().union(*found.values())
        return firsts | (index if len(index - {""}) < 2 else {min(index - {""} - firsts, default="")})

    @property
    def at_top(self) -> bool:
        """True when a file lies in the root itself: no folder's Alias accounts for that."""
        return any(is_at_top(match) for match in self.matches)

    @property
    def opened(self) -> bool:
        """True when a file was opened, not only asked about."""
        return any(match.name.opened or match.served for match in self.matches)

    @property
    def qualifies(self) -> bool:
        """True when no single Alias, and no two that happen to lie side by side, account for everything.

        Every name in the system lies below ``/``: that takes a file right in it.
        """
        if not self.opened or self.of_root:
            return self.opened
        pieces = len(self.pieces)
        if self.path == "/" or pieces < 2:
            enough = pieces > 1 and self.at_top if self.path == "/" else not ENOUGH.isdisjoint(self.supports)
            return enough and pieces > 0
        return self.at_top or bool(self.supports) or pieces >= MANY

    @property
    def rank(self) -> tuple[bool, int, int, int]:
        """The order among several: what was served counts more than what was opened beside it."""
        served = self._firsts(served=True)
        return self.of_root, len(served - ELSEWHERE), len(self.pieces), len(self.supports)

    @property
    def confidence(self) -> float:
        """1 - 2^-n for n independent facts: targets, the root as a folder, what else supports it.

        Where nothing but targets speaks for it that could each have an Alias, there is one fact less.
        """
        facts = len(self.pieces) + self.of_root + len(self.supports)
        facts -= not (self.of_root or self.at_top or self.supports)
        return min(MOST, round(1 - 0.5 ** max(facts, 1), 2))

    @property
    def reason(self) -> str:
        """What it rests on, in words."""
        count = len(self.bearers)
        supports = "".join(f"; {support.text}" for support in self.supports.values())
        if count == 1:
            only = next(iter(self.bearers))
            how = "was looked up as this folder" if self.of_root else "fits this folder"
            return f"one target, {only}, {how}{supports}"
        text = f"path minus target is the same for {count} targets"
        if self.of_root:
            return f"{text}, and / is this folder{supports}"
        return text + ("" if self.at_top else ", each of which could have an Alias") + supports

    def copy(self) -> "Candidate":
        """Return one that can be strengthened while this one stays as it is."""
        return Candidate(self.path, self.bearers.copy(), self.supports.copy())

    def strengthen(self, other: "Candidate | None") -> None:
        """Add what speaks for the same root among requests of the same host, or whose host is not shown."""
        if other is None:
            return
        for target, found in other.bearers.items():
            self.bearers[target] = self.bearers[target] + found
        self.supports = {**other.supports, **self.supports}

    @property
    def outer_path(self) -> str:
        """The folder as seen from outside, where the process lives in a chroot that is known."""
        jail = next((match.name.jail for match in self.matches if match.name.jail), None)
        return self.path if jail is None else (jail.rstrip("/") + self.path).rstrip("/") or "/"

    @property
    def real_path(self) -> str | None:
        """The kernel's name for it, where links lead to another one than it is known by."""
        for match in self.matches:
            below = match.name.path.removeprefix(match.root.rstrip("/"))
            real = match.name.file.real_path if match.name.file else None
            if real and below and real.endswith(below):
                folder = real[: -len(below)] or "/"
                return folder if folder != self.outer_path else None
        return None

    @property
    def requests(self) -> set[int]:
        """Ids of the requests that bear it out."""
        return {asked.request.id for found in self.bearers.values() for asked, _ in found}

    def evidence(self) -> tuple[Evidence, ...]:
        """Return the read and the look-up of up to three targets, served ones first, and the supports."""
        best = [
            max(found, key=lambda pair: (pair[1].of_root, pair[1].served, pair[1].name.opened))
            for found in self.bearers.values()
        ]
        best.sort(key=lambda pair: (not pair[1].of_root, not pair[1].served))
        shown = [row for asked, match in best[:EVIDENCE_LIMIT] for row in (asked.request.row, match.name.row)]
        return tuple(evidence(row) for row in (*shown, *(one.row for one in self.supports.values())))


ENOUGH = frozenset({"relative", "checked", "missed"})
"""Supports that make one target enough: the server named the folder before anything was asked for, or looked
for another target in it."""


def is_at_top(match: Match) -> bool:
    """Tell whether a file, and no folder, lies right in its root."""
    return match.first == match.below and match.name.kind != "directory" and match.below not in ELSEWHERE


def candidates(asked: Iterable[Asked]) -> dict[str, Candidate]:
    """Collect what speaks for each root."""
    found: dict[str, Candidate] = {}
    for one in asked:
        for match in one.matches:
            candidate = found.get(match.root)
            if candidate is None:
                candidate = found[match.root] = Candidate(match.root)
            assert one.target.path is not None
            candidate.bearers[one.target.path].append((one, match))
    return found
