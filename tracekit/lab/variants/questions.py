"""Which requests of a scene are asked about: those that a short cut gets wrong."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from tracekit.errors import UsageError
from tracekit.lab.scenes import Scene
from tracekit.lab.seeds import Chance
from tracekit.lab.truth import Request

CONNECTION: Final = re.compile(r"\b(\d+)<TCP(?:v6)?:\[[^\]>]*->([\d.]+:\d+)\]>")
"""A connection's descriptor, with its client's address, as ``strace -yy`` prints it."""


ACCEPTED: Final = re.compile(r"^(\d+) .*\baccept4?\b.* = (\d+)<TCP")
"""The end of a call that took a connection, whole or resumed: by whom, and its descriptor."""
READ: Final = re.compile(r"\b(?:read|readv|recv\w*)\b[^\"]*\"[A-Z]+ (\S+) HTTP/")
"""The end of a call that read a request: its target."""


def ranked(scene: Scene) -> list[list[Request]]:
    """Return the requests that can be asked about, best first, those that are as good together.

    A target has to stand for one request that was answered with a file. It is the better the more ways there
    are to go wrong: a join on the descriptor's number alone leads to another process, and the thread that
    served is not the one that accepted.
    """
    requests = scene.truth.requests
    times = Counter(one.target for one in requests)
    misled = _misled(scene)
    listeners = {
        process.pid
        for process in scene.truth.processes
        if any(thread.role == "listener" for thread in process.threads)
    }
    classes: dict[int, list[Request]] = {rank: [] for rank in range(4)}
    for one in requests:
        if "?" not in one.target and one.status == 200 and one.file and times[one.target] == 1:
            handed = one.accept_tid != one.tid if one.accept_tid else one.pid in listeners
            classes[3 - 2 * (one.target in misled) - handed].append(one)
    return list(classes.values())


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


def _misled(scene: Scene) -> set[str]:
    """Return the targets before which another process was the last to get a connection of that number."""
    clients = {client: fd for line in scene.lines for fd, client in CONNECTION.findall(line)}
    process_of = {thread.tid: process.pid for process in scene.truth.processes for thread in process.threads}
    served = {one.target: one for one in scene.truth.requests}
    last: dict[str, int] = {}
    found = set()
    for line in scene.lines:
        if accepted := ACCEPTED.match(line):
            last[accepted[2]] = int(accepted[1])
        elif (read := READ.search(line)) and (one := served.get(read[1])):
            taker = last.get(clients.get(one.client, ""))
            if taker is not None and process_of.get(taker) != one.pid:
                found.add(one.target)
    return found
