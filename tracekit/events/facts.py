"""What a log states about thread groups: notes, clone flags, execve, and what the kernel answered.

Sources: clone(2) (CLONE_THREAD), execve(2) (all other threads end, the caller takes the tgid),
getpid(2) (returns the tgid), gettid(2), tgkill(2).
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tracekit.events.cloning import FORKS, clone_flags
from tracekit.events.lives import Lives
from tracekit.stream import Event, parse_arguments
from tracekit.stream.values import Integer

TELLING = {*FORKS, "execve", "execveat", "getpid", "gettid", "set_tid_address", "tgkill"}
"""The calls that say something about groups."""


class Facts:
    """The group of each task, as far as the log states it.

    Attributes:
        pids: tgid by tid.
        created: the tids whose beginning the log shows.
        threads_of: (caller, thread) pairs made with CLONE_THREAD by callers of unknown group.
        tids: every task of the log.
    """

    def __init__(self, told: Mapping[int, Event], tasks: set[int], lives: Lives) -> None:
        """Collect what the events state.

        Args:
            told: events that state something, by number.
            tasks: every task of the log.
            lives: which tids were used again; tids below are keys of tasks (see lives).
        """
        self.pids: dict[int, int] = {}
        self.created: set[int] = set()
        self.threads_of: list[tuple[int, int]] = []
        self.tids = tasks
        self._task = lives.key
        self._trusted = _same_namespace(told.values())
        self._superseding = {event.args for event in told.values() if event.kind == "exec"}
        for number in sorted(told):
            self._take(number, told[number])
        self._spread()

    def _take(self, number: int, event: Event) -> None:
        if event.kind == "note":
            self._take_note(number, event)
        elif event.tid is None:
            return
        elif event.kind == "exec":
            self._state(self._task(int(event.args or 0), number), event.tid)
            self._state(self._task(event.tid, number), event.tid)
        elif event.kind == "syscall" and event.ret is not None and event.ret >= 0:
            self._take_call(number, event, event.tid, event.ret)

    def _take_call(self, number: int, event: Event, tid: int, ret: int) -> None:
        task = self._task(tid, number)
        if event.name in FORKS:
            child = self._task(ret, number + 1)
            if child in self.tids and ret != tid:
                self.created.add(child)
                flags = clone_flags(event.name, event.args or "")
                if flags is not None and "CLONE_THREAD" in flags:
                    self.threads_of.append((task, child))
                elif flags is not None:
                    self._state(child, ret)
        elif event.name in ("execve", "execveat") and str(tid) not in self._superseding:
            self._state(task, tid)
        elif event.name == "getpid" and (ret in self.tids or self._trusted):
            self._state(task, ret)
        elif event.name == "tgkill" and self._trusted:
            match parse_arguments(event.args or ""):
                case (Integer(group), Integer(target), *_) if target in self.tids:
                    self._state(self._task(target, number), group)

    def _take_note(self, number: int, event: Event) -> None:
        said = _payload(event)
        pid = said.get("pid")
        if type(pid) is not int:
            return
        if event.name == "task" and type(said.get("tid")) is int:
            self._state(self._task(said["tid"], number), pid)
        elif event.name == "process":
            tids = said.get("tids")
            for tid in [pid, *(tids if isinstance(tids, list) else [])]:
                if type(tid) is int:
                    self._state(self._task(tid, number), pid)

    def _state(self, task: int, pid: int) -> None:
        self.pids.setdefault(task, pid)

    def _spread(self) -> None:
        """A thread is in its creator's group; so is a creator in its thread's."""
        for _ in range(2):
            for caller, thread in self.threads_of:
                if caller in self.pids:
                    self._state(thread, self.pids[caller])
                elif thread in self.pids:
                    self._state(caller, self.pids[thread])
        for tid, pid in list(self.pids.items()):
            if pid in self.tids and tid != pid:
                self._state(pid, pid)


def _same_namespace(events: Iterable[Event]) -> bool:
    """Tell whether tasks know themselves by the ids that the log has: not so across a PID namespace."""
    own = [e.ret == e.tid for e in events if e.name in ("gettid", "set_tid_address") and e.ret is not None]
    return bool(own) and all(own)


def _payload(event: Event) -> dict[str, Any]:
    said = json.loads(event.args or "{}")
    return said if isinstance(said, dict) else {}
