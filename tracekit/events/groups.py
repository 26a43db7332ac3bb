"""Which process (thread group) each task belongs to: stated by the log, or inferred."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tracekit.events.attach import Signs, downwards, main_thread, neighbours
from tracekit.events.clues import Clues
from tracekit.events.clusters import Clusters
from tracekit.events.columns import Columns, Integers
from tracekit.events.facts import Facts
from tracekit.events.futexes import hand_overs
from tracekit.events.links import Links, find_links
from tracekit.events.lives import key_of, tid_of
from tracekit.events.numbers import apart
from tracekit.events.signs import first_lines, signs_of
from tracekit.stream import Event
from tracekit.stream.rows import MISSING


@dataclass(frozen=True, slots=True)
class Groups:
    """The thread group of each task.

    Attributes:
        pids: tgid by task: the tid, or its key when the tid was another task's before (see lives).
        known: the tasks whose group the log states; the others' was inferred.
        reasons: how the others' was inferred, one sentence each.
        reused: the numbers of the events after which a tid is another task's, by tid.
    """

    pids: dict[int, int] = field(default_factory=dict)
    known: frozenset[int] = frozenset()
    reasons: tuple[str, ...] = ()
    reused: dict[int, list[int]] = field(default_factory=dict)

    def pid(self, tid: int | None, number: int = 0) -> int | None:
        """Return the process of the task of an event; a task that nothing is known of is its own."""
        return None if tid is None else self.pids.get(self._task(tid, number), tid)

    def is_known(self, tid: int | None, number: int = 0) -> bool:
        """Tell whether the log states the process of the task of an event."""
        return tid is not None and self._task(tid, number) in self.known

    def of_events(self, tids: Integers, first: int = 0) -> tuple[Integers, npt.NDArray[np.bool_]]:
        """Return the process of each of some events that follow one another, and whether the log states it.

        Args:
            tids: the tasks; MISSING where that is not known, as in what is returned.
            first: the number of the first event.
        """
        found, task = np.unique(tids, return_inverse=True)
        given = [None if tid == MISSING else tid for tid in found.tolist()]
        pids = np.array([MISSING if tid is None else self.pid(tid) for tid in given], dtype=np.int64)[task]
        known = np.array([self.is_known(tid) for tid in given], dtype=bool)[task]
        for tid in self.reused.keys() & set(given):
            places = np.flatnonzero(tids == tid)
            numbers = (places + first).tolist()
            pids[places] = [self.pid(tid, number) or tid for number in numbers]
            known[places] = [self.is_known(tid, number) for number in numbers]
        return pids, known

    def _task(self, tid: int, number: int) -> int:
        return key_of(tid, bisect_left(self.reused.get(tid, ()), number))


def infer_groups(events: Columns, *, ordered: bool = True) -> Groups:
    """Return the groups of the tasks of a whole trace.

    Args:
        events: in the order in which they began; those of an only task that no line names get its tid.
        ordered: False when that order is not known across tasks; then only what is stated counts.
    """
    clues = Clues()
    clues.take(events)
    clues.name(clues.own_tids())
    return groups_of(clues, ordered=ordered)


def groups_of(clues: Clues, *, ordered: bool = True) -> Groups:
    """Return the groups of the tasks of a trace.

    What the log states comes first (see facts). For tasks that existed before the log began: the
    connections that they share (links), who wakes whom (futexes), and the order in which strace
    took them on (attach), each as far as nothing before it is against it.
    """
    facts = Facts(clues.told, clues.tasks, clues.lives)
    unknown = facts.tids - facts.pids.keys()
    reused = clues.lives.reused()
    if not unknown:
        return Groups(dict(facts.pids), frozenset(facts.pids), reused=reused)
    passing = set() if clues.has_forks else clues.lives.ended()
    clusters = _inferred(facts, clues.early(), passing) if ordered else _joined(facts, Links(), [])
    pids = {tid: clusters.pid(tid) or tid_of(min(clusters.of(tid))) for tid in facts.tids}
    return Groups(pids | facts.pids, frozenset(facts.pids), _reasons(pids, unknown), reused)


def _inferred(facts: Facts, events: Sequence[Event], passing: set[int]) -> Clusters:
    links = find_links(events, facts.tids, facts.created, passing)
    links.apart |= apart(events)
    clusters = _joined(facts, links, hand_overs(events))
    _follow_order(clusters, first_lines(events, facts.created), signs_of(events))
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
    threaded = [each for each in clusters.all() if each & signs.threaded]
    if len(left) == len(lone) == 1 < len(threaded) and lone[0] < min(left[0]):
        clusters.join(lone[0], min(left[0]))


def _join_main(clusters: Clusters, members: set[int], main: int | None) -> bool:
    """Join threads with their main thread, unless that is a thread of others."""
    return main is not None and len(clusters.of(main)) == 1 and clusters.join(main, min(members))


def _reasons(pids: dict[int, int], unknown: set[int]) -> tuple[str, ...]:
    threads = sum(pids[tid] != tid_of(tid) for tid in unknown)
    taken = (
        f"{threads} of them were taken for threads of another, from shared connections, private futexes and "
        "the order of their first lines"
        if threads
        else "nothing shows one to be a thread of another"
    )
    return (f"the log does not state the process of {len(unknown)} of its tasks; {taken}",)
