"""Under which numbers /proc has tasks: not our own where it is that of another PID namespace.

That is so behind ``unshare --pid --fork`` without ``--mount-proc``: /proc is then that of the
namespace above ours. The NS... lines of ``/proc/N/status`` give a task's number in each namespace
that it is in, from that of /proc down to its own (proc(5)).
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from typing import Final

_NS_GET_PARENT: Final = 0xB702
"""linux/nsfs.h; EPERM for what is above our own namespace (ioctl_ns(2))."""
_DEEPEST: Final = 32
"""MAX_PID_NS_LEVEL, linux/pid_namespace.h."""
_MOST: Final = 4096
"""Numbers of which it is remembered where they were found."""

_LINES: Final = {"tid": "NSpid", "tgid": "NStgid", "pgid": "NSpgid", "sid": "NSsid"}
"""Where /proc/N/status has a number, by its kind."""

_found: Final[dict[int, int]] = {}
"""Our number of a task -> that of /proc."""
_seen: Final[dict[tuple[int, int, str], int]] = {}
"""A namespace, a number in it and its kind -> the number of /proc of a task that has it."""


def folder(tid: int) -> str:
    """Return the folder of a task in /proc; one that is not there, when the task is gone."""
    return f"/proc/{in_proc(tid)}"


def in_proc(tid: int) -> int:
    """Return the number under which /proc has a task, 0 when it has none."""
    if levels() == 1:
        return tid
    for number in candidates(_found.get(tid)):
        if ours(number) == tid:
            if len(_found) >= _MOST:
                _found.clear()
            _found[tid] = number
            return number
    return 0


def ours(number: int) -> int:
    """Return our number of a task that /proc has under this one, 0 when we cannot see it."""
    if levels() == 1:
        return number
    found = ids(number, "NSpid")
    seen = len(found) >= levels() and _our_namespace() in namespaces(number)
    return found[levels() - 1] if seen else 0


def seen_as(viewer: int, number: int, kind: str = "tgid") -> int:
    """Return our number of what a task sees under this one in its own namespace.

    Args:
        viewer: the task, by our number.
        number: what it sees.
        kind: whose number it is: tid, tgid, pgid or sid.

    Returns:
        0 when there is no such task.
    """
    namespace = _namespace(in_proc(viewer)) if number > 0 else 0
    if not namespace or namespace == _our_namespace():
        return number if namespace else 0
    key = (namespace, number, kind)
    for task in candidates(_seen.get(key)):
        if here := _number_here(task, key):
            if len(_seen) >= _MOST:
                _seen.clear()
            _seen[key] = task
            return here
    return 0


def _number_here(number: int, key: tuple[int, int, str]) -> int:
    """Our number of what another namespace has under the key's, 0 when that is not this task's."""
    namespace, wanted, kind = key
    found = ids(number, _LINES[kind])
    above = namespaces(number) if wanted in found else []
    if namespace not in above or len(found) < len(above):
        return 0
    return found[-len(above)] if found[-1 - above.index(namespace)] == wanted else 0


def _namespace(number: int) -> int:
    """The inode of the PID namespace of a task in /proc, 0 when it is gone."""
    try:
        return os.stat(f"/proc/{number}/ns/pid").st_ino
    except OSError:
        return 0


@cache
def levels() -> int:
    """Return how many namespaces there are from that of /proc down to ours: 1 where it is ours."""
    return max(len(ids("self", "NSpid")), 1)


@cache
def _our_namespace() -> int:
    return next(iter(namespaces("self")), 0)


def candidates(first: int | None) -> Iterator[int]:
    """Yield where to look for a task: where it was found the last time, then every task there is."""
    if first:
        yield first
    for pid in _names("/proc"):
        yield from _names(f"/proc/{pid}/task")


def _names(path: str) -> Iterable[int]:
    try:
        return [int(name) for name in os.listdir(path) if name.isdecimal()]
    except OSError:
        return ()


def ids(number: int | str, line: str) -> list[int]:
    """Return the numbers of one line of a task's status in /proc: NSpid, NStgid, NSpgid or NSsid."""
    with suppress(OSError, ValueError), open(f"/proc/{number}/status", "rb") as status:
        for text in status:
            if text.startswith(b"%s:" % line.encode()):
                return [int(word) for word in text.split()[1:]]
    return []


def namespaces(number: int | str) -> list[int]:
    """Return the inodes of a task's PID namespace and of those above it, up to ours."""
    found: list[int] = []
    with suppress(OSError):
        at = os.open(f"/proc/{number}/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        try:
            while len(found) < _DEEPEST:
                found.append(os.fstat(at).st_ino)
                parent = fcntl.ioctl(at, _NS_GET_PARENT)
                os.close(at)
                at = parent
        finally:
            os.close(at)
    return found
