"""Tasks that cannot be of one process: a number would stand for two files in its table.

A call that returns a descriptor shows that its number was free in its task's table. Who has used that number
before, and nobody has closed it since, has another table. So has who goes on to wait on a number that another
has closed. Only lines of one file are in an order that bears this out.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tracekit.stream import Event
from tracekit.syscalls.families import doing, names_of

ACCEPTS = frozenset(doing("accepts"))
WAITS = ACCEPTS | names_of("epoll_wait", "epoll_pwait", "epoll_pwait2")
"""Calls on a descriptor that is kept: a listener, an epoll set."""
USES = WAITS | names_of("write")
CLOSES = names_of("close")
ANEW = frozenset(doing("listens", "dups", "execs")) | names_of("epoll_create", "epoll_create1", "close_range")
"""Calls after which a number may be free that nobody has closed, or stand for what can be waited on."""
TELLING = USES | CLOSES | ANEW
NUMBER = re.compile(r"\d+")
USE, CLOSE, MADE, RESET = range(4)


class Step(NamedTuple):
    """Something that a task did to a number; None is any number."""

    when: int
    what: int
    number: int | None
    tid: int
    waits: bool


def apart(events: Sequence[Event]) -> set[frozenset[int]]:
    """Return the pairs of tasks that are of two processes."""
    if len({event.file for event in events}) > 1:
        return set()
    steps = sorted(step for event in events for step in _steps(event))
    if not any(step.what == CLOSE for step in steps):
        return set()
    return _apart(steps)


def _steps(event: Event) -> Iterator[Step]:
    """Yield what an event does to numbers."""
    if event.kind != "syscall" or event.name not in TELLING or event.tid is None:
        return
    failed = event.ret is not None and event.ret < 0
    first = NUMBER.match(event.args or "")
    if event.name in ANEW:
        yield Step(event.end_line, RESET, None, event.tid, waits=False)
    elif event.name in CLOSES and first and not failed:
        yield Step(event.line, CLOSE, int(first[0]), event.tid, waits=False)
    elif first and (not failed or event.errno == "EAGAIN"):
        yield Step(event.line, USE, int(first[0]), event.tid, waits=event.name in WAITS)
    if event.name in ACCEPTS and event.ret is not None and not failed:
        yield Step(event.end_line, MADE, event.ret, event.tid, waits=False)


def _apart(steps: Sequence[Step]) -> set[frozenset[int]]:
    """Go through what was done in its order."""
    found = set[frozenset[int]]()
    held: defaultdict[int, set[int]] = defaultdict(set)
    waited: defaultdict[int, dict[int, set[int]]] = defaultdict(dict)
    for _, what, number, tid, waits in steps:
        if number is None:
            held.clear()
            waited.clear()
        elif what == CLOSE:
            held[number].clear()
            waited[number].pop(tid, None)
            for closed in waited[number].values():
                closed.add(tid)
        elif what == MADE:
            found |= {frozenset((tid, other)) for other in held[number] - {tid}}
            held[number].add(tid)
            waited[number].clear()
        else:
            held[number].add(tid)
            if waits:
                found |= {frozenset((tid, other)) for other in waited[number].get(tid, ())}
                waited[number][tid] = set()
    return found
