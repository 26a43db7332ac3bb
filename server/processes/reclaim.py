"""Ending children with escalation (httpd's ap_reclaim_child_processes, server/mpm_unix.c)."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

LONGEST_PAUSE_SECONDS = 1.0
FIRST_PAUSE_SECONDS = 0.016


class Step(NamedTuple):
    """What is done to the children that are still there so many seconds after the beginning."""

    seconds: float
    number: int  # the signal; 0 for none
    level: str
    text: str  # '' for nothing to be said


STILL_THERE = "AH00045: child process {} still did not exit, sending a SIGTERM"
STEPS = (
    Step(0.0, signal.SIGTERM, "", ""),
    Step(3.0, signal.SIGTERM, "warn", STILL_THERE),
    Step(5.0, signal.SIGTERM, "warn", STILL_THERE),
    Step(7.0, signal.SIGTERM, "warn", STILL_THERE),
    Step(9.0, signal.SIGKILL, "error", "AH00046: child process {} still did not exit, sending a SIGKILL"),
    Step(10.0, 0, "error", "AH00047: could not make child process {} exit, attempting to continue anyway"),
)


def reclaim(
    remaining: Callable[[], Iterable[int]],
    log: Callable[[str, str], None],
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """End the children, and return when none is left or nothing helped.

    Args:
        remaining: reaps who has ended, and returns the pids of those that are left.
        log: takes level and text of what is to be said.
        sleep: waits so many seconds.
        clock: tells the seconds since some moment.
    """
    began = clock()
    pause = FIRST_PAUSE_SECONDS
    for step in STEPS:
        while remaining() and (left := began + step.seconds - clock()) > 0:
            sleep(min(pause, left))
            pause = min(4 * pause, LONGEST_PAUSE_SECONDS)
        for pid in list(remaining()):
            if step.text:
                log(step.level, step.text.format(pid))
            if step.number:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, step.number)
