"""The two tracers, which write the same format: the real strace, and our own."""

import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.httpd import Apache
from tests.support.processes import PATIENCE_S, Process, start, stop, task, threads, wait_until
from tests.support.requirements import need, need_ptrace

STRACE_OPTIONS = ["-f", "-ttt", "-T", "-yy", "-s", "4096"]
TRACEKIT = [sys.executable, "-m", "tracekit"]

STOPPED = {"T", "t"}
"""The states of a task that a signal, or a tracer, holds: proc(5)."""

Command = list[str]


def strace_on(server: Apache, out: Path) -> Command:
    """Return the command that attaches strace to every process of a server."""
    pids = [word for pid in server.pids() for word in ("-p", str(pid))]
    return [need("strace"), *STRACE_OPTIONS, "-o", str(out), *pids]


def tracekit_on(server: Apache, out: Path) -> Command:
    """Return the command that attaches tracekit to every process of a server."""
    return attach(out, "--tree", "-p", str(server.parent))


def attach(out: Path, *selected: str) -> Command:
    """Return the command that attaches tracekit to all threads of the selected processes."""
    return [*TRACEKIT, "attach", "--follow-threads", "-s", "4096", "-o", str(out), *selected]


TRACERS: dict[str, Callable[[Apache, Path], Command]] = {"strace": strace_on, "tracekit": tracekit_on}


def traced_by(tracer: int, pids: Sequence[int]) -> bool:
    """Whether every thread of every one of the processes is traced by a process."""
    tracers = [one.tracer for pid in pids for one in threads(pid) if not one.ended]
    return bool(tracers) and all(found is not None and _tgid(found) == tracer for found in tracers)


def _tgid(tid: int) -> int | None:
    """Return the process of a thread: TracerPid may name a thread of the tracer."""
    found = task(tid)
    return found.tgid if found else None


@contextmanager
def attached(command: Command, server: Apache) -> Iterator[Process]:
    """Trace a server for as long as the block lasts, then detach with SIGINT.

    The block begins when all of the server is traced; when it has ended, none of it is.
    """
    need_ptrace()
    with tempfile.TemporaryFile() as complaints:
        tracer = start(command, stderr=complaints)
        try:
            wait_until(
                lambda: tracer.poll() is not None or traced_by(tracer.pid, server.pids()), "the attach"
            )
            if tracer.poll() is not None:
                complaints.seek(0)
                raise RuntimeError(f"{command} ended: {complaints.read().decode()}")
            yield tracer
            tracer.send_signal(signal.SIGINT)
            tracer.wait(PATIENCE_S)
        finally:
            stop(tracer, signal.SIGKILL)
    wait_until(lambda: untraced(server.pids()), "the tracer to let go of all threads")


def untraced(pids: Sequence[int]) -> bool:
    """Whether no thread of any of the processes has a tracer."""
    return not any(one.tracer for pid in pids for one in threads(pid))


def free(pids: Sequence[int]) -> bool:
    """Whether no thread of any of the processes has a tracer, or is stopped."""
    return untraced(pids) and not any(one.state in STOPPED for pid in pids for one in threads(pid))
