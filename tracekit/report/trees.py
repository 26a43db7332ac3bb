"""Processes as a tree: children below those that made them, the threads of each below it."""

from collections.abc import Iterator, Mapping
from typing import Any

Record = Mapping[str, Any]
STEP = "  "
DEEP = 40
"""Levels that are drawn; a tree that goes deeper, as hostile numbers could make it, is cut there."""


def task_tree(answer: Record) -> list[Record]:
    """Return a line for each process and thread of the answer to ``tasks``, each below what it is of."""
    processes = list(answer.get("processes") or ())
    numbers = {process.get("pid") for process in processes}
    below: dict[int | None, list[Record]] = {}
    for process in processes:
        parent = process.get("ppid")
        own = parent is not None and parent != process.get("pid") and parent in numbers
        below.setdefault(parent if own else None, []).append(process)
    shown: set[int] = set()
    lines = [line for process in below.get(None, ()) for line in _lines(process, below, 0, shown)]
    rest = [process for process in processes if id(process) not in shown]
    return lines + [line for process in rest for line in _lines(process, {}, 0, shown)]


def _lines(
    process: Record, below: dict[int | None, list[Record]], depth: int, shown: set[int]
) -> Iterator[Record]:
    """Yield a process, its threads, and the processes below it."""
    if id(process) in shown or depth > DEEP:
        return
    shown.add(id(process))
    threads = list(process.get("threads") or ())
    pid = process.get("pid")
    number = "?" if pid is None else str(pid)
    yield {**process, "task": STEP * depth + number, "nlwp": len(threads)}
    if len(threads) > 1 or pid is None:
        for thread in threads:
            mark = STEP * (depth + 1) + f"{{{thread.get('tid')}}}"
            yield {**thread, "task": mark, "command": thread.get("name")}
    for child in below.get(pid, ()) if pid is not None else ():
        yield from _lines(child, below, depth + 1, shown)
