"""Starting programs, waiting for what they do, and leaving nothing of them behind.

Every program gets a session of its own: apache's prefork parent signals its whole
process group when it stops, and the session is how descendants are found again after
their parent has gone.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple, TypeVar

PROC = Path("/proc")
PATIENCE_S = 30.0
"""How long a test waits for what ought to happen at once."""
POLL_S = 0.01
PATIENT_POLL_S = 0.05
"""How often what has not come for a while is looked for: looking costs others their processor time."""

T = TypeVar("T")
Stream = IO[bytes] | int | None
Process = subprocess.Popen[bytes]


class Task(NamedTuple):
    """What proc(5) says of one task: a thread, or a process by its main thread."""

    tid: int
    tgid: int
    ppid: int
    session: int
    state: str
    """R, S, D, T (stopped by a signal), t (held by a tracer), Z, X."""
    tracer: int

    @property
    def ended(self) -> bool:
        return self.state in {"Z", "X"}


def wait_until(condition: Callable[[], T], what: str, seconds: float = PATIENCE_S) -> T:
    """Call ``condition`` until what it returns is true, and return that.

    Raises:
        TimeoutError: it was not true within ``seconds``.
    """
    began = time.monotonic()
    while not (value := condition()):
        waited = time.monotonic() - began
        if waited > seconds:
            raise TimeoutError(f"waited {seconds:g} s in vain: {what}")
        time.sleep(POLL_S if waited < 0.5 else PATIENT_POLL_S)
    return value


def task(tid: int) -> Task | None:
    """Return the task of that id, or None when there is none (any more)."""
    try:
        text = (PROC / str(tid) / "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = dict(line.split(":", 1) for line in text.splitlines())
    return Task(
        tid,
        tgid=int(fields["Tgid"]),
        ppid=int(fields["PPid"]),
        session=int(fields["NSsid"].split()[-1]),
        state=fields["State"].split()[0],
        tracer=int(fields["TracerPid"]),
    )


def threads(pid: int) -> list[Task]:
    """Return the tasks of a process; none when it is gone."""
    try:
        tids = [int(entry.name) for entry in (PROC / str(pid) / "task").iterdir()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [found for tid in tids if (found := task(tid)) is not None]


class Relative(NamedTuple):
    """Where a process belongs."""

    pid: int
    ppid: int
    session: int


def alive() -> Iterator[Relative]:
    """Yield the processes of this machine that have not ended, by the cheapest file of proc(5): stat."""
    for name in filter(str.isdigit, os.listdir(PROC)):  # noqa: PTH208 - a Path for each takes twice as long
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            text = (PROC / name / "stat").read_bytes()
            state, ppid, _, session = text.rpartition(b")")[2].split(maxsplit=4)[:4]
            if state not in {b"Z", b"X"}:
                yield Relative(int(name), int(ppid), int(session))


def tree(pid: int) -> list[int]:
    """Return a process and all its living descendants, parents first."""
    here = list(alive())
    found = [one.pid for one in here if one.pid == pid]
    for parent in found:
        found.extend(one.pid for one in here if one.ppid == parent)
    return found


def in_session(session: int) -> list[int]:
    """Return the processes of a session that still run."""
    return [one.pid for one in alive() if one.session == session]


def start(
    argv: Sequence[str | Path],
    *,
    stdin: Stream = subprocess.DEVNULL,
    stdout: Stream = subprocess.DEVNULL,
    stderr: Stream = subprocess.DEVNULL,
    env: Mapping[str, str] | None = None,
) -> Process:
    """Start a program in a session of its own; whoever calls this calls `stop`."""
    return subprocess.Popen(
        [str(word) for word in argv],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        env=env,
        start_new_session=True,
    )


def stop(process: Process, first: signal.Signals = signal.SIGTERM, seconds: float = PATIENCE_S) -> int:
    """End a program that `start` started, and everything in its session; return its status.

    It is asked with ``first``; what is left of its session when it has gone, or when
    ``seconds`` are over, is killed.
    """
    if process.poll() is None:
        process.send_signal(first)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    wait_until(lambda: not _kill_all(in_session(process.pid)), f"the end of session {process.pid}")
    return process.wait()


def _kill_all(pids: list[int]) -> list[int]:
    """Kill each of ``pids`` and return them."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return pids


@contextlib.contextmanager
def ending(process: Process, first: signal.Signals = signal.SIGTERM) -> Iterator[Process]:
    """Stop a program that `start` started when the block is left; it is asked with ``first``."""
    try:
        yield process
    finally:
        stop(process, first)
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
