"""Which process (thread group) each task belongs to: stated by the log, or inferred."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tracekit.events.attach import Signs, downwards, main_thread, neighbours
from tracekit.events.clusters import Clusters
from tracekit.events.facts import FORKS, Facts, makes_thread
from tracekit.events.futexes import hand_overs, waiters
from tracekit.events.links import ACCEPTS, Links, find_links
from tracekit.stream import Event
from tracekit.stream.pairing import ORPHAN
from tracekit.syscalls.families import names_of

SLEEPS = names_of("nanosleep", "clock_nanosleep")
SELECTS = names_of("select", "pselect6")
POLLS = names_of("poll", "ppoll", "epoll_wait", "epoll_pwait", "epoll_pwait2")
WAITING = ACCEPTS | SELECTS | POLLS
MANAGING = FORKS | names_of("wait4", "waitid")


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


def infer_groups(events: Sequence[Event], *, ordered: bool = True) -> Groups:
    """Return the groups of the tasks of a trace.

    What the log states comes first (see facts). For tasks that existed before the log began: the
    connections that they share (links), who wakes whom (futexes), and the order in which strace
    took them on (attach), each as far as nothing before it is against it.

    Args:
        events: in the order in which they began.
        ordered: False when that order is not known across tasks; then only what is stated counts.
    """
    facts = Facts(events)
    unknown = facts.tids - facts.pids.keys()
    if not unknown:
        return Groups(dict(facts.pids), frozenset(facts.pids))
    clusters = _inferred(facts, events) if ordered else _joined(facts, Links(), [])
    pids = {tid: clusters.pid(tid) or min(clusters.of(tid)) for tid in facts.tids}
    return Groups(pids | facts.pids, frozenset(facts.pids), _reasons(pids, unknown))


def _inferred(facts: Facts, events: Sequence[Event]) -> Clusters:
    links = find_links(events, facts.tids, facts.created)
    clusters = _joined(facts, links, hand_overs(events))
    _follow_order(clusters, _first_lines(events, facts.created), _signs(events))
    return clusters


def _joined(facts: Facts, links: Links, handed: list[tuple[int, int]]) -> Clusters:
    clusters = Clusters(facts.tids, facts.pids, links.apart)
    for pair in [*_stated(facts), *facts.threads_of, *_chains(links.together), *handed]:
        clusters.join(*pair)
    return clusters


def _stated(facts: Facts) -> list[tuple[int, int]]:
    return [(tid, pid) for tid, pid in facts.pids.items() if tid in facts.tids and pid in facts.tids]


def _chains(together: list[set[int]]) -> list[tuple[int, int]]:
    return [pair for members in together for pair in pairwise(sorted(members))]


def _follow_order(clusters: Clusters, first_lines: list[int], signs: Signs) -> None:
    """Join what stands together among the first lines; then look for the main threads.

    Two sets that are proven each are not joined: were they one, the proofs would have joined them.
    """
    order = downwards(first_lines)
    proven = {tid for members in clusters.all() if len(members) > 1 for tid in members}
    for one, other in neighbours(order, signs):
        if not (clusters.of(one) & proven and clusters.of(other) & proven):
            clusters.join(one, other)
    headless = [
        each for each in clusters.all() if each & signs.threaded and clusters.pid(min(each)) not in each
    ]
    left = [each for each in headless if not _join_main(clusters, each, main_thread(each, order, signs))]
    lone = [tid for tid in order if len(clusters.of(tid)) == 1 and tid not in signs.threaded | signs.managing]
    if len(left) == len(lone) == 1 < len(headless) and lone[0] < min(left[0]):
        clusters.join(lone[0], min(left[0]))


def _join_main(clusters: Clusters, members: set[int], main: int | None) -> bool:
    return main is not None and clusters.join(main, min(members))


def _signs(events: Sequence[Event]) -> Signs:
    first: dict[int, Event] = {}
    managing = set()
    for event in events:
        if event.tid is not None and event.kind == "syscall":
            first.setdefault(event.tid, event)
            if event.name in MANAGING and not (event.name in FORKS and makes_thread(event.args or "")):
                managing.add(event.tid)
    waiting = frozenset(tid for tid, event in first.items() if event.name in WAITING)
    managing |= {tid for tid, event in first.items() if _sleeps(event)}
    return Signs(waiters(events), waiting, frozenset(managing))


def _sleeps(event: Event) -> bool:
    """Tell whether a call only lets time pass, as a parent does between two looks at its children."""
    return event.name in SLEEPS or (
        event.name in SELECTS and (event.args or "").startswith("0, NULL, NULL, NULL")
    )


def _first_lines(events: Sequence[Event], created: set[int]) -> list[int]:
    """Return the tasks that existed before the log, in the order of their first lines.

    Empty when the head of the log is missing: then the order of first lines says nothing.
    """
    first: dict[int, Event] = {}
    for event in events:
        if event.tid is not None and event.kind == "syscall" and event.tid not in created:
            first.setdefault(event.tid, event)
    return [] if any(event.hint == ORPHAN for event in first.values()) else list(first)


def _reasons(pids: dict[int, int], unknown: set[int]) -> tuple[str, ...]:
    threads = sum(pids[tid] != tid for tid in unknown)
    taken = (
        f"{threads} of them were taken for threads of another, from shared connections, private futexes and "
        "the order of their first lines"
        if threads
        else "nothing shows one to be a thread of another"
    )
    return (f"the log does not state the process of {len(unknown)} of its tasks; {taken}",)
