"""Targets that are served from outside the document root: what an Alias or a user directory does."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tracekit.analyzers.answer import EVIDENCE_LIMIT, Evidence, evidence
from tracekit.analyzers.http.targets import Target
from tracekit.analyzers.http.traversal import forms
from tracekit.analyzers.roots.beside import Openings
from tracekit.analyzers.roots.kinds import MACHINERY, kind_of
from tracekit.analyzers.roots.mapping import SERVED, document, fits
from tracekit.analyzers.state.connections import Name, Request
from tracekit.analyzers.state.paths import is_below

ALIAS, FILE, USER = "alias", "file", "user"


@dataclass(frozen=True, slots=True)
class Alias:
    """Targets below ``url`` are served from ``path``.

    Attributes:
        kind: ``alias`` for a folder, ``file`` for a single file, ``user`` for a user's folder (``/~user``).
        requests: how many requests show it.
    """

    url: str
    path: str
    kind: str
    requests: int
    evidence: tuple[Evidence, ...]


class Pair(NamedTuple):
    """A target and the path of its file, each without the longest end that they have in common.

    The target keeps its first segment, which is the alias's.
    """

    url: str
    path: str
    end: tuple[str, ...]
    request: Request
    name: Name

    def longer(self) -> "Pair":
        """Return the pair with one more segment of the common end given to the alias."""
        head, *rest = self.end
        return self._replace(
            url=f"{self.url.rstrip('/')}/{head}", path=f"{self.path.rstrip('/')}/{head}", end=tuple(rest)
        )

    @property
    def kind(self) -> str:
        """What sort of alias it shows."""
        if self.url.startswith("/~"):
            return USER
        return ALIAS if self.end else FILE


def find_aliases(
    asked: Iterable[tuple[Request, Target]], plain: Iterable[str], roots: Collection[str], openings: Openings
) -> tuple[Alias, ...]:
    """Return the aliases that requests show which no document root accounts for.

    Args:
        asked: those requests.
        plain: targets that a document root accounts for: no alias begins above one.
        roots: the document roots; without one only user directories can be told.
        openings: tells which files answer any target: those are rewritten to.
    """
    pairs = [
        pair
        for request, target in asked
        if (pair := _pair(request, target))
        and not _is_rewritten(pair, target, roots, openings)
        and not _is_uncertain(pair, target, roots)
    ]
    folders = _folders(plain)
    chosen = _apart([_below(pair, folders) for pair in pairs])
    return tuple(
        _alias(url, path, group)
        for (url, path), group in sorted(chosen.items())
        if roots or group[0].kind == USER
    )


def _folders(targets: Iterable[str]) -> set[str]:
    """Return all folders that targets lie in, at whatever depth."""
    found = set[str]()
    for target in targets:
        folder = target
        while folder != "/" and (folder := folder.rpartition("/")[0] or "/") not in found:
            found.add(folder)
    return found


def _is_rewritten(pair: Pair, target: Target, roots: Collection[str], openings: Openings) -> bool:
    """Tell whether a target got a file of another name from below a root, or one that any target gets."""
    if pair.kind == USER:
        return False
    same = pair.end or pair.name.path.endswith("/" + pair.url.rpartition("/")[2])
    inside = any(is_below(pair.name.path, root) for root in roots)
    anyway = openings.foreign.get(pair.name.path, set()) - {target.path}
    return bool(anyway) or (inside and not same)


def _is_uncertain(pair: Pair, target: Target, roots: Collection[str]) -> bool:
    """Tell whether a file may be of the root of a host that the trace does not name, or of another request.

    Among requests that were read at once, a thread may have gone on to the next one before it answered.
    """
    place = pair.path.removesuffix(pair.url)
    another = not target.host_known and place != pair.path and pair.kind != USER
    if another and not any(is_below(root, place) for root in roots):
        return True
    requests, nth = pair.request.connection.requests, pair.request.nth
    beside = [*requests[max(0, nth - 2) : nth - 1], *requests[nth : nth + 1]]
    at_once = any(other.row is pair.request.row for other in beside)
    return at_once and not pair.name.path.endswith(target.path or "/")


def _alias(url: str, path: str, group: Sequence[Pair]) -> Alias:
    rows = [row for pair in group[:EVIDENCE_LIMIT] for row in (pair.request.row, pair.name.row)]
    requests = len({pair.request.id for pair in group})
    return Alias(url, path, group[0].kind, requests, tuple(evidence(row) for row in rows))


def _below(pair: Pair, folders: Collection[str]) -> Pair:
    """Make an alias longer while it is a folder in which the root accounts for targets."""
    while len(pair.end) > 1 and pair.url in folders:
        pair = pair.longer()
    return pair


def _apart(pairs: Iterable[Pair]) -> dict[tuple[str, str], list[Pair]]:
    """Group pairs; where one url leads to several paths, all but the best shown begin further down."""
    todo, done = list(pairs), dict[tuple[str, str], list[Pair]]()
    while todo:
        by_url: dict[str, dict[str, list[Pair]]] = defaultdict(lambda: defaultdict(list))
        for pair in todo:
            by_url[pair.url][pair.path].append(pair)
        todo = []
        for url, paths in by_url.items():
            ranked = sorted(paths, key=lambda path: _strength(paths[path]), reverse=True)
            done.setdefault((url, ranked[0]), []).extend(paths[ranked[0]])
            todo += [pair.longer() for path in ranked[1:] for pair in paths[path] if pair.end]
    return done


def _strength(group: Sequence[Pair]) -> tuple[int, int]:
    """Order the paths of one url: by how many files show it, then by how close these lie to it."""
    return len({pair.end for pair in group}), -min(len(pair.end) for pair in group)


def _pair(request: Request, target: Target) -> Pair | None:
    """Take the longest common end off a target and a path; None where they have nothing in common.

    What a target with dots in it leads to is no alias's.
    """
    if target.path is None or not target.complete or request.status not in SERVED:
        return None
    if forms(target.target or ""):
        return None
    wanted = target.path.strip("/").split("/")
    name = _file(request, wanted[-1])
    if name is None or wanted == [""]:
        return None
    path = name.path.rpartition("/")[0] if target.folder and name.kind != "directory" else name.path
    had = path.strip("/").split("/")
    common = 0
    while common < min(len(wanted) - 1, len(had)) and wanted[-1 - common] == had[-1 - common]:
        common += 1
    if common == 0 and wanted[-1] != had[-1] and not _may_be_alone(request, target, name):
        return None
    end = tuple(wanted[len(wanted) - common :])
    url, place = wanted[: len(wanted) - common], had[: len(had) - common]
    return Pair("/" + "/".join(url), "/" + "/".join(place), end, request, name)


def _file(request: Request, last: str) -> Name | None:
    """Return the file of a request: the one served, or else one of that name that was run for it (CGI)."""
    name = document(request)
    if name is not None and kind_of(name.path) not in MACHINERY:
        return name
    ran = [
        name for name in request.names if name.kind == "file" and name.path.rpartition("/")[2] == last
    ]  # fmt: skip
    return ran[-1] if ran else name


def _may_be_alone(request: Request, target: Target, name: Name) -> bool:
    """Tell whether a file of another name than the target's is the one that an Alias to a file gives.

    The end of a user's folder need not be like the target either: ``/~ann/`` is ``/home/ann/public_html``.
    """
    if target.path is not None and target.path.startswith("/~"):
        return target.folder and target.path.count("/") == 1
    return not target.folder and fits(request, name) and kind_of(name.path) not in MACHINERY
