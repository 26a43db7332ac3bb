"""Tracing a program as no parent of it: strace's ``-D`` (strace.c: startup_child).

The process that was started becomes the program, so whoever started it has the program itself
for a child. The tracer goes on as a grandchild, with no child in between.
"""

import os
import sys
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, NoReturn

_WHERE: Final[Mapping[str, Callable[[], object]]] = {
    "grandchild": lambda: None,
    "pgroup": lambda: os.setpgid(0, 0),
    "session": os.setsid,
}
"""How far aside: in the program's process group, in one of its own, in a session of its own."""


class Place(NamedTuple):
    """Who becomes the program."""

    pid: int
    go: int
    """A pipe; a byte into it, and it begins."""

    def begin(self) -> None:
        """Let it begin."""
        os.write(self.go, b"1")
        os.close(self.go)


def step_aside(where: str, become: Callable[[], NoReturn]) -> Place:
    """Go on as a grandchild of this process, which calls ``become`` when it may.

    Args:
        where: grandchild, pgroup or session.
        become: runs the program in the process that it is called in.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.getpid()
    reading, writing = os.pipe()
    if between := os.fork():
        os.close(writing)
        os.waitpid(between, 0)
        if os.read(reading, 1):
            os.close(reading)
            become()
        os._exit(1)  # there is no tracer: it has said why
    os.close(reading)
    if os.fork():
        os._exit(0)
    _WHERE[where]()
    os.set_inheritable(writing, False)
    return Place(pid, writing)
