"""What proc(5) tells about processes and threads that we trace, or want to."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Status:
    """Fields of ``/proc/TID/status``."""

    tgid: int
    ppid: int
    tracer_pid: int
    uid: int
    state: str
    """One letter: R running, S sleeping, D disk sleep, T stopped, t tracing stop, Z zombie, X dead."""
    name: str


def status(tid: int) -> Status | None:
    """Return the status of a task, None when there is no such task."""
    try:
        text = Path(f"/proc/{tid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
    return Status(
        tgid=int(fields["Tgid"]),
        ppid=int(fields["PPid"]),
        tracer_pid=int(fields["TracerPid"]),
        uid=int(fields["Uid"].split()[0]),
        state=fields["State"][0],
        name=fields["Name"],
    )


def threads(pid: int) -> list[int]:
    """Return the tids of a process's threads, ascending; none when it is gone."""
    try:
        return sorted(int(name) for name in os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return []


def comm(tid: int) -> str:
    """Return the command name of a task."""
    try:
        return Path(f"/proc/{tid}/comm").read_text(encoding="utf-8", errors="replace").rstrip("\n")
    except OSError:
        return ""


def process_facts(pid: int, descriptors: bool) -> dict[str, Any] | None:
    """Return what strace's format cannot say about a process: the payload of a header line.

    ``descriptors`` also lists what each open descriptor stands for; a process
    that was forked under our eyes has its parent's.
    """
    found = status(pid)
    if found is None:
        return None
    facts: dict[str, Any] = {
        "pid": pid,
        "ppid": found.ppid,
        "comm": found.name,
        "uid": found.uid,
        "exe": _link(f"/proc/{pid}/exe"),
        "cmdline": _command_line(pid),
        "cwd": _link(f"/proc/{pid}/cwd"),
        "root": _link(f"/proc/{pid}/root"),
    }
    if descriptors:
        facts["fds"] = dict(_descriptors(pid))
    return facts


def _command_line(pid: int) -> list[str]:
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return []
    return [part.decode("utf-8", "replace") for part in raw.rstrip(b"\0").split(b"\0")] if raw else []


def _descriptors(pid: int) -> Iterator[tuple[str, str]]:
    folder = f"/proc/{pid}/fd"
    try:
        names = sorted(os.listdir(folder), key=int)
    except OSError:
        return
    for name in names:
        if target := _link(f"{folder}/{name}"):
            yield name, target


def _link(path: str) -> str | None:
    try:
        return os.fsencode(os.readlink(path)).decode("utf-8", "replace")
    except OSError:
        return None
