"""What is counted of one file: who opened it, for whom, and what became of its bytes."""

from dataclasses import dataclass, field

from tracekit.analyzers.answer import EVIDENCE_LIMIT
from tracekit.analyzers.state.changes import RUN, Change
from tracekit.analyzers.state.connections import Request
from tracekit.analyzers.state.openfiles import OpenFile
from tracekit.analyzers.state.state import Opening, State
from tracekit.events import Row


@dataclass(slots=True)
class Tally:
    """What has been counted of one path so far."""

    path: str
    opened: dict[int, OpenFile] = field(default_factory=dict)
    opens: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)
    changes: dict[str, int] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    pids: set[int] = field(default_factory=set)
    tids: set[int] = field(default_factory=set)
    requests: set[int] = field(default_factory=set)
    jails: set[str | None] = field(default_factory=set)

    @property
    def jailed_path(self) -> str | None:
        """The name as seen from outside, where all who opened it live in one chroot that is known."""
        jail = next(iter(self.jails)) if len(self.jails) == 1 else None
        return None if jail is None or not self.path.startswith("/") else jail.rstrip("/") + self.path

    def open(self, opening: Opening) -> None:
        """Count one call of the open family."""
        if opening.file is not None:
            self.opened[id(opening.file)] = opening.file
            self.opens += 1
        else:
            self._fail(opening.row)
        self.flags |= opening.flags
        self.jails.add(opening.jail)
        self._by(opening.row, opening.request)

    def change(self, change: Change) -> None:
        """Count one thing that was done to it by its name."""
        if change.done:
            self.changes[change.verb] = self.changes.get(change.verb, 0) + 1
        else:
            self._fail(change.row)
        self._by(change.row, change.request)

    def use(self, row: Row, request: Request, file: OpenFile) -> None:
        """Note a request for which an open file was used again."""
        self.opened.setdefault(id(file), file)
        self._by(row, request)

    @property
    def is_program(self) -> bool:
        """True when it was run."""
        return RUN in self.changes

    def _fail(self, row: Row) -> None:
        error = row.errno or "?"
        self.errors[error] = self.errors.get(error, 0) + 1

    def _by(self, row: Row, request: Request | None) -> None:
        if row.pid is not None:
            self.pids.add(row.pid)
        if row.tid is not None:
            self.tids.add(row.tid)
        if request is not None and request.id:
            self.requests.add(request.id)
        if len(self.rows) < EVIDENCE_LIMIT:
            self.rows.append(row)


def tallies(state: State) -> dict[str, Tally]:
    """Count what a trace shows of every file, in the order in which they were first named."""
    found: dict[str, Tally] = {}

    def of(path: str) -> Tally:
        if path not in found:
            found[path] = Tally(path)
        return found[path]

    events: list[Opening | Change] = [*state.openings, *state.changes]
    for event in sorted(events, key=lambda event: event.row.seq):
        if isinstance(event, Opening):
            of(event.path).open(event)
        else:
            of(event.path).change(event)
    for span in state.descriptors.spans:
        file = span.file
        if file.kind == "file" and file.opened is None and file.path:
            of(file.path).opened[id(file)] = file
            of(file.path).pids.add(span.process)
    for request in state.requests:
        for name in request.names:
            if not name.opened and name.file is not None:
                of(name.path).use(name.row, request, name.file)
    return found
