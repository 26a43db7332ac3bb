"""Which process (thread group) each task belongs to: stated by the log, or inferred."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tracekit.events.attach import Evidence, attach_order, divide
from tracekit.events.facts import Facts
from tracekit.events.links import Links, find_links
from tracekit.stream import Event
from tracekit.stream.pairing import ORPHAN

WAITING = {"accept", "accept4", "epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "select"}


@dataclass(frozen=True, slots=True)
class Groups:
    """The thread group of each task.

    Attributes:
        pids: tgid by tid.
        known: the tids whose group the log states; the others' was inferred.
        reasons: how the others' was inferred, one sentence each.
    """

    pids: dict[int, int] = field(default_factory=dict)
    known: frozenset[int] = frozenset()
    reasons: tuple[str, ...] = ()

    def pid(self, tid: int | None) -> int | None:
        """Return the process of a task; a task that nothing is known of is its own."""
        return None if tid is None else self.pids.get(tid, tid)

    def is_known(self, tid: int | None) -> bool:
        """Tell whether the log states the process of a task."""
        return tid in self.known


def infer_groups(events: Sequence[Event]) -> Groups:
    """Return the groups of the tasks of a trace, in the order in which its events began.

    What the log states is taken first (see facts). For tasks that existed before the log began,
    connections and joins say which belong together and which do not (see links), and the order in
    which strace took them on says where a process begins (see attach).
    """
    facts = Facts(events)
    unknown = facts.tids - facts.pids.keys()
    if not unknown:
        return Groups(dict(facts.pids), frozenset(facts.pids))
    links = find_links(events, facts.tids, facts.created)
    links.together += [set(pair) for pair in facts.threads_of]
    sets = _merged(links.together)
    evidence = Evidence(
        pids=facts.pids,
        group={tid: number for number, members in enumerate(sets) for tid in members},
        apart=links.apart,
        threaded=links.threaded,
        waiting=_waiting(events),
    )
    order = _attach_order(events, facts.created)
    runs = divide(order, evidence)
    pids = _named(runs, sets, facts)
    return Groups(pids, frozenset(facts.pids), _reasons(pids, unknown, links, ordered=bool(order)))


def _named(runs: list[list[int]], sets: list[set[int]], facts: Facts) -> dict[int, int]:
    """Return the group of each task: stated, or that of its run, or of those it is proven to be with."""
    pids: dict[int, int] = {}
    for members in [*map(set, runs), *sets]:
        stated = [facts.pids[tid] for tid in sorted(members) if tid in facts.pids]
        inferred = [pids[tid] for tid in sorted(members) if tid in pids]
        name = next(iter(stated + inferred), min(members))
        pids |= {tid: pids.get(tid, name) for tid in members}
    return pids | facts.pids


def _merged(together: list[set[int]]) -> list[set[int]]:
    """Join sets that share a member."""
    merged: list[set[int]] = []
    for members in together:
        apart = [each for each in merged if not each & members]
        merged = [*apart, members.union(*(each for each in merged if each & members))]
    return merged


def _attach_order(events: Sequence[Event], created: set[int]) -> list[int]:
    """Return the tasks that existed before the log, in the order in which strace took them on.

    Empty when the head of the log is missing: then the order of first lines says nothing.
    """
    first: dict[int, Event] = {}
    for event in events:
        if event.tid is not None and event.kind == "syscall" and event.tid not in created:
            first.setdefault(event.tid, event)
    return [] if any(event.hint == ORPHAN for event in first.values()) else attach_order(list(first))


def _waiting(events: Sequence[Event]) -> set[int]:
    """Return the tasks whose first call waits for connections or I/O."""
    first: dict[int, str | None] = {}
    for event in events:
        if event.tid is not None and event.kind == "syscall":
            first.setdefault(event.tid, event.name)
    return {tid for tid, name in first.items() if name in WAITING}


def _reasons(pids: dict[int, int], unknown: set[int], links: Links, *, ordered: bool) -> tuple[str, ...]:
    threads = sum(pids.get(tid, tid) != tid for tid in unknown)
    how = ["the order in which strace took them on"] if ordered else []
    how += ["the connections that they share"] if links.together else []
    how += ["the descriptors in which they differ"] if links.apart else []
    how += ["futexes that are private to a process"] if links.threaded else []
    reason = (
        f"the log does not state the process of {len(unknown)} of its tasks; {threads} of them were taken "
        f"for threads of another, from {', '.join(how) or 'nothing: each counts as a process of its own'}"
    )
    return (reason,)
