"""Which requests of a scene are asked about: those that a short cut gets wrong."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from tracekit.errors import UsageError
from tracekit.lab.scenes import Scene
from tracekit.lab.seeds import Chance
from tracekit.lab.truth import Request

CONNECTION: Final = re.compile(r"\b(\d+)<TCP(?:v6)?:\[[^\]>]*->([\d.]+:\d+)\]>")
"""A connection's descriptor, with its client's address, as ``strace -yy`` prints it."""
ROUNDS: Final = 2


def ranked(scene: Scene) -> list[list[Request]]:
    """Return the requests that can be asked about, best first, those that are as good together.

    A target has to stand for one request that was answered with a file. It is the better the more ways there
    are to go wrong: its thread did not accept it, and other processes have its descriptor's number, too.
    """
    requests = scene.truth.requests
    times = Counter(one.target for one in requests)
    descriptors = _descriptors(scene.lines)
    holders = defaultdict(set)
    for one in requests:
        holders[descriptors.get(one.client)].add(one.pid)
    listeners = _listeners(scene)
    classes: dict[int, list[Request]] = {0: [], 1: [], 2: []}
    for one in requests:
        if one.status == 200 and one.file and times[one.target] == 1:
            taken = one.accept_tid != one.tid if one.accept_tid else one.pid in listeners
            shared = one.client in descriptors and len(holders[descriptors[one.client]]) > 1
            classes[2 - taken - shared].append(one)
    return [classes[rank] for rank in sorted(classes)]


def ask(classes: Sequence[Sequence[Request]], count: int, chance: Chance) -> tuple[str, ...]:
    """Choose the targets of so many requests, of different threads as far as there are such, in any order.

    Args:
        classes: what `ranked` returns.
        count: how many.
        chance: of the student's exercise.

    Raises:
        UsageError: there are not so many.
    """
    chosen: list[Request] = []
    for same in classes:
        in_any_order = chance.some(same, len(same))
        fresh: list[Request] = []
        for one in in_any_order:
            if one.tid not in {other.tid for other in (*chosen, *fresh)}:
                fresh.append(one)
        chosen += [*fresh, *(one for one in in_any_order if one not in fresh)]
    if len(chosen) < count:
        raise UsageError(f"there are {len(chosen)} requests to ask about, and {count} are needed")
    return tuple(one.target for one in chance.some(chosen[:count], count))


def _descriptors(lines: Sequence[str]) -> dict[str, str]:
    return {client: fd for line in lines for fd, client in CONNECTION.findall(line)}


def _listeners(scene: Scene) -> set[int]:
    """Return the processes that have a listener thread."""
    return {
        process.pid
        for process in scene.truth.processes
        for thread in process.threads
        if thread.role == "listener"
    }
