"""The scoreboard: who is there and what each worker does, in memory that all processes share."""

import mmap
from enum import Enum


class Status(Enum):
    """What a worker does, with the letters of server-status."""

    DEAD = ord(".")
    READY = ord("_")
    STARTING = ord("S")
    READING = ord("R")
    WRITING = ord("W")
    KEEP_ALIVE = ord("K")
    LOGGING = ord("L")
    CLOSING = ord("C")


TID, STATUS, ACCESSES, BYTES, WORKER_CELLS = range(5)
CELL = 8  # bytes


class Scoreboard:
    """One record a process slot, and in it one a worker.

    Every cell is an int64 with one writer at a time: the parent for the pids and for slots
    without a process, each worker for its own. So no lock is needed.
    """

    def __init__(self, server_limit: int, threads_per_child: int) -> None:
        self.server_limit = server_limit
        self.threads_per_child = threads_per_child
        self._stride = 1 + threads_per_child * WORKER_CELLS
        self._memory = mmap.mmap(-1, server_limit * self._stride * CELL)
        self._cells = memoryview(self._memory).cast("q")
        for slot in range(server_limit):
            self.clear(slot)

    def pid(self, slot: int) -> int:
        """Return the process in a slot, 0 for none."""
        return self._cells[slot * self._stride]

    def set_starting(self, slot: int) -> None:
        """Note that a process is about to start in a slot; from its fork on its workers are their own."""
        self._set_all(slot, Status.STARTING)

    def set_pid(self, slot: int, pid: int) -> None:
        """Note the process that was started in a slot."""
        self._cells[slot * self._stride] = pid

    def clear(self, slot: int) -> None:
        """Note that the process of a slot is gone."""
        self.set_pid(slot, 0)
        self._set_all(slot, Status.DEAD)

    def _set_all(self, slot: int, status: Status) -> None:
        for worker in range(self.threads_per_child):
            self.worker(slot, worker).set(status)

    def slot_of(self, pid: int) -> int | None:
        """Return the slot of a process, None for one that is not ours."""
        return next((slot for slot in range(self.server_limit) if self.pid(slot) == pid), None)

    def pids(self) -> list[int]:
        """Return the processes that are there."""
        return [pid for slot in range(self.server_limit) if (pid := self.pid(slot))]

    def worker(self, slot: int, worker: int) -> "WorkerScore":
        """Return the record of one worker."""
        return WorkerScore(self._cells, slot * self._stride + 1 + worker * WORKER_CELLS)


class WorkerScore:
    """A worker's own record."""

    __slots__ = ("_at", "_cells", "tid")

    def __init__(self, cells: "memoryview[int]", at: int) -> None:
        self._cells = cells
        self._at = at
        self.tid = 0

    def enlist(self, tid: int) -> None:
        """Note the LWP that works here from now on."""
        self.tid = tid
        self._cells[self._at + TID] = tid
        self.set(Status.READY)

    def set(self, status: Status) -> None:
        """Note what the worker does."""
        self._cells[self._at + STATUS] = status.value

    def count(self, sent: int) -> None:
        """Count one request that was answered in full, and the bytes of its content."""
        self._cells[self._at + ACCESSES] += 1
        self._cells[self._at + BYTES] += sent
