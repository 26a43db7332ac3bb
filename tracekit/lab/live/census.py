"""Who lived when: the processes and threads of a server, as proc(5) showed them one look after the other."""

from dataclasses import asdict, dataclass, field
from typing import Any, Self

from tracekit.lab.live import proc


@dataclass
class Life:
    """One thread.

    Attributes:
        pid: its process.
        ppid: that process's parent.
        tid: its id; the pid for a main thread.
        role: ``main``, ``listener``, ``worker``, ``starter``; empty as long as it does not show.
        began: when it was first seen, in nanoseconds since the epoch.
        ended: when it was first missed; None as long as it lives.
    """

    pid: int
    ppid: int
    tid: int
    role: str
    began: int
    ended: int | None = None

    def lived(self, since: int, until: int) -> bool:
        """Whether it lived at some time between two."""
        return self.began <= until and (self.ended is None or self.ended >= since)


@dataclass
class Census:
    """The threads of a server.

    Attributes:
        first: the server's first process.
        threaded: whether a worker process has other threads than its main one.
        lives: all threads, in the order in which they were seen.
    """

    first: int
    threaded: bool
    lives: list[Life] = field(default_factory=list)
    _alive: dict[int, Life] = field(default_factory=dict)

    def look(self, now: int) -> bool:
        """Look who is there, and return whether anything has changed since the last time.

        Args:
            now: nanoseconds since the epoch.
        """
        seen: dict[int, tuple[int, int]] = dict.fromkeys(proc.threads(self.first), (self.first, 0))
        for pid in proc.children(self.first):
            seen |= dict.fromkeys(proc.threads(pid), (pid, self.first))
        changed = self._bury(seen, now)
        for tid, (pid, ppid) in seen.items():
            if tid not in self._alive:
                self._alive[tid] = Life(pid, ppid, tid, self._native(pid, tid), now)
                self.lives.append(self._alive[tid])
                changed = True
        return self._learn() or changed

    def _bury(self, seen: dict[int, tuple[int, int]], now: int) -> bool:
        """Note who is gone; an id that is a thread of another process now is another thread."""
        gone = [one for tid, one in self._alive.items() if tid not in seen or seen[tid][0] != one.pid]
        for one in gone:
            one.ended = now
            del self._alive[one.tid]
        return bool(gone)

    def _native(self, pid: int, tid: int) -> str:
        """Return the role that a thread has by its place; the others have to be watched."""
        if pid == self.first:
            return "main"
        if pid == tid:
            return "main" if self.threaded else "worker"
        return ""

    def _learn(self) -> bool:
        """Watch those whose role is not known for good yet; return whether that told anything."""
        told = False
        known = {one.pid for one in self._alive.values() if one.role == "listener"}
        for one in self._alive.values():
            maybe = one.role == "worker" and one.pid != one.tid and one.pid not in known
            if maybe or one.role in ("", "starter"):
                found = proc.role(one.pid, one.tid)
                if found and found != one.role:
                    one.role, told = found, True
        return told

    def workers(self) -> dict[int, list[Life]]:
        """Return the living worker processes, oldest first, and their threads."""
        found: dict[int, list[Life]] = {}
        for one in self.lives:
            if one.ended is None and one.pid != self.first:
                found.setdefault(one.pid, []).append(one)
        return found

    def data(self) -> list[dict[str, Any]]:
        """Return the lives as plain data."""
        return [asdict(one) for one in self.lives]

    @classmethod
    def of(cls, first: int, threaded: bool, data: list[dict[str, Any]]) -> Self:
        """Build it from what `data` gave; every thread gets a role.

        A thread that was never seen waiting was busy all the time, or it started the others and ended.
        """
        lives = [Life(**one) for one in data]
        ends = {one.pid: one.ended for one in lives if one.tid == one.pid}
        for one in lives:
            if one.role in ("", "starter"):
                one.role = "worker" if one.ended == ends.get(one.pid) else "starter"
        return cls(first, threaded, lives)
