"""What there is to work with: versions, cores, room for a trace, and who traces already."""

import importlib.metadata
import os
import platform
import resource
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil

from tracekit import __version__
from tracekit.tracer.kernel import procfs
from tracekit.tracer.machine import trial


@dataclass(frozen=True, slots=True)
class Traced:
    """A process that has a tracer."""

    pid: int
    name: str
    tracer: int
    tracer_name: str


@dataclass(frozen=True, slots=True)
class Means:
    """What there is to work with."""

    versions: dict[str, str]
    """Of tracekit, Python and python-ptrace."""
    strace: str | None
    """The version of strace; None when there is none."""
    sockets: str
    """Why the addresses of sockets are not to be had; empty when they are."""
    cores: int
    usable_cores: int
    """Those that we may run on (sched_setaffinity(2))."""
    folder: str
    """Where a trace would be written: the current folder."""
    free: int | None
    """Bytes that are free there for us."""
    file_limit: int | None
    """RLIMIT_FSIZE in bytes; None when there is no limit."""
    traced: tuple[Traced, ...]


def take_stock(folder: Path = Path()) -> Means:
    """Return what there is; ``folder`` is where traces would be written."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return Means(
        versions={
            "tracekit": __version__,
            "Python": platform.python_version(),
            "python-ptrace": _version("python-ptrace"),
        },
        strace=_strace(),
        sockets=trial.socket_error(),
        cores=os.cpu_count() or 1,
        usable_cores=len(os.sched_getaffinity(0)),
        folder=str(folder.absolute()),
        free=_free(folder),
        file_limit=None if limit == resource.RLIM_INFINITY else limit,
        traced=traced(),
    )


def traced() -> tuple[Traced, ...]:
    """Return every process that has a tracer which we can see."""
    found = ((pid, procfs.status(pid)) for pid in sorted(psutil.pids()))
    return tuple(
        Traced(pid, task.name, task.tracer_pid, procfs.comm(task.tracer_pid))
        for pid, task in found
        if task and task.tracer_pid
    )


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "of unknown version"


def _strace() -> str | None:
    """Return strace's version, ``6.1`` of "strace -- version 6.1"."""
    path = shutil.which("strace")
    if path is None:
        return None
    try:
        done = subprocess.run([path, "-V"], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return "that does not run"
    return done.stdout.partition("\n")[0].rpartition(" ")[2]


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
