"""Which files did the server open, run or change, and for whom?"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from tracekit.analyzers.answer import Answer, Evidence, evidence
from tracekit.analyzers.docroot import Docroot, DocrootAnswer, matches_of
from tracekit.analyzers.questions import FILES
from tracekit.analyzers.roots.kinds import DOCUMENT, OTHER, PROGRAM, is_index, kind_of
from tracekit.analyzers.roots.mapping import Match, fits, moved
from tracekit.analyzers.roots.tally import Tally, tallies
from tracekit.analyzers.state.changes import RUN
from tracekit.analyzers.state.connections import Request
from tracekit.analyzers.state.observe import observe
from tracekit.analyzers.state.paths import is_in
from tracekit.analyzers.state.state import State
from tracekit.events import Trace, without_collection


@dataclass(frozen=True, slots=True)
class Opened:
    """One file.

    Attributes:
        path: as it was opened, absolute where its folder is known; links are not followed.
        real_path: the name that the kernel gave the descriptor, where it differs; without -y the name as seen
            from outside a chroot that the trace shows, else None.
        kind: document, configuration, library, log, device, proc, program or other.
        outside: whether it lies outside every document root; None where no root or not its folder is known.
        opens: how often it was opened.
        failures: how often that failed, with the errors in ``errors``.
        errors: names of the errors.
        flags: every flag that it was opened with.
        changes: what else was done to it, with how often: run, renamed, renamed to, removed, cut, made,
            linked, mode set, owner set, times set, attributes set.
        bytes_read: read from it or sent from it by sendfile or splice.
        bytes_mapped: mapped into memory.
        bytes_written: written to it.
        pids: processes that asked for it.
        tids: threads that did.
        commands: names of these processes, where the trace tells them.
        requests: ids (as in dispatch) of the requests that it was opened, used or changed for.
    """

    path: str
    real_path: str | None
    kind: str
    outside: bool | None
    opens: int
    failures: int
    errors: tuple[str, ...]
    flags: tuple[str, ...]
    changes: Mapping[str, int]
    bytes_read: int
    bytes_mapped: int
    bytes_written: int
    pids: tuple[int, ...]
    tids: tuple[int, ...]
    commands: tuple[str, ...]
    requests: tuple[int, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesAnswer(Answer):
    """Each file once, in the order in which they were first asked for."""

    name: ClassVar[str] = FILES.name
    files: tuple[Opened, ...]


class Files:
    """Lists every file that a server opened or tried to, ran or changed."""

    name: ClassVar[str] = FILES.name
    question: ClassVar[str] = FILES.question
    needs: ClassVar[frozenset[str]] = FILES.needs

    @without_collection()
    def answer(self, trace: Trace) -> FilesAnswer:
        """Answer from the calls of a trace that open files, run them or change them."""
        state = observe(trace)
        docroot = Docroot().answer(trace)
        documents = _documents(state, docroot, matches_of(trace))
        roots = {root.named for root in docroot.docroots}
        commands = _commands(trace, state)
        return FilesAnswer(
            files=tuple(_file(tally, documents, roots, commands) for tally in tallies(state).values()),
            trace=trace.summary(),
        )


def _documents(state: State, answer: DocrootAnswer, matches: Mapping[Request, Iterable[Match]]) -> set[str]:
    """Return the files that were served: from a root or an alias, rewritten to, or as their target says.

    Where no root is known a file counts that lies where a target says and can be the body by its size.
    """
    roots = {root.named for root in answer.docroots}
    folders = (*roots - {"/"}, *(alias.path for alias in answer.aliases))
    found = {rewrite.path for rewrite in answer.rewrites if roots}
    for request in state.requests:
        for match in matches.get(request, ()):
            if match.name.kind != "directory" and (match.root in roots or _is_body(request, match)):
                found.add(match.name.path)
        taken = [name.path for name in request.names if moved(name) and kind_of(name.path) == OTHER]
        found.update(path for path in taken if is_in(path, folders))
    return found


def _is_body(request: Request, match: Match) -> bool:
    """Tell whether a file is what a response was made of although nobody knows the root."""
    path = match.name.path
    named = request.target.path != "/" or is_index(path)
    return named and match.served and kind_of(path) == OTHER and fits(request, match.name)


def _commands(trace: Trace, state: State) -> dict[int, str]:
    """Return the names of processes: of the programs that they ran, or as the trace's own notes tell them."""
    ran = [change for change in state.changes if change.verb == RUN and change.done]
    found = {change.row.pid: change.path.rpartition("/")[2] for change in ran if change.row.pid is not None}
    noted = ((pid, known.get("comm")) for pid, known in trace.processes.items())
    return found | {pid: comm for pid, comm in noted if isinstance(comm, str)}


def _file(
    tally: Tally, documents: Collection[str], roots: Collection[str], commands: Mapping[int, str]
) -> Opened:
    files = tally.opened.values()
    real = next((file.real_path for file in files if file.real_path), tally.jailed_path)
    return Opened(
        path=tally.path,
        real_path=real if real != tally.path else None,
        kind=_kind(tally, documents),
        outside=_outside(tally.path, roots),
        opens=tally.opens,
        failures=sum(tally.errors.values()),
        errors=tuple(sorted(tally.errors)),
        flags=tuple(sorted(tally.flags)),
        changes=tally.changes,
        bytes_read=sum(file.bytes_read for file in files),
        bytes_mapped=sum(file.bytes_mapped for file in files),
        bytes_written=sum(file.bytes_written for file in files),
        pids=tuple(sorted(tally.pids)),
        tids=tuple(sorted(tally.tids)),
        commands=tuple(sorted({commands[pid] for pid in tally.pids if pid in commands})),
        requests=tuple(sorted(tally.requests)),
        evidence=tuple(evidence(row) for row in tally.rows),
    )


def _kind(tally: Tally, documents: Collection[str]) -> str:
    if tally.path in documents:
        return DOCUMENT
    return PROGRAM if tally.is_program else kind_of(tally.path, tally.flags)


def _outside(path: str, roots: Collection[str]) -> bool | None:
    """Tell whether a path lies outside every root; None where that is not known."""
    if not roots or not path.startswith("/"):
        return None
    return not is_in(path, roots)
