"""How tasks behave that were there before the trace began: clues to which of them belong together."""

from collections.abc import Sequence

from tracekit.events.attach import Signs
from tracekit.events.cloning import FORKS, makes_thread
from tracekit.events.futexes import waiters
from tracekit.events.links import ACCEPTS
from tracekit.stream import Event
from tracekit.stream.pairing import ORPHAN
from tracekit.syscalls.families import names_of

SLEEPS = names_of("nanosleep", "clock_nanosleep")
SELECTS = names_of("select", "pselect6")
POLLS = names_of("poll", "ppoll", "epoll_wait", "epoll_pwait", "epoll_pwait2")
WAITING = ACCEPTS | SELECTS | POLLS
MANAGING = FORKS | names_of("wait4", "waitid", "rt_sigsuspend", "sigsuspend")
"""Waiting for child processes, or for a signal that tells of one: what a parent does, and no thread."""


def signs_of(events: Sequence[Event]) -> Signs:
    """Return what the tasks were seen doing."""
    first: dict[int, Event] = {}
    managing = set()
    for event in events:
        if event.tid is not None and event.kind == "syscall":
            first.setdefault(event.tid, event)
            if event.name in MANAGING and not (
                event.name in FORKS and makes_thread(event.name, event.args or "")
            ):
                managing.add(event.tid)
    waiting = frozenset(tid for tid, event in first.items() if event.name in WAITING)
    managing |= {tid for tid, event in first.items() if _sleeps(event)}
    return Signs(waiters(events), waiting, frozenset(managing))


def _sleeps(event: Event) -> bool:
    """Tell whether a call only lets time pass, as a parent does between two looks at its children."""
    return event.name in SLEEPS or (
        event.name in SELECTS and (event.args or "").startswith("0, NULL, NULL, NULL")
    )


def first_lines(events: Sequence[Event], created: set[int]) -> list[int]:
    """Return the tasks that existed before the log, in the order of their first lines.

    Empty when the head of the log is missing: then the order of first lines says nothing.
    """
    first: dict[int, Event] = {}
    for event in events:
        if event.tid is not None and event.kind == "syscall" and event.tid not in created:
            first.setdefault(event.tid, event)
    return [] if any(event.hint == ORPHAN for event in first.values()) else list(first)
