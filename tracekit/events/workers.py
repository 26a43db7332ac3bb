"""Processes that work beside this one: each takes a function and what it is called with, and answers.

They are programs of their own, fed over pipes, rather than forks: whoever
reads a trace may have threads, and need not guard its main module.
"""

import gc
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import IO, Any, cast

WORTH = 30_000_000
"""Characters of a log from which on more than one process reads it, unless it is said how many."""
SIZE = 8
"""Bytes in which a process says how long its answer is."""
COMMAND = "import sys; sys.path[:] = sys.argv[1:]; from tracekit.events.workers import serve; serve()"


def serve() -> None:
    """Answer until nobody asks any more: what a worker does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks decides when to stop
    gc.disable()
    while True:
        try:
            function, arguments = pickle.load(sys.stdin.buffer)  # noqa: S301 - from who started this
        except EOFError:
            return
        answer = pickle.dumps(function(*arguments))
        sys.stdout.buffer.write(len(answer).to_bytes(SIZE) + answer)
        sys.stdout.buffer.flush()


def cores() -> int:
    """Return how many processes can run at once."""
    return len(os.sched_getaffinity(0))


class Workers:
    """Processes that answer questions, each one at a time; they start with the first question.

    Attributes:
        count: how many there are.
    """

    def __init__(self, count: int | None = None) -> None:
        """Begin with none running.

        Args:
            count: how many there may be; as many as there are cores, where that is worth it, when None.
        """
        self.count = count or cores()
        self._is_asked = count is not None
        self._all: list[subprocess.Popen[bytes]] = []
        self._free: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        self._threads: ThreadPoolExecutor | None = None

    def are_worth(self, characters: int) -> bool:
        """Tell whether they are, for what it takes to read so many characters of a log."""
        return self.count > 1 and (self._is_asked or bool(self._all) or characters >= WORTH)

    def submit(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        """Have a worker call a function of a module; None comes back when it died."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self.count)
            self._start()
        return self._threads.submit(_ask, self._free, (function, arguments))

    def close(self) -> None:
        """End the processes."""
        for worker in self._all:
            worker.kill()
        if self._threads:
            self._threads.shutdown(cancel_futures=True)
        for worker in self._all:
            worker.communicate()
        self._all.clear()

    def __del__(self) -> None:
        """End them where nobody did."""
        self.close()

    def _start(self) -> None:
        command = [sys.executable, "-c", COMMAND, *sys.path]
        pipe = subprocess.PIPE
        for _ in range(self.count):
            self._all.append(subprocess.Popen(command, stdin=pipe, stdout=pipe))
            self._free.put(self._all[-1])


def _ask(free: "SimpleQueue[subprocess.Popen[bytes]]", question: tuple[Any, ...]) -> Any:
    """Return the answer of one of the workers that are free; None when it died."""
    worker = free.get()
    try:
        asked, told = cast("IO[bytes]", worker.stdin), cast("IO[bytes]", worker.stdout)
        asked.write(pickle.dumps(question))
        asked.flush()
        size = int.from_bytes(told.read(SIZE))
        answer = told.read(size)
        return pickle.loads(answer) if answer and len(answer) == size else None  # noqa: S301 - our own
    except (OSError, ValueError):
        return None
    finally:
        free.put(worker)
