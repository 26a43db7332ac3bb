"""What proc(5) says of a process now, by its cheapest files; None or nothing where it has gone."""

import os
import platform
from pathlib import Path
from typing import Final, NamedTuple

CALLS: Final = {
    "x86_64": {
        "7": "worker",  # poll
        "43": "listener",  # accept
        "202": "worker",  # futex
        "232": "listener",  # epoll_wait
        "281": "listener",  # epoll_pwait
        "288": "listener",  # accept4
        "441": "listener",  # epoll_pwait2
    },
    "aarch64": {
        "22": "listener",  # epoll_pwait
        "73": "worker",  # ppoll
        "98": "worker",  # futex
        "202": "listener",  # accept
        "242": "listener",  # accept4
        "441": "listener",  # epoll_pwait2
    },
}
"""What a thread is by the call that it waits in, by machine (asm/unistd_64.h, asm-generic/unistd.h).

A listener may wait in a futex too.
"""
NAMES: Final = {"listener": "listener", "worker": "worker", "starter": "starter"}
"""What a thread of the built-in server is by the beginning of its name; a new one has that of its maker."""


class Stat(NamedTuple):
    """A process."""

    state: str
    started: int
    """In clock ticks since boot: with the pid it tells a process from a later one."""

    @property
    def ended(self) -> bool:
        """Whether there is nothing left of it but its status."""
        return self.state in "ZX"


def stat(pid: int) -> Stat | None:
    """Return the state of a process."""
    text = _read(f"/proc/{pid}/stat")
    if text is None:
        return None
    fields = text.rpartition(")")[2].split()
    return Stat(fields[0], int(fields[19]))


def same(pid: int, started: int) -> bool:
    """Whether a process lives, and is the one that was started then."""
    found = stat(pid)
    return found is not None and found.started == started and not found.ended


def children(pid: int) -> list[int]:
    """Return the children of a process's threads that have not ended."""
    found = [_read(f"/proc/{pid}/task/{tid}/children") or "" for tid in threads(pid)]
    return [int(one) for text in found for one in text.split() if not _ended(int(one))]


def _ended(pid: int) -> bool:
    found = stat(pid)
    return found is None or found.ended


def threads(pid: int) -> list[int]:
    """Return the threads of a process."""
    try:
        return sorted(map(int, os.listdir(f"/proc/{pid}/task")))  # noqa: PTH208  looked at very often
    except (FileNotFoundError, ProcessLookupError):
        return []


def role(pid: int, tid: int) -> str:
    """Return what a thread that is not the main one seems to be now; empty where it does not show."""
    name = (_read(f"/proc/{pid}/task/{tid}/comm") or "").strip()
    by_name = next((found for begin, found in NAMES.items() if name.startswith(begin)), "")
    number = (_read(f"/proc/{pid}/task/{tid}/syscall") or "").partition(" ")[0]
    return by_name or CALLS.get(platform.machine(), {}).get(number, "")


def tracer(pid: int) -> int:
    """Return the pid of the process that traces a process, or 0."""
    text = _read(f"/proc/{pid}/status") or "TracerPid: 0"
    return int(text.partition("TracerPid:")[2].split()[0])


def command(pid: int) -> str:
    """Return the name that ps shows for a process."""
    return (_read(f"/proc/{pid}/comm") or "").strip()


def _read(path: str) -> str | None:
    """Return what a file of proc(5) says; None when its task has gone, or it is not for us."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
