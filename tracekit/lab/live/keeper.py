"""The keeper: a small process beside a live server that notes what is so, until the server ends.

It looks at proc(5) every few milliseconds while anything changes, and less and less often while nothing
does; it reads the logs that grow; and it makes the crash that is asked for, so that it knows whose it was.
It only looks: when it is killed, the server goes on.
"""

import ctypes
import json
import os
import platform
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tracekit.lab.live import configuration, proc, records
from tracekit.lab.live.census import Census, Life
from tracekit.lab.live.journal import Journal

SHORTEST_S: Final = 0.004
LONGEST_S: Final = 0.1
"""Between two looks."""
WRITE_S: Final = 0.5
"""Between two writes of the record, at least."""
TGKILL: Final = {"x86_64": 234, "aarch64": 131}
"""The number of tgkill(2), by machine (asm/unistd_64.h, asm-generic/unistd.h)."""
CRASH, END = signal.SIGUSR1, signal.SIGTERM


@dataclass
class Keeper:
    """What is known of one server.

    Attributes:
        place: its folder in the key store.
        key: of the seal.
        first: pid of its first process.
        started: when that was started, as `proc.stat` has it.
        known: what was known before it started; goes into the record as it is.
        victim: which process and which of its threads are to crash, each modulo how many there are.
        threads: of a worker process that is whole.
    """

    place: Path
    key: bytes
    first: int
    started: int
    known: dict[str, Any]
    victim: tuple[int, int]
    threads: int
    crashes: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.census = Census(self.first, self.known["mpm"] != "prefork")
        apache = self.known["server"] == "apache2"
        self.journal = Journal(self.place, apache)

    @property
    def serves(self) -> bool:
        """Whether the server lives."""
        return proc.same(self.first, self.started)

    def run(self) -> None:
        """Note until the server has ended, or it is told to end."""
        pause, unwritten, written = SHORTEST_S, True, 0.0
        told = None
        while self.serves and told != END:
            if told == CRASH:
                self._crash()
            changed = self._look()
            pause = SHORTEST_S if changed else min(2 * pause, LONGEST_S)
            unwritten = unwritten or changed
            if unwritten and (not written or time.monotonic() - written > WRITE_S):
                self._write()
                unwritten, written = False, time.monotonic()
            told = _told(pause)
        self._look()
        self._write()

    def _look(self) -> bool:
        """Look at everything; return whether it has changed."""
        changes = [self.census.look(time.time_ns()), self.journal.look(), self._settle()]
        return any(changes)

    def _crash(self) -> None:
        """Send SIGSEGV to a thread that serves, and remember what there was before."""
        self.census.look(time.time_ns())
        workers = self.census.workers()
        whole = [pid for pid, lives in workers.items() if len(lives) == self.threads]
        serving = {pid: [one for one in workers[pid] if one.role == "worker"] for pid in whole}
        serving = {pid: lives for pid, lives in serving.items() if lives}
        if not serving:
            return
        pid = list(serving)[self.victim[0] % len(serving)]
        culprit = serving[pid][self.victim[1] % len(serving[pid])]
        self.crashes.append(_before(culprit, workers))
        tgkill = TGKILL[platform.machine()]
        if ctypes.CDLL(None, use_errno=True).syscall(tgkill, pid, culprit.tid, signal.SIGSEGV):
            self.crashes.pop()

    def _settle(self) -> bool:
        """Note who came instead of those that crashed, once they are whole."""
        workers = self.census.workers()
        settled = False
        for crash in self.crashes:
            if crash["replacement"] is None and crash["pid"] not in workers:
                new = [
                    pid
                    for pid, lives in workers.items()
                    if pid not in crash["before"] and len(lives) >= self.threads
                ]
                if new:
                    crash["replacement"] = new[0]
                    crash["survivors"] = [pid for pid in crash["before"] if pid in workers]
                    settled = True
        return settled

    def _write(self) -> None:
        record = {
            **self.known,
            "first": self.first,
            "lives": self.census.data(),
            "requests": [row.data() for row in self.journal.rows],
            "crashes": self.crashes,
        }
        records.seal(self.place, self.key, record)


def _before(culprit: Life, workers: dict[int, list[Life]]) -> dict[str, Any]:
    """Return what there is before a crash."""
    return {
        "time_ns": time.time_ns(),
        "signal": "SIGSEGV",
        "tid": culprit.tid,
        "pid": culprit.pid,
        "victims": sorted(one.tid for one in workers[culprit.pid]),
        "before": list(workers),
        "survivors": [],
        "replacement": None,
    }


def _told(seconds: float) -> int | None:
    """Wait for so long, and return the signal that has come meanwhile.

    Not by waiting in sigtimedwait: where it is interrupted and late, CPython 3.11 returns a signal that
    never came.
    """
    time.sleep(seconds)
    found = signal.sigtimedwait([CRASH, END], 0)
    return None if found is None else found.si_signo


def main() -> None:
    """Be the keeper that standard input describes; when its server has ended, remove the pages."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [CRASH, END])
    given = json.load(sys.stdin)
    keeper = Keeper(
        Path(given["place"]),
        bytes.fromhex(given["key"]),
        given["first"],
        given["started"],
        given["known"],
        (given["victim"][0], given["victim"][1]),
        given["threads"],
    )
    os.chdir("/")
    keeper.run()
    if not keeper.serves:
        configuration.remove(Path(given["root"]))


if __name__ == "__main__":
    main()
