"""Targets that are served from outside the document root: what an Alias does."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from tracekit.analyzers.answer import EVIDENCE_LIMIT, Evidence, evidence
from tracekit.analyzers.http.targets import Target
from tracekit.analyzers.roots.mapping import SERVED, document
from tracekit.analyzers.state.connections import Name, Request


@dataclass(frozen=True, slots=True)
class Alias:
    """Targets below ``url`` are served from ``path``."""

    url: str
    path: str
    evidence: tuple[Evidence, ...]


def find_aliases(asked: Iterable[tuple[Request, Target]]) -> tuple[Alias, ...]:
    """Return the aliases that requests show which no document root accounts for."""
    found: dict[tuple[str, str], list[Evidence]] = defaultdict(list)
    for request, target in asked:
        if target.path is None or not target.complete or request.status not in SERVED:
            continue
        name = document(request)
        pair = _pair(target, name) if name else None
        if name and pair:
            found[pair] += [evidence(request.row), evidence(name.row)]
    return tuple(
        Alias(url, path, tuple(rows[: 2 * EVIDENCE_LIMIT])) for (url, path), rows in sorted(found.items())
    )


def _pair(target: Target, name: Name) -> tuple[str, str] | None:
    """Take the longest common end off a target and a path; the first segment stays the alias's."""
    wanted = (target.path or "/").strip("/").split("/")
    path = name.path.rpartition("/")[0] if target.folder and name.kind != "directory" else name.path
    had = path.strip("/").split("/")
    if wanted == [""]:
        return None
    common = 0
    while common < min(len(wanted) - 1, len(had)) and wanted[-1 - common] == had[-1 - common]:
        common += 1
    if common == 0 and wanted[-1] != had[-1]:
        return None
    end = len(wanted) - common
    return "/" + "/".join(wanted[:end]), "/" + "/".join(had[: len(had) - common])
