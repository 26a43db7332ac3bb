"""Which files did the server open, and for whom?"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from tracekit.analyzers.answer import EVIDENCE_LIMIT, Answer, Evidence, evidence
from tracekit.analyzers.docroot import Docroot, DocrootAnswer
from tracekit.analyzers.http.targets import read_target
from tracekit.analyzers.questions import FILES
from tracekit.analyzers.roots.mapping import document, matches
from tracekit.analyzers.state.descriptors import OpenFile
from tracekit.analyzers.state.observe import observe
from tracekit.analyzers.state.state import Opening, State
from tracekit.events import Row, Trace

KINDS = (
    ("proc", r"/(proc|sys)(/|$)"),
    ("device", r"/dev(/|$)"),
    ("library", r".*\.so(\.[0-9.]+)?$|/etc/ld\.so\.(cache|preload)$|.*\.(pyc|py|pth|egg-link)$"),
    ("configuration", r"/etc/|.*\.(conf|cnf|cfg|ini|toml|ya?ml)$|.*/(\.ht[^/]*|mime\.types|magic)$"),
    ("configuration", r"/usr/(share/(zoneinfo|locale|i18n)|lib/locale)/"),
    ("log", r"/var/log/|.*[._-]log$|.*/logs?/"),
)
"""Kind and the paths that have it, after the Filesystem Hierarchy Standard; the first match wins."""
PATTERNS = tuple((kind, re.compile(pattern)) for kind, pattern in KINDS)
DOCUMENT, OTHER, LOG = "document", "other", "log"


@dataclass(frozen=True, slots=True)
class Opened:
    """One file.

    Attributes:
        path: as it was opened, absolute where its folder is known; links are not followed.
        real_path: the name that the kernel gave the descriptor, where it differs; None without -y.
        kind: document, configuration, library, log, device, proc or other.
        opens: how often it was opened.
        failures: how often that failed, with the errors in ``errors``.
        errors: names of the errors.
        flags: every flag that it was opened with.
        bytes_read: read from it or sent from it by sendfile or splice.
        bytes_mapped: mapped into memory.
        bytes_written: written to it.
        pids: processes that asked for it.
        tids: threads that did.
        requests: ids (as in dispatch) of the requests that it was opened for.
    """

    path: str
    real_path: str | None
    kind: str
    opens: int
    failures: int
    errors: tuple[str, ...]
    flags: tuple[str, ...]
    bytes_read: int
    bytes_mapped: int
    bytes_written: int
    pids: tuple[int, ...]
    tids: tuple[int, ...]
    requests: tuple[int, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesAnswer(Answer):
    """Each file once, in the order in which they were first asked for."""

    name: ClassVar[str] = FILES.name
    files: tuple[Opened, ...]


@dataclass(slots=True)
class Tally:
    """What has been counted of one path so far."""

    path: str
    opened: dict[int, OpenFile] = field(default_factory=dict)
    opens: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    failures: int = 0
    flags: set[str] = field(default_factory=set)
    rows: list[Row] = field(default_factory=list)
    pids: set[int] = field(default_factory=set)
    tids: set[int] = field(default_factory=set)
    requests: set[int] = field(default_factory=set)
    document: bool = False

    def add(self, opening: Opening) -> None:
        """Count one call."""
        row = opening.row
        if opening.file is not None:
            self.opened[id(opening.file)] = opening.file
            self.opens += 1
        else:
            self.failures += 1
            self.errors[row.errno or "?"] = self.errors.get(row.errno or "?", 0) + 1
        self.flags |= opening.flags
        self.pids |= {row.pid} if row.pid is not None else set()
        self.tids |= {row.tid} if row.tid is not None else set()
        self.requests |= {opening.request.id} if opening.request is not None and opening.request.id else set()
        if len(self.rows) < EVIDENCE_LIMIT:
            self.rows.append(row)


class Files:
    """Lists every file that a server opened or tried to."""

    name: ClassVar[str] = FILES.name
    question: ClassVar[str] = FILES.question
    needs: ClassVar[frozenset[str]] = FILES.needs

    def answer(self, trace: Trace) -> FilesAnswer:
        """Answer from the open calls of a trace."""
        state = observe(trace)
        documents = _documents(state, Docroot().answer(trace))
        tallies: dict[str, Tally] = {}
        for opening in state.openings:
            tallies.setdefault(opening.path, Tally(opening.path)).add(opening)
        _add_known(state, tallies)
        return FilesAnswer(
            files=tuple(_file(tally, documents) for tally in tallies.values()), trace=trace.summary()
        )


def _documents(state: State, answer: DocrootAnswer) -> set[str]:
    """Return the paths that were served: below a root where their target says, or through an alias."""
    roots = {root.path for root in answer.docroots}
    folders = tuple(alias.path for alias in answer.aliases)
    found = set()
    for request in state.requests:
        found |= {m.name.path for m in matches(request, read_target(request.head)) if m.root in roots}
        name = document(request)
        if name and any(name.path == folder or name.path.startswith(folder + "/") for folder in folders):
            found.add(name.path)
    return found


def _add_known(state: State, tallies: dict[str, Tally]) -> None:
    """Add the files that were open before the trace began, as annotations or notes show them."""
    for span in state.descriptors.spans:
        file = span.file
        if file.kind == "file" and file.opened is None and file.path:
            tally = tallies.setdefault(file.path, Tally(file.path))
            tally.opened[id(file)] = file
            tally.pids.add(span.process)


def _file(tally: Tally, documents: Iterable[str]) -> Opened:
    files = tally.opened.values()
    real = {file.real_path for file in files if file.real_path}
    return Opened(
        path=tally.path,
        real_path=min(real) if real and real != {tally.path} else None,
        kind=DOCUMENT if tally.path in documents else kind_of(tally.path, tally.flags),
        opens=tally.opens,
        failures=tally.failures,
        errors=tuple(sorted(tally.errors)),
        flags=tuple(sorted(tally.flags)),
        bytes_read=sum(file.bytes_read for file in files),
        bytes_mapped=sum(file.bytes_mapped for file in files),
        bytes_written=sum(file.bytes_written for file in files),
        pids=tuple(sorted(tally.pids)),
        tids=tuple(sorted(tally.tids)),
        requests=tuple(sorted(tally.requests)),
        evidence=tuple(evidence(row) for row in tally.rows),
    )


def kind_of(path: str, flags: Iterable[str]) -> str:
    """Return the kind of a file that was not served as a document."""
    if {"O_APPEND", "O_WRONLY"} <= set(flags):
        return LOG
    return next((kind for kind, pattern in PATTERNS if pattern.match(path)), OTHER)
