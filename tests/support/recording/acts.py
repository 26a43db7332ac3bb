"""What happens to a server in the middle of a recording."""

import ctypes
import os
import signal
from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.support.processes import threads, tree, wait_until

TGKILL: Final = 234
"""tgkill(2) on x86-64; asm/unistd_64.h."""


def crash(first: int) -> dict[str, Any]:
    """Send SIGSEGV to one thread of the last child, and wait for the child that replaces it.

    A prefork parent with enough idle children makes none.
    """
    before = tree(first)
    pid = before[-1]
    tids = sorted(one.tid for one in threads(pid))
    culprit = tids[len(tids) // 2]
    if ctypes.CDLL(None, use_errno=True).syscall(TGKILL, pid, culprit, signal.SIGSEGV):
        raise OSError(ctypes.get_errno(), "tgkill")
    wait_until(lambda: pid not in tree(first), "the end of the child")
    if len(tids) > 1:
        wait_until(lambda: len(tree(first)) >= len(before), "a new child")
    after = tree(first)
    wait_until(lambda: all(len(threads(one)) >= len(tids) for one in after[1:]), "its threads")
    return {
        "signal": "SIGSEGV",
        "pid": pid,
        "culprit_tid": culprit,
        "victims": tids,
        "survivors": sorted(set(before) & set(after)),
        "replacement_pid": max(set(after) - set(before), default=None),
    }


def restart(first: int) -> dict[str, Any]:
    """Ask for a graceful restart (SIGUSR1) and wait until all children are new ones."""
    before = set(tree(first)[1:])
    os.kill(first, signal.SIGUSR1)
    after = wait_until(
        lambda: pids if len(pids := set(tree(first)[1:])) >= len(before) and not pids & before else set(),
        "new children",
    )
    return {"signal": "SIGUSR1", "before": sorted(before), "after": sorted(after)}


ACTS: Final[Mapping[str, Callable[[int], dict[str, Any]]]] = {"crash": crash, "restart": restart}
