"""Which processes to trace, and why one cannot be."""

import errno
import os
from collections.abc import Iterable
from pathlib import Path

import psutil

from tracekit.errors import NotPermittedError, TracekitError, UsageError
from tracekit.tracer import procfs

_YAMA = Path("/proc/sys/kernel/yama/ptrace_scope")


def choose(pids: Iterable[int], name: str | None, port: int | None, tree: bool) -> list[int]:
    """Return the processes that are meant, ascending.

    Args:
        pids: processes (or threads) given by number.
        name: the command name (``comm``) of processes, exactly.
        port: the TCP port that processes listen on; takes their descendants too,
            since a listener that only the parent holds is served by children.
        tree: take all descendants of every process that was chosen.

    Raises:
        UsageError: nothing matches, or a pid is gone.
    """
    chosen = set(pids)
    for pid in chosen:
        if not Path(f"/proc/{pid}").exists():
            raise UsageError(f"there is no process {pid}", "it may have ended; `ps -e` lists those that run")
    if name is not None:
        found = {p.pid for p in psutil.process_iter() if procfs.comm(p.pid) == name}
        if not found:
            raise UsageError(f"no process is named {name!r}", "`ps -e -o pid,comm` lists the names")
        chosen |= found
    if port is not None:
        found = _listeners(port)
        if not found:
            raise UsageError(
                f"no process that you may look into listens on TCP port {port}",
                "`ss -ltnp` lists the listeners; those of other users are shown to root only",
            )
        chosen |= found | descendants(found)
    if tree:
        chosen |= descendants(chosen)
    chosen.discard(os.getpid())
    return sorted(chosen)


def descendants(pids: Iterable[int]) -> set[int]:
    """Return the processes below these ones, without ourselves."""
    found: set[int] = set()
    for pid in pids:
        try:
            found.update(child.pid for child in psutil.Process(pid).children(recursive=True))
        except psutil.Error:
            continue
    found.discard(os.getpid())
    return found


def _listeners(port: int) -> set[int]:
    connections = psutil.net_connections(kind="tcp")
    return {
        c.pid
        for c in connections
        if c.pid and c.status == psutil.CONN_LISTEN and c.laddr and c.laddr[1] == port
    }


def refusal(tid: int, error: OSError) -> TracekitError:
    """Explain why a task could not be attached to, with what to do about it."""
    task = procfs.status(tid)
    if error.errno == errno.ESRCH or task is None:
        return UsageError(f"process {tid} is gone", "it ended before it could be attached to")
    label = f"process {tid} ({task.name})"
    if task.state in "ZX":
        return UsageError(
            f"{label} has ended already", "its parent has not reaped it yet; there is nothing to trace"
        )
    if task.tracer_pid:
        tracer = f"{task.tracer_pid} ({procfs.comm(task.tracer_pid)})"
        return NotPermittedError(f"{label} is traced already, by process {tracer}", "end that tracer first")
    if task.uid != os.geteuid() and os.geteuid():
        return NotPermittedError(
            f"{label} belongs to uid {task.uid}", "run tracekit as root: sudo tracekit ..."
        )
    if os.geteuid() and _yama_scope():
        return NotPermittedError(
            f"the kernel forbids to attach to {label} (yama.ptrace_scope is {_yama_scope()})",
            "run tracekit as root, or: sysctl kernel.yama.ptrace_scope=0",
        )
    return NotPermittedError(
        f"{label} may not be traced: {os.strerror(error.errno or errno.EPERM)}",
        "tracing needs CAP_SYS_PTRACE; in a container add it with --cap-add SYS_PTRACE (or --privileged)",
    )


def _yama_scope() -> int:
    """Return the level of the Yama security module, 0 when it is absent (ptrace(2))."""
    try:
        return int(_YAMA.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0
