"""The scoreboard: who is there and what each worker does, in memory that all processes share.

One record for the whole, one a process slot, and in each slot one a worker: what
httpd's include/scoreboard.h calls global_score, process_score and worker_score. It is
as large as ServerLimit and ThreadLimit say, and stays when the configuration is read
anew: so children of two generations can stand in it side by side.

Every number is an int64 with one writer at a time: the parent for slots without a
process, a process for its own record, a worker thread for its own. So there is no
lock; a reader may see a record between two of its numbers.
"""

import mmap
import os
import time
from collections.abc import Iterator
from enum import IntEnum
from typing import Self

from .shared_records import CELL, Cell, Record, Text

STATUS_NUMBER = 3  # cell of a worker
MICROSECONDS = 1_000_000


class Status(IntEnum):
    """What a worker does, in httpd's order: up to READY it has nothing to do."""

    DEAD = 0
    STARTING = 1
    READY = 2
    READING = 3
    WRITING = 4
    KEEP_ALIVE = 5
    LOGGING = 6
    DNS = 7
    CLOSING = 8
    GRACEFUL = 9
    IDLE_KILL = 10

    @property
    def letter(self) -> str:
        """The letter of server-status (httpd's modules/generators/mod_status.c)."""
        return ".S_RWKLDCGI"[self]


class WorkerScore(Record):
    """A worker's own record.

    The counters with "slot" in their names go on when a process takes the slot of another; those
    with "child" begin with the process, those with "connection" with the connection. Times are
    microseconds, those of the clock since the epoch.
    """

    __slots__ = ("extended",)
    CELLS = 40

    tid = Cell(0)
    pid = Cell(1)
    generation = Cell(2)
    status_number = Cell(STATUS_NUMBER)
    slot_accesses = Cell(4)
    slot_bytes = Cell(5)
    child_accesses = Cell(6)
    child_bytes = Cell(7)
    connection_accesses = Cell(8)
    connection_bytes = Cell(9)
    started_us = Cell(10)  # the request that is served, or was last
    stopped_us = Cell(11)
    last_used_us = Cell(12)
    duration_us = Cell(13)  # of all requests together
    cpu_user_us = Cell(14)  # of the process, when the last request was counted: times(2)
    cpu_system_us = Cell(15)
    cpu_children_user_us = Cell(16)
    cpu_children_system_us = Cell(17)
    client = Text(18, 64)
    request = Text(26, 64)
    vhost = Text(34, 32)
    protocol = Text(38, 16)

    def __init__(self, memory: mmap.mmap, cells: "memoryview[int]", at: int, *, extended: bool) -> None:
        super().__init__(memory, cells, at)
        self.extended = extended

    @property
    def status(self) -> Status:
        """What the worker does."""
        return Status(self.status_number)

    def enlist(self, tid: int, generation: int = 0) -> None:
        """Note the LWP that works here from now on."""
        self.tid = tid
        self.pid = os.getpid()
        self.generation = generation
        self.child_accesses = self.child_bytes = 0
        self.connection_accesses = self.connection_bytes = 0
        self.set(Status.READY)

    def set(self, status: Status) -> None:
        """Note what the worker does."""
        self.cells[self.at + STATUS_NUMBER] = status

    def begin_connection(self, client: bytes, protocol: bytes = b"http/1.1") -> None:
        """Note whose connection is served from now on, if ExtendedStatus is on."""
        if self.extended:
            self.connection_accesses = self.connection_bytes = 0
            self.client = client
            self.protocol = protocol

    def begin(self, vhost: bytes, request: bytes, started_us: int) -> None:
        """Note the request that is served from now on, if ExtendedStatus is on."""
        if self.extended:
            self.vhost = vhost
            self.request = request
            self.started_us = started_us

    def count(self, sent: int) -> None:
        """Count one request that was answered, and the bytes of its content, if ExtendedStatus is on."""
        if not self.extended:
            return
        cells, at = self.cells, self.at
        for accesses in (at + 4, at + 6, at + 8):
            cells[accesses] += 1
            cells[accesses + 1] += sent
        now = time.time_ns() // 1000
        if self.started_us > self.stopped_us:
            self.duration_us += now - self.started_us
        self.stopped_us = self.last_used_us = now
        for index, seconds in enumerate(os.times()[:4]):
            cells[at + 14 + index] = int(seconds * MICROSECONDS)


class ProcessScore(Record):
    """The record of a process slot; ``pid`` is 0 when nobody has it. The counts are event's."""

    __slots__ = ()
    CELLS = 10

    pid = Cell(0)
    generation = Cell(1)
    quiescing = Cell(2)  # 1: it goes down gracefully; 2: the parent has seen that
    not_accepting = Cell(3)  # it is busy, and leaves new connections to others
    connections = Cell(4)
    write_completion = Cell(5)
    lingering = Cell(6)
    keep_alive = Cell(7)
    wait_io = Cell(8)
    suspended = Cell(9)


class GlobalScore(Record):
    """The record of the whole server."""

    __slots__ = ()
    CELLS = 8

    running_generation = Cell(0)  # children of another one are to leave
    config_generation = Cell(1)  # how often the configuration was read to be served
    restart_us = Cell(2)  # when this generation began
    cpu_user_us = Cell(3)  # of the parent and of the children that it has reaped: times(2)
    cpu_system_us = Cell(4)
    cpu_children_user_us = Cell(5)
    cpu_children_system_us = Cell(6)
    max_servers = Cell(7)  # processes that MaxRequestWorkers allows


class Scoreboard:
    """All records.

    Attributes:
        server_limit: process slots.
        thread_limit: workers that a slot has room for.
        threads_per_child: workers that a process of this configuration has.
        extended: ExtendedStatus is on: requests are counted and described.
        used: every slot from here on was empty so far, as the parent knows.
    """

    def __init__(self, server_limit: int, thread_limit: int, *, extended: bool = True) -> None:
        self.server_limit = server_limit
        self.used = 0
        self.thread_limit = self.threads_per_child = thread_limit
        self.extended = extended
        self._stride = ProcessScore.CELLS + thread_limit * WorkerScore.CELLS
        self._memory = mmap.mmap(-1, (GlobalScore.CELLS + server_limit * self._stride) * CELL)
        self._cells = memoryview(self._memory).cast("q")
        self.whole = GlobalScore(self._memory, self._cells, 0)

    def process(self, slot: int) -> ProcessScore:
        """Return the record of a process slot."""
        return ProcessScore(self._memory, self._cells, GlobalScore.CELLS + slot * self._stride)

    def worker(self, slot: int, worker: int) -> WorkerScore:
        """Return the record of one worker."""
        at = GlobalScore.CELLS + slot * self._stride + ProcessScore.CELLS + worker * WorkerScore.CELLS
        return WorkerScore(self._memory, self._cells, at, extended=self.extended)

    def processes(self) -> Iterator[ProcessScore]:
        """Yield the record of every slot, also of those without a process."""
        return (self.process(slot) for slot in range(self.server_limit))

    def workers(self, slot: int) -> Iterator[WorkerScore]:
        """Yield the workers of a slot, as many as a process has."""
        return (self.worker(slot, number) for number in range(self.threads_per_child))

    def statuses(self, slot: int) -> list[int]:
        """Return what each worker of a slot does, as numbers of :class:`Status`."""
        start = self.worker(slot, 0).at + STATUS_NUMBER
        end = start + self.threads_per_child * WorkerScore.CELLS
        return self._cells[start : end : WorkerScore.CELLS].tolist()

    def reset(self) -> None:
        """Begin anew: nobody is there, and nothing was counted (a restart that is not graceful)."""
        self.whole.clear()
        for slot in range(self.used):
            start = self.process(slot).at * CELL
            self._memory[start : start + self._stride * CELL] = bytes(self._stride * CELL)

    def note_cpu_time(self) -> None:
        """Note how much CPU time the parent and the children that it reaped have taken."""
        whole, seconds = self.whole, os.times()
        whole.cpu_user_us = int(seconds.user * MICROSECONDS)
        whole.cpu_system_us = int(seconds.system * MICROSECONDS)
        whole.cpu_children_user_us = int(seconds.children_user * MICROSECONDS)
        whole.cpu_children_system_us = int(seconds.children_system * MICROSECONDS)

    def resize(self, threads_per_child: int, *, extended: bool) -> Self:
        """Take what a configuration that was read anew can change."""
        self.threads_per_child = threads_per_child
        self.extended = extended
        return self

    def pid(self, slot: int) -> int:
        """Return the process in a slot, 0 for none."""
        return self.process(slot).pid

    def set_starting(self, slot: int) -> None:
        """Note that a process is about to start in a slot; from its fork on its workers are their own."""
        for worker in self.workers(slot):
            worker.set(Status.STARTING)

    def set_pid(self, slot: int, pid: int) -> None:
        """Note the process that was started in a slot."""
        process = self.process(slot)
        self.used = max(self.used, slot + 1)
        process.generation = self.whole.running_generation
        process.pid = pid

    def clear(self, slot: int) -> None:
        """Note that the process of a slot is gone; what its workers counted stays."""
        self.process(slot).clear()
        for number in range(self.thread_limit):
            self.worker(slot, number).set(Status.DEAD)

    def slot_of(self, pid: int) -> int | None:
        """Return the slot of a process, None for one that is not ours."""
        return next((slot for slot in range(self.used) if self.pid(slot) == pid), None)

    def pids(self) -> list[int]:
        """Return the processes that are there, as the parent knows."""
        return [pid for slot in range(self.used) if (pid := self.pid(slot))]
