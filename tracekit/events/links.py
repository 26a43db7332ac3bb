"""Tasks that must be, or cannot be, of one process: what their descriptors and joins prove.

Siblings that were forked have the same inherited descriptors, so those prove
nothing. A connection that was accepted while
the log ran is in the table of one process alone: tasks that existed before and
use it under the same number share that table; a task that has another file
under that number at that time does not.
"""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tracekit.events.futexes import FUTEX
from tracekit.events.positions import positions
from tracekit.stream import Event, parse_arguments
from tracekit.stream.values import Integer, symbols
from tracekit.syscalls.families import doing

ACCEPTS = frozenset(doing("accepts"))
DESCRIPTOR = re.compile(r"(\d+)<((?:[\w-]+:\[.*?\]|[^<>]*))>")
JOIN = {"FUTEX_WAIT", "FUTEX_WAIT_BITSET"}


@dataclass(slots=True)
class Connection:
    """One accepted connection: its descriptor, when it was seen first and last, and by whom."""

    fd: int
    annotation: str
    first: int
    last: int
    users: set[int]


class Use(NamedTuple):
    """One use of a descriptor."""

    when: int
    tid: int
    annotation: str


@dataclass(slots=True)
class Links:
    """What is proven about tasks.

    Attributes:
        together: sets of tasks that are of one process.
        apart: pairs of tasks that are of two.
    """

    together: list[set[int]] = field(default_factory=list)
    apart: set[frozenset[int]] = field(default_factory=set)


def find_links(
    events: Sequence[Event], tids: set[int], born_later: set[int], passing: Collection[int] = ()
) -> Links:
    """Return what the events prove.

    Args:
        events: in the order in which they began.
        tids: every task of the log.
        born_later: tasks that were made while the log ran: they may have inherited connections.
        passing: tasks that ended in a log without forks: those that come after a connection may have been
            forked for it.
    """
    links = Links()
    open_now: dict[tuple[int, str], Connection] = {}
    connections: list[Connection] = []
    uses: defaultdict[int, list[Use]] = defaultdict(list)
    came: dict[int, int] = {}
    for event, begin, end in zip(events, *positions(events), strict=True):
        tid = event.tid
        if tid is None or event.kind != "syscall":
            continue
        came.setdefault(tid, begin)
        if event.name in ACCEPTS and (made := DESCRIPTOR.match(event.ret_text or "")):
            connection = Connection(int(made[1]), made[2], end, end, {tid})
            open_now[connection.fd, connection.annotation] = connection
            connections.append(connection)
        elif event.name in FUTEX:
            _take_join(event, tid, tids, links)
        elif found := DESCRIPTOR.match(event.args or ""):
            use = Use(begin, tid, found[2])
            uses[int(found[1])].append(use)
            used = open_now.get((int(found[1]), use.annotation))
            if used and tid not in born_later and (came[tid] < used.first or tid not in passing):
                used.last = use.when
                used.users.add(tid)
    links.together += [each.users for each in connections if len(each.users) > 1]
    links.apart = _conflicts(connections, uses)
    return links


def _take_join(event: Event, tid: int, tids: set[int], links: Links) -> None:
    """Note a join: a wait on a word that holds the tid of a thread (pthread_join)."""
    match parse_arguments(event.args or ""):
        case (_, operation, Integer(expected), *_) if symbols(operation) & JOIN and expected in tids - {tid}:
            links.together.append({tid, expected})


def _conflicts(connections: list[Connection], uses: dict[int, list[Use]]) -> set[frozenset[int]]:
    """Return the pairs of which one had a connection under a number, and the other something else."""
    apart = set()
    for found in uses.values():
        found.sort()
    for connection in connections:
        same = uses.get(connection.fd, [])
        after = bisect_right(same, connection.first, key=lambda use: use.when)
        before = bisect_left(same, connection.last, key=lambda use: use.when)
        for use in same[after:before]:
            if use.annotation != connection.annotation:
                apart |= {frozenset((use.tid, user)) for user in connection.users if user != use.tid}
    return apart
