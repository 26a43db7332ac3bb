"""What proc(5) shows of a server while it is recorded: who lived when, and who did what."""

import contextlib
import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.support.processes import PROC, task
from tracekit.lab.truth import Process, Thread

POLL_S: Final = 0.001
TAKES: Final = {"43", "288", "232", "281"}
"""accept, accept4, epoll_wait, epoll_pwait on x86-64 (asm/unistd_64.h): calls that a listener waits in."""


@dataclass
class Life:
    """One thread, as far as it was seen."""

    tid: int
    last: int = 0
    """The number of the look at which it was seen last."""


@dataclass
class Seen:
    """One process, as far as it was seen."""

    pid: int
    ppid: int
    born: int
    """Its start in clock ticks since the machine's (starttime of proc(5))."""
    lives: dict[int, Life] = field(default_factory=dict)
    listener: int | None = None
    """The thread that was seen waiting for connections."""


class Watch:
    """Looks at a server's processes again and again, until the block is left.

    Attributes:
        main: the server's first process, once it is known.
        seen: every process below it, and it.
        series: the number of worker processes whenever it changed.
        threads: at each look, the threads of each worker process.
    """

    def __init__(self, mpm: str, size: int) -> None:
        self.threaded = mpm != "prefork"
        self.size = size
        """How many threads a whole worker process has."""
        self.main = 0
        self.seen: dict[int, Seen] = {}
        self.series: list[int] = []
        self.looks: list[dict[int, set[int]]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def begin(self, main: int) -> None:
        """Watch a server."""
        self.main = main
        self._thread.start()

    def end(self) -> None:
        """Watch no longer."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def now(self) -> dict[int, set[int]]:
        """Return the threads of each worker process at this moment."""
        children = Path(f"/proc/{self.main}/task/{self.main}/children").read_text().split()
        return {pid: tids for pid in map(int, children) if (tids := _tids(pid))}

    def _run(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(OSError):
                self._look()
            time.sleep(POLL_S)

    def _look(self) -> None:
        now = self.now()
        self.looks.append(now)
        if not self.series or len(now) != self.series[-1]:
            self.series.append(len(now))
        if self.main not in self.seen and (first := task(self.main)):
            self._note(self.main, first.ppid, {self.main})
        for pid, tids in now.items():
            self._note(pid, self.main, tids)

    def _note(self, pid: int, ppid: int, tids: set[int]) -> None:
        one = self.seen.setdefault(pid, Seen(pid, ppid, _born(pid)))
        for tid in tids:
            life = one.lives.setdefault(tid, Life(tid))
            life.last = len(self.looks)
            if tid != pid and not one.listener and _waits(pid, tid):
                one.listener = tid

    def workers(self) -> list[Seen]:
        """Return the worker processes in the order of their start."""
        return sorted(
            (one for one in self.seen.values() if one.pid != self.main), key=lambda one: (one.born, one.pid)
        )

    def since(self, look: int, pids: set[int]) -> set[int]:
        """Return the threads of some processes that were seen after a look."""
        chosen = [one for one in self.seen.values() if one.pid in pids]
        return {life.tid for one in chosen for life in one.lives.values() if life.last > look}

    def starter(self, one: Seen) -> int | None:
        """Return the thread that made the others of a process: of one too many, the one that went first."""
        if not self.threaded or len(one.lives) != self.size + 1:
            return None
        return min(
            (life for life in one.lives.values() if life.tid != one.pid), key=lambda life: life.last
        ).tid

    def processes(self) -> tuple[Process, ...]:
        """Return the server's processes with the roles of their threads, the first process first."""
        first = Process(self.main, self.seen[self.main].ppid, "main", (Thread(self.main, "main"),))
        return (first, *(self._process(one) for one in self.workers()))

    def _process(self, one: Seen) -> Process:
        starter = self.starter(one)

        def role(life: Life) -> str:
            if life.tid == one.pid:
                return "main" if self.threaded else "worker"
            if life.tid == starter:
                return "starter"
            return "listener" if life.tid == one.listener else "worker"

        rows = sorted(one.lives.values(), key=lambda life: life.tid)
        return Process(one.pid, one.ppid, "worker", tuple(Thread(life.tid, role(life)) for life in rows))

    def peak_threads(self) -> int:
        """Return the most threads that the worker processes had at a time, starters left out."""
        starters = {self.starter(one) for one in self.seen.values()}
        return max(sum(len(tids - starters) for tids in look.values()) for look in self.looks)

    def ready(self, count: int) -> bool:
        """Whether there are so many worker processes, each with all of its threads, one known as listener."""
        now = self.now()
        whole = all(len(tids) == self.size for tids in now.values())
        known = all(self.listener(pid) for pid in now) or not self.threaded
        return len(now) >= count and whole and known

    def listener(self, pid: int) -> int | None:
        """Return the thread of a process that waits for connections."""
        return self.seen[pid].listener if pid in self.seen else None


def _tids(pid: int) -> set[int]:
    """Return the threads of a process; none when it has ended."""
    with contextlib.suppress(OSError):
        if (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}:
            return set(map(int, os.listdir(f"/proc/{pid}/task")))  # noqa: PTH208 - it is fast
    return set()


def _born(pid: int) -> int:
    return int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[19])


def _waits(pid: int, tid: int) -> bool:
    """Whether a thread waits for connections now."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/task/{tid}/syscall").read_text().split()[0] in TAKES
    return False
