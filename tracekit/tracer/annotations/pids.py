"""What is told of tasks beside their numbers: strace's ``--decode-pids`` (pidns.c).

A number that a program sees is one of its own PID namespace; what we call the
same task is looked up in /proc.
"""

import os
from typing import Final

from tracekit.tracer.annotations.descriptors import escape_path
from tracekit.tracer.kernel import procfs
from tracekit.tracer.kernel.numbers import seen_as
from tracekit.tracer.options.filters import Members

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

    def note(self, number: int, kind: str) -> str:
        """Return what stands behind a number of this kind (tid, tgid, pgid, sid), or nothing."""
        here = seen_as(self.tid, number, kind)
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
