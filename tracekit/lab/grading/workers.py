"""Work done by processes of their own, a task at a time: what ends one of them stops nothing else.

A task of a student's making may want more than a machine has. So each process may use so many seconds of
a processor for a task (the kernel ends it otherwise: SIGXCPU, setrlimit(2)) and so many seconds of a clock.
"""

import contextlib
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Final, Generic, TypeVar

PROGRAM: Final = f"import sys; from {__name__} import main; main(sys.argv[1:])"

Task = TypeVar("Task")
Result = TypeVar("Result")

PROCESSOR: Final = 120
"""Seconds of a processor for a task."""
CLOCK: Final = 900.0
"""Seconds of a clock for a task: it waits for something that does not come."""
ENDING: Final = 5.0
"""Seconds for a process to end when it is told to, before it is killed."""


@dataclass(frozen=True)
class Lost:
    """What is there in a result's place: why there is none."""

    reason: str


@dataclass
class _Worker:
    """A process, the line to it, and which task it is at, since when."""

    process: subprocess.Popen[bytes]
    line: Connection
    index: int | None = None
    since: float = 0.0


@dataclass(frozen=True)
class Crew(Generic[Task, Result]):
    """Has tasks done.

    Attributes:
        work: does one task; a function that can be imported by its name; tasks and results are pickled.
        jobs: how many processes do it, at least 1.
        processor: seconds of a processor for a task, whole ones.
        clock: seconds of a clock for a task.
    """

    work: Callable[[Task], Result]
    jobs: int
    processor: int = PROCESSOR
    clock: float = CLOCK

    def results(self, tasks: Sequence[Task]) -> Generator[tuple[int, Result | Lost], None, None]:
        """Yield the number of each task and its result, as they come; the processes end with it."""
        waiting = list(enumerate(tasks))[::-1]
        workers: list[_Worker] = []
        try:
            while waiting or any(worker.index is not None for worker in workers):
                while waiting and len(workers) < self.jobs:
                    workers.append(self._hire())
                for worker in workers:
                    if waiting and worker.index is None:
                        self._give(worker, *waiting.pop())
                for worker in self._ready(workers):
                    assert worker.index is not None
                    index, result = worker.index, self._take(worker)
                    worker.index = None
                    if isinstance(result, Lost):
                        workers.remove(worker)
                        _end(worker)
                    yield index, result
        finally:
            for worker in workers:
                _end(worker)

    def _hire(self) -> _Worker:
        """Start a process. It has SIGINT blocked: Ctrl-C is for the one who waits for results.

        -P: what lies in the current folder, perhaps a student's, is not to be run.
        """
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-P", "-c", PROGRAM, str(theirs.fileno()), str(self.processor)]
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()
        return _Worker(process, Connection(ours.detach()))

    def _give(self, worker: _Worker, index: int, task: Task) -> None:
        worker.index, worker.since = index, time.monotonic()
        with contextlib.suppress(OSError):  # it has ended; that is seen when its result is taken
            worker.line.send((self.work, task))

    def _ready(self, workers: list[_Worker]) -> list[_Worker]:
        """Wait for a result, the end of a process, or a task's time; return the workers that have one."""
        busy = [worker for worker in workers if worker.index is not None]
        first = min(worker.since for worker in busy)
        wait([worker.line for worker in busy], max(0.0, first + self.clock - time.monotonic()))
        now = time.monotonic()
        return [worker for worker in busy if worker.line.poll() or worker.since + self.clock <= now]

    def _take(self, worker: _Worker) -> Result | Lost:
        """Return the result that has come, or why none will."""
        if not worker.line.poll():
            return Lost(f"it took longer than {self.clock:g} s")
        try:
            result: Result | Lost = worker.line.recv()
        except (EOFError, OSError):
            return Lost(self._cause(worker.process))
        return result

    def _cause(self, process: subprocess.Popen[bytes]) -> str:
        """Say how a process ended that has closed its line."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(ENDING)
        status = process.returncode
        if status == -signal.SIGXCPU:
            return f"it took more than {self.processor} s of a processor"
        if status is not None and status < 0:
            return f"its process was ended by {signal.Signals(-status).name}"
        return f"its process ended with {status}"


def _end(worker: _Worker) -> None:
    """End a process and wait for that."""
    worker.line.close()
    worker.process.terminate()
    try:
        worker.process.wait(ENDING)
    except subprocess.TimeoutExpired:
        worker.process.kill()
        worker.process.wait()


def _allow(seconds: int) -> None:
    """Give this process so many seconds of a processor from now on."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    wanted = int(used.ru_utime + used.ru_stime) + 1 + seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def main(words: Sequence[str]) -> None:
    """Do the tasks that come on a line, until it ends.

    Args:
        words: the descriptor of the line, and the seconds of a processor for a task.
    """
    line, seconds = Connection(int(words[0])), int(words[1])
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    while True:
        try:
            work, task = line.recv()
        except EOFError:
            return
        _allow(seconds)
        line.send(_done(work, task))


def _done(work: Callable[[Any], Any], task: Any) -> Any:
    try:
        return work(task)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other tasks are still to be done
        return Lost(f"{type(error).__name__}: {error}")
