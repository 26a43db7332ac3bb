"""Processes that read pieces of a large file; the same rows come out as without them.

They are programs of their own, fed over pipes, rather than forks: whoever
reads a trace may have threads, and need not guard its main module.
"""

import gc
import io
import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import IO, NamedTuple, cast

from tracekit.events import sources
from tracekit.events.sources import cut_blocks, refuse_endless
from tracekit.stream.leader import Layout
from tracekit.stream.pieces import Piece, read_piece

WORTH = 20_000_000
"""Bytes of a file from which on more than one process reads it, unless it is said how many."""
LARGEST = 1 << 23
"""Bytes of a piece, at most; save for the line at its end."""
AHEAD = 2
"""How many pieces there are in work or waiting to be put together, for each process."""
SIZE = 8
"""Bytes in which a process says how long its answer is."""
COMMAND = "import sys; sys.path[:] = sys.argv[1:]; from tracekit.events.workers import serve; serve()"


class Span(NamedTuple):
    """The bytes of a piece in its file."""

    path: str
    begin: int
    end: int

    def blocks(self) -> Iterator[str]:
        """Yield its lines in blocks."""
        with Path(self.path).open("rb") as file:
            file.seek(self.begin)
            data = file.read(self.end - self.begin)
        return cut_blocks(io.BytesIO(data), self.path)


def serve() -> None:
    """Read pieces until nobody asks for more: what a worker does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks decides when to stop
    gc.disable()
    while True:
        try:
            span, layout = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this
        except EOFError:
            return
        answer = pickle.dumps(read_piece(span.blocks(), layout))
        sys.stdout.buffer.write(len(answer).to_bytes(SIZE) + answer)
        sys.stdout.buffer.flush()


def cores() -> int:
    """Return how many processes can run at once."""
    return len(os.sched_getaffinity(0))


def spans(path: str, begin: int, jobs: int) -> Iterator[Span]:
    """Cut a file at line ends.

    Raises:
        UnreadableError: a line of it has no end.
    """
    size = Path(path).stat().st_size
    step = max(1, min(LARGEST, (size - begin) // (AHEAD * jobs) + 1))
    with Path(path).open("rb") as file:
        while begin < size:
            file.seek(min(begin + step, size) - 1)
            refuse_endless(len(file.readline(sources.LONGEST)), path)
            yield Span(path, begin, file.tell())
            begin = file.tell()


def read_pieces(path: str, begin: int, layout: Layout, jobs: int) -> Iterator[tuple[Span, Piece | None]]:
    """Yield the pieces of a file in their order; None for one that could not be read apart.

    Raises:
        UnreadableError: a line of it has no end.
    """
    workers, threads = _Workers(jobs), ThreadPoolExecutor(jobs)
    waiting: deque[tuple[Span, Future[bytes]]] = deque()
    try:
        for span in spans(path, begin, jobs):
            waiting.append((span, threads.submit(workers.ask, (span, layout))))
            if len(waiting) > AHEAD * jobs:
                yield _answered(*waiting.popleft())
        while waiting:
            yield _answered(*waiting.popleft())
    finally:
        workers.close()
        threads.shutdown(cancel_futures=True)


def _answered(span: Span, answer: "Future[bytes]") -> tuple[Span, Piece | None]:
    data = answer.result()
    return span, cast("Piece", pickle.loads(data)) if data else None  # noqa: S301 - from our own process


class _Workers:
    """Processes that read pieces, each one at a time."""

    def __init__(self, count: int) -> None:
        command = [sys.executable, "-c", COMMAND, *sys.path]
        pipe = subprocess.PIPE
        self._all = [subprocess.Popen(command, stdin=pipe, stdout=pipe) for _ in range(count)]
        self._free: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        for worker in self._all:
            self._free.put(worker)

    def ask(self, question: tuple[Span, Layout]) -> bytes:
        """Return the answer of a worker; nothing when it died."""
        worker = self._free.get()
        try:
            asked, told = cast("IO[bytes]", worker.stdin), cast("IO[bytes]", worker.stdout)
            asked.write(pickle.dumps(question))
            asked.flush()
            size = int.from_bytes(told.read(SIZE))
            answer = told.read(size)
            return answer if len(answer) == size else b""
        except (OSError, ValueError):
            return b""
        finally:
            self._free.put(worker)

    def close(self) -> None:
        """End the processes."""
        for worker in self._all:
            worker.kill()
            worker.communicate()
