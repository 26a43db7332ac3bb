"""What is told of tasks beside their numbers: strace's ``--decode-pids`` (pidns.c).

A number that a program sees is one of its own PID namespace; what we call the
same task is looked up in /proc.
"""

import os
from typing import Final

from tracekit.tracer import procfs
from tracekit.tracer.descriptors import escape_path
from tracekit.tracer.filters import Members
from tracekit.tracer.numbers import candidates, ids, in_proc, namespaces

_MOST: Final = 4096
"""Numbers of which it is remembered where they were found."""
_LINES: Final = {"tid": "NSpid", "tgid": "NStgid", "pgid": "NSpgid", "sid": "NSsid"}
"""Where /proc/PID/status has a number, by its kind."""
_COMMANDED: Final = frozenset(("tid", "tgid"))
"""Kinds of numbers that are those of a task, which has a command."""


class Pids:
    """Tells of tasks, as one of them sees their numbers."""

    def __init__(self, wanted: Members[str]) -> None:
        """Tell what is wanted: comm, pidns."""
        self.tid = 0
        """The task that stands still, and sees the numbers."""
        self._commands = "comm" in wanted
        self._translates = "pidns" in wanted
        self._ours = _namespace("self")
        self._found: dict[tuple[int, int, str], int] = {}
        """Namespace, number and kind -> the task by which it was found."""

    def note(self, number: int, kind: str) -> str:
        """Return what stands behind a number of this kind (tid, tgid, pgid, sid), or nothing."""
        here = self._translated(number, kind)
        if not here:
            return ""
        text = self.command(here) if kind in _COMMANDED else ""
        if self._translates and here != number:
            text += f" /* {here} in strace's PID NS */"
        return text

    def command(self, pid: int) -> str:
        """Return ``<command>`` of a task by its number in our namespace, or nothing."""
        command = procfs.comm(pid) if self._commands else ""
        return f"<{escape_path(os.fsencode(command))}>" if command else ""

    def _translated(self, number: int, kind: str) -> int:
        """The number that we know a task by, 0 when it is not to be found."""
        namespace = _namespace(in_proc(self.tid)) if number > 0 else 0
        if not namespace:
            return 0
        if namespace == self._ours:
            return number
        key = (namespace, number, kind)
        known = self._found.get(key)
        for task in candidates(known):
            if here := _number_here(task, key):
                if len(self._found) >= _MOST:
                    self._found.clear()
                self._found[key] = task
                return here
        return 0


def _number_here(number: int, key: tuple[int, int, str]) -> int:
    """Our number of what another namespace has under the key's, 0 when that is not this task's."""
    namespace, wanted, kind = key
    found = ids(number, _LINES[kind])
    above = namespaces(number) if wanted in found else []
    if namespace not in above or len(found) < len(above):
        return 0
    return found[-len(above)] if found[-1 - above.index(namespace)] == wanted else 0


def _namespace(task: int | str) -> int:
    """The inode of the PID namespace of a task in /proc, 0 when it is gone."""
    try:
        return os.stat(f"/proc/{task}/ns/pid").st_ino
    except OSError:
        return 0
