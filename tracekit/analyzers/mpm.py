"""How does the server work: which multi-processing module of httpd, or which model in general?"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from tracekit.analyzers.answer import FOUND, UNDETERMINED, Evidence, Judged, evidence
from tracekit.analyzers.gaps.texts import unread
from tracekit.analyzers.models import models
from tracekit.analyzers.models.models import Server, Verdict
from tracekit.analyzers.models.pool import pool
from tracekit.analyzers.models.turn import in_turn
from tracekit.analyzers.models.unseen import what_is_missing
from tracekit.analyzers.processes.parts import LISTENER, PARENT, WORKER, Parts
from tracekit.analyzers.processes.roles import parts_of
from tracekit.analyzers.questions import MPM
from tracekit.analyzers.state.connections import is_request
from tracekit.analyzers.state.observe import observe
from tracekit.analyzers.state.service import Care, Service, Task
from tracekit.events import Trace

RULES: Final[tuple[models.Rule, ...]] = (*models.BEFORE_POOLS, pool, *models.AFTER_POOLS, in_turn)


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing that the trace shows about the server.

    Attributes:
        finding: in a sentence.
        evidence: the calls that show it.
    """

    finding: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """One process of the server.

    Attributes:
        pid: its id; None in a log of one task, and where the trace does not tell whose its threads are.
        pid_known: False when the trace does not say so itself and it was inferred.
        role: its part, as in ``tasks``: parent, worker, or listener where it serves nothing that it accepts.
        threads: how many it had, as far as the trace shows, when it last accepted, or waited for clients.
        accepted: connections that it accepted.
        served: connections that it served.
    """

    pid: int | None
    pid_known: bool
    role: str
    threads: int
    accepted: int
    served: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MpmAnswer(Judged):
    """The model, what shows it, and the processes that it is made of.

    Attributes:
        verdict: found, or undetermined.
        mpm: prefork, worker, event; of other servers single-threaded, event-loop, thread-per-connection,
            process-per-connection, thread-pool; or undetermined.
        reason: why, in a sentence; or what is missing.
        processes: how many there are of the server.
        threads_per_process: of most of those that accept; None when none does.
        findings: what shows it, step by step.
        evidence: the calls of all findings.
        members: the processes, the parent first.
    """

    name: ClassVar[str] = MPM.name
    mpm: str
    reason: str
    processes: int
    threads_per_process: int | None
    findings: tuple[Shown, ...]
    evidence: tuple[Evidence, ...]
    members: tuple[Member, ...]


class Mpm:
    """Tells the model from who accepts, who serves, and what each waits in."""

    name: ClassVar[str] = MPM.name
    question: ClassVar[str] = MPM.question

    needs: ClassVar[frozenset[str]] = MPM.needs

    def answer(self, trace: Trace) -> MpmAnswer:
        """Answer from a trace."""
        service = observe(trace).service
        verdict = decide(service, trace)
        members = tuple(_members(service, parts_of(trace)))
        shown = tuple(Shown(one.what, tuple(map(evidence, one.rows))) for one in verdict.findings)
        accept = [one for one in members if one.role != PARENT and (one.accepted or not one.served)]
        threads = Counter(one.threads for one in accept)
        return MpmAnswer(
            verdict=UNDETERMINED if verdict.model is None else FOUND,
            mpm=verdict.model or UNDETERMINED,
            reason=verdict.reason,
            processes=len(members),
            threads_per_process=threads.most_common(1)[0][0] if threads else None,
            findings=shown,
            evidence=tuple(dict.fromkeys(proof for one in shown for proof in one.evidence)),
            members=members,
            trace=trace.summary(),
        )


def decide(service: Service, trace: Trace) -> Verdict:
    """Return the verdict on all servers of a trace: where there are several, they have to agree."""
    found = servers(service, trace)
    if not found or unread(trace) is not None:
        return what_is_missing(service, trace)
    verdicts = [judge(server) for server in found]
    kinds = {verdict.model for verdict in verdicts}
    if len(kinds) == 1:
        return verdicts[0]
    each = "; ".join(
        f"{verdict.model or 'undetermined'} at {', '.join(sorted(server.listeners))}"
        for server, verdict in zip(found, verdicts, strict=True)
    )
    proofs = tuple(proof for verdict in verdicts for proof in verdict.findings[:1])
    return Verdict(None, f"the trace shows several servers: {each}; trace one of them", proofs)


def judge(server: Server) -> Verdict:
    """Return the verdict of the first rule that has something to say."""
    return next(
        (verdict for rule in RULES if (verdict := rule(server))),
        Verdict(None, "connections are served in more than one way, which fits no model that is known here"),
    )


def servers(service: Service, trace: Trace) -> list[Server]:
    """Return the servers of a trace of which a connection was seen accepted and served.

    Processes that accept from the same socket are one server; so are the sockets of one process. Where
    one speaks HTTP, another that does not is no server of the same clients: httpd's CGI daemon, a helper.
    """
    groups: list[tuple[set[str], list[Task]]] = []
    for task in service.tasks:
        if task.tried is None:
            continue
        names = set(task.listeners)
        same = [group for group in groups if names & group[0] or task.pid in {one.pid for one in group[1]}]
        tasks = [*(one for group in same for one in group[1]), task]
        groups = [group for group in groups if group not in same]
        groups.append((names.union(*(group[0] for group in same)), tasks))
    served = list(_served(service, ordered=trace.ordered))
    unseen = [row for row, _, _ in service.makings.values()]
    found = [
        Server(
            acceptors=tasks,
            served=[care for care in served if care.taker in tasks],
            tasks=service.tasks,
            listeners=frozenset(names),
            unseen=unseen,
            trace=trace,
        )
        for names, tasks in groups
    ]
    found = [server for server in found if server.served]
    return [server for server in found if _speaks(server)] or found


def _speaks(server: Server) -> bool:
    """Tell whether requests came over a server's connections, or may have: encrypted, or of HTTP/2."""
    connections = [care.connection for care in server.served]
    asked = any(is_request(request) for connection in connections for request in connection.requests)
    readers = [connection.reader for connection in connections]
    return asked or any(reader.encrypted or reader.binary for reader in readers)


def _served(service: Service, *, ordered: bool) -> Iterator[Care]:
    """Yield the connections of which both ends of the way are seen: who accepted, and who serves.

    Who reads what it accepted need not serve it: it may only pass on what it read. That it answers, or
    waits for this connection alone, shows that it does. Where most of what is read is answered by nobody
    (or, where the calls of several tasks have no order, any of it), those who answer were not traced.
    """
    cares = [care for care in service.cares.values() if care.taker and care.server and care.accepted]
    shown = [care for care in cares if care.writers or care.server is not care.taker or care.alone]
    silent = [care for care in cares if not (care.writers or care.alone) and care.connection.requests]
    if len(silent) < len(shown) if ordered else not silent:
        yield from shown


def _members(service: Service, parts: Parts) -> Iterator[Member]:
    """Yield the processes that made those that serve, or wait for them, and then those that serve."""
    unsure = {process.pid for process in parts.headless}
    for process in parts.parents:
        pid = None if process.pid in unsure else process.pid
        yield Member(pid, process.known, PARENT, len(process.threads), 0, 0)
    working = [one for one in _working(service, parts) if one.pid not in {two.pid for two in parts.parents}]
    for member in sorted(working, key=lambda one: (one.pid in unsure, one.pid or 0)):
        yield replace(member, pid=None) if member.pid in unsure else member


def _working(service: Service, parts: Parts) -> Iterator[Member]:
    """Yield the processes that accept or serve; those about to, too, where no thread may be another's."""
    cares = [care for care in service.cares.values() if not care.is_local]
    beside = {care.taker for care in service.cares.values()} - {care.taker for care in cares}
    taken = Counter(care.taker.pid for care in cares if care.taker)
    served = Counter(care.server.pid for care in cares if care.server)
    tasks = defaultdict[int | None, list[Task]](list)
    for task in service.tasks:
        tasks[task.pid].append(task)
    accept = {task.pid for task in service.tasks if (task.tried or task.lock) and task not in beside}
    ready = set() if parts.headless else {process.pid for process in parts.serving} & tasks.keys()
    for pid in accept | served.keys() | ready:
        yield Member(
            pid=pid,
            pid_known=tasks[pid][0].pid_known,
            role=WORKER if served[pid] or not taken[pid] else LISTENER,
            threads=_threads(tasks[pid]),
            accepted=taken[pid],
            served=served[pid],
        )


def _threads(tasks: list[Task]) -> int:
    """Return how many threads a process had when it last accepted, or waited for clients; else all."""
    moments = [task.last.accepted.seq for task in tasks if task.last and task.last.accepted]
    moments = moments or [task.active.seq for task in tasks if task.active]
    if not moments:
        return len(tasks)
    return sum(_lives(task, max(moments)) for task in tasks)


def _lives(task: Task, moment: int) -> bool:
    begun = task.made.seq if task.made else 0
    return begun <= moment and (task.ended is None or task.ended.seq > moment)
