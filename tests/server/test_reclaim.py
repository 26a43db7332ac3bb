"""Ending children with escalation: httpd's steps at 0, 3, 5, 7, 9 and 10 s, on a clock of the test's own."""

import os
import signal
import sys

import pytest

from server.processes.reclaim import reclaim
from tests.support.processes import start, stop

STUBBORN = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
signal.pause()
"""


class Time:
    """A clock that moves only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.pauses: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Collect the signals instead of sending them."""
    signals: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: signals.append((pid, number)))
    return signals


def test_who_never_ends_gets_every_step(killed: list[tuple[int, int]]) -> None:
    time = Time()
    log: list[tuple[float, str, str]] = []
    reclaim(
        lambda: [7, 8],
        lambda level, text: log.append((round(time.now - 100, 3), level, text)),
        sleep=time.sleep,
        clock=time.clock,
    )
    assert killed == [(pid, number) for number in (15, 15, 15, 15, 9) for pid in (7, 8)]
    assert [line for line in log if " 7 " in line[2]] == [
        (3, "warn", "AH00045: child process 7 still did not exit, sending a SIGTERM"),
        (5, "warn", "AH00045: child process 7 still did not exit, sending a SIGTERM"),
        (7, "warn", "AH00045: child process 7 still did not exit, sending a SIGTERM"),
        (9, "error", "AH00046: child process 7 still did not exit, sending a SIGKILL"),
        (10, "error", "AH00047: could not make child process 7 exit, attempting to continue anyway"),
    ]
    assert time.pauses[:4] == [0.016, 0.064, 0.256, 1.0]
    assert max(time.pauses) == 1.0


def test_who_ends_in_time_gets_nothing_more(killed: list[tuple[int, int]]) -> None:
    time = Time()
    log: list[tuple[float, str, str]] = []
    reclaim(
        lambda: [7] if time.now < 104 else [],
        lambda level, text: log.append((time.now, level, text)),
        sleep=time.sleep,
        clock=time.clock,
    )
    assert killed == [(7, signal.SIGTERM)] * 2
    assert len(log) == 1
    assert time.now < 106


def test_a_child_that_has_just_gone_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: int) -> None:
        raise ProcessLookupError

    monkeypatch.setattr(os, "kill", fails)
    time = Time()
    reclaim(lambda: [7], lambda *_: None, sleep=time.sleep, clock=time.clock)


def test_a_stubborn_process_is_killed() -> None:
    process = start([sys.executable, "-c", STUBBORN], stdout=-1)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time = Time()

        def sleep(seconds: float) -> None:
            time.sleep(seconds)
            if time.now > 109:  # KILL has been sent
                process.wait()

        reclaim(
            lambda: [process.pid] if process.poll() is None else [],
            lambda *_: None,
            sleep=sleep,
            clock=time.clock,
        )
        assert process.wait() == -signal.SIGKILL
    finally:
        stop(process)
        if process.stdout is not None:
            process.stdout.close()
