"""What server-status shows, read from the scoreboard in one pass (httpd's mod_status)."""

import os
import time
from dataclasses import dataclass, field

from ..processes.scoreboard import Scoreboard, Status, WorkerScore

# What counts neither as idle nor as busy.
NOT_BUSY = frozenset({Status.DEAD, Status.STARTING, Status.READY, Status.GRACEFUL, Status.IDLE_KILL})
TICK_US = 10_000  # httpd gets processor time from times(2), which counts hundredths of a second


@dataclass
class ProcessRow:
    """One process with its threads counted by what they do, and event's counts of connections."""

    slot: int
    pid: int
    is_stopping: bool
    is_old: bool
    is_accepting: bool
    connections: int
    wait_io: int
    writing: int
    keep_alive: int
    closing: int
    busy: int = 0
    graceful: int = 0
    idle: int = 0


@dataclass(frozen=True)
class WorkerRow:
    """One worker that has served something or does something; times in milliseconds, sizes in bytes."""

    slot: int
    generation: int
    pid: int
    status: Status
    accesses: tuple[int, int, int]  # this connection, this child, this slot
    sent: tuple[int, int, int]
    cpu_s: tuple[float, ...]  # user, system, children's user and children's system
    idle_s: int
    request_ms: int
    duration_ms: int
    client: bytes
    protocol: bytes
    vhost: bytes
    request: bytes


@dataclass
class Snapshot:
    """The whole server at one moment.

    Attributes:
        now_s, restart_s: seconds since the epoch.
        cpu_s: user, system, children's user and children's system time of all processes, in seconds.
        letters: one a slot that the configuration can fill, in the order of the scoreboard.
        pids: the processes of those slots, 0 for none.
    """

    now_s: float
    restart_s: float
    config_generation: int
    mpm_generation: int
    load: tuple[float, float, float]
    accesses: int = 0
    sent: int = 0
    duration_ms: int = 0
    cpu_s: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    busy: int = 0
    graceful: int = 0
    idle: int = 0
    letters: str = ""
    pids: list[int] = field(default_factory=list)
    processes: list[ProcessRow] = field(default_factory=list)
    workers: list[WorkerRow] = field(default_factory=list)

    @property
    def uptime_s(self) -> int:
        """Whole seconds since the last start or restart."""
        return max(0, int(self.now_s) - int(self.restart_s))


def take(board: Scoreboard) -> Snapshot:
    """Read the scoreboard; nothing is locked, so what changes meanwhile can be of two moments."""
    whole = board.whole
    shot = Snapshot(
        time.time(),
        whole.restart_us / 1e6,
        whole.config_generation,
        whole.running_generation,
        os.getloadavg(),
    )
    cpu_us = [
        whole.cpu_user_us,
        whole.cpu_system_us,
        whole.cpu_children_user_us,
        whole.cpu_children_system_us,
    ]
    letters: list[str] = []
    for slot in range(board.server_limit):
        row = _process(board, slot)
        newest = _workers(board, slot, row, shot, letters)
        cpu_us = [total + own for total, own in zip(cpu_us, newest, strict=True)]
        if row.pid:
            shot.processes.append(row)
    user, system, children_user, children_system = (us // TICK_US / 100 for us in cpu_us)
    shot.cpu_s = user, system, children_user, children_system
    shot.letters = "".join(letters)
    return shot


def _process(board: Scoreboard, slot: int) -> ProcessRow:
    record = board.process(slot)
    return ProcessRow(
        slot=slot,
        pid=record.pid,
        is_stopping=bool(record.quiescing),
        is_old=record.generation != board.whole.running_generation,
        is_accepting=not record.not_accepting,
        connections=record.connections,
        wait_io=record.wait_io,
        writing=record.write_completion,
        keep_alive=record.keep_alive,
        closing=record.lingering,
    )


def _workers(
    board: Scoreboard, slot: int, row: ProcessRow, shot: Snapshot, letters: list[str]
) -> tuple[int, ...]:
    """Add the workers of a process slot; return the processor time that it has used so far."""
    newest: tuple[int, ...] = (0, 0, 0, 0)
    has_room = slot < board.whole.max_servers
    for number in range(board.thread_limit):
        worker = board.worker(slot, number)
        status = worker.status
        if status is not Status.DEAD or (has_room and number < board.threads_per_child):
            letters.append(status.letter)
            shot.pids.append(row.pid)
        if row.pid and not row.is_stopping:
            _count(status, row, shot)
        if worker.slot_accesses or status not in (Status.READY, Status.DEAD):
            times = (
                worker.cpu_user_us,
                worker.cpu_system_us,
                worker.cpu_children_user_us,
                worker.cpu_children_system_us,
            )
            newest = max(newest, times)
            shot.accesses += worker.slot_accesses
            shot.sent += worker.slot_bytes
            shot.duration_ms += worker.duration_us // 1000
            shot.workers.append(_worker(worker, slot, status, shot.now_s, times))
    return newest


def _worker(
    worker: WorkerScore, slot: int, status: Status, now_s: float, times_us: tuple[int, ...]
) -> WorkerRow:
    return WorkerRow(
        slot=slot,
        generation=worker.generation,
        pid=worker.pid,
        status=status,
        accesses=(worker.connection_accesses, worker.child_accesses, worker.slot_accesses),
        sent=(worker.connection_bytes, worker.child_bytes, worker.slot_bytes),
        cpu_s=tuple(us // TICK_US / 100 for us in times_us),
        idle_s=max(0, int(now_s - worker.last_used_us / 1e6)),
        request_ms=max(0, worker.stopped_us - worker.started_us) // 1000,
        duration_ms=worker.duration_us // 1000,
        client=worker.client,
        protocol=worker.protocol,
        vhost=worker.vhost,
        request=worker.request,
    )


def _count(status: Status, row: ProcessRow, shot: Snapshot) -> None:
    """Count one worker of a process that does not go down; idle ones of an old generation are no help."""
    if status is Status.READY:
        row.idle += 1
        shot.idle += not row.is_old
    elif status is Status.GRACEFUL:
        row.graceful += 1
        shot.graceful += 1
    elif status not in NOT_BUSY:
        row.busy += 1
        shot.busy += 1
