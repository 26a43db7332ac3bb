"""What proc(5) tells about processes and threads that we trace, or want to."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tracekit.tracer.kernel.numbers import folder, in_proc, levels, ours

_LISTEN = "0A"
"""TCP_LISTEN, net/tcp_states.h."""


class Status(NamedTuple):
    """Fields of ``/proc/TID/status``."""

    tgid: int
    ppid: int
    tracer_pid: int
    uid: int
    state: str
    """One letter: R running, S sleeping, D disk sleep, T stopped, t tracing stop, Z zombie, X dead."""
    name: str

    @property
    def is_ours(self) -> bool:
        """Whether we (this thread: ptrace(2) knows no other tracers) trace it."""
        return self.tracer_pid == in_proc(threading.get_native_id())


def status_fields(tid: int) -> dict[str, str] | None:
    """Return the lines of ``/proc/TID/status`` by name, None when there is no such task."""
    try:
        text = Path(f"{folder(tid)}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return dict(line.split(":\t", 1) for line in text.split("\n") if ":\t" in line)


def status(tid: int) -> Status | None:
    """Return the status of a task, None when there is no such task."""
    fields = status_fields(tid)
    if fields is None:
        return None
    return Status(
        tgid=int(fields["NStgid"].split()[levels() - 1]),
        ppid=int(fields["PPid"]),
        tracer_pid=int(fields["TracerPid"]),
        uid=int(fields["Uid"].split()[0]),
        state=fields["State"][0],
        name=fields["Name"],
    )


def threads(pid: int) -> list[int]:
    """Return the tids of a process's threads, ascending; none when it is gone."""
    try:
        return sorted(ours(int(name)) for name in os.listdir(f"{folder(pid)}/task"))
    except OSError:
        return []


def parents() -> dict[int, int]:
    """Return each process of this machine, with its parent (the 4th field of ``/proc/PID/stat``)."""
    found = {}
    for name in filter(str.isdecimal, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stat:
                found[int(name)] = int(stat.read().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has ended meanwhile
    return found


def tasks() -> Iterator[tuple[int, Status]]:
    """Yield every task of this machine: tid and status."""
    for name in os.listdir("/proc"):
        for tid in threads(int(name)) if name.isdecimal() else ():
            if (found := status(tid)) is not None:
                yield tid, found


def comm(tid: int) -> str:
    """Return the command name of a task."""
    try:
        return Path(f"{folder(tid)}/comm").read_text(encoding="utf-8", errors="replace").rstrip("\n")
    except OSError:
        return ""


def process_facts(tid: int, descriptors: bool) -> dict[str, Any] | None:
    """Return what strace's format cannot say about a process: the payload of a header line.

    Any thread of it will do; a main thread that ended before the others knows
    of no files any more. ``descriptors`` also lists what each open descriptor
    stands for; a process that was forked under our eyes has its parent's.
    """
    found = status(tid)
    if found is None:
        return None
    facts: dict[str, Any] = {
        "pid": found.tgid,
        "ppid": found.ppid,
        "comm": found.name,
        "uid": found.uid,
        "exe": _link(f"{folder(tid)}/exe"),
        "cmdline": _command_line(tid),
        "cwd": _link(f"{folder(tid)}/cwd"),
        "root": _link(f"{folder(tid)}/root"),
    }
    if descriptors:
        facts["fds"] = dict(_descriptors(tid))
    return facts


def listening_sockets(port: int) -> set[int]:
    """Return the inodes of the TCP sockets that listen on a port (``/proc/net/tcp`` in proc(5))."""
    found: set[int] = set()
    for table in ("tcp", "tcp6"):
        try:
            lines = Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            local, state, inode = fields[1], fields[3], fields[9]
            if state == _LISTEN and int(local.rpartition(":")[2], 16) == port:
                found.add(int(inode))
    return found


def open_files(pid: int) -> set[str]:
    """Return what the descriptors of a process stand for; nothing when we may not look."""
    return {target for _, target in _descriptors(pid)}


def _command_line(pid: int) -> list[str]:
    try:
        raw = Path(f"{folder(pid)}/cmdline").read_bytes()
    except OSError:
        return []
    return [part.decode("utf-8", "replace") for part in raw.rstrip(b"\0").split(b"\0")] if raw else []


def _descriptors(pid: int) -> Iterator[tuple[str, str]]:
    path = f"{folder(pid)}/fd"
    try:
        names = sorted(os.listdir(path), key=int)
    except OSError:
        return
    for name in names:
        if target := _link(f"{path}/{name}"):
            yield name, target


def _link(path: str) -> str | None:
    try:
        return os.fsencode(os.readlink(path)).decode("utf-8", "replace")
    except OSError:
        return None
