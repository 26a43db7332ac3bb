"""How long a client may take for a request (mod_reqtimeout), on a clock of our own."""

import select

import pytest

from server.config.model import ReadTimeout
from server.connections import receiving
from server.connections.receiving import Allowance


class Clock:
    """A time that passes when it is told to, and how long was waited."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.waits: list[float] = []
        monkeypatch.setattr("server.connections.receiving.time.monotonic", lambda: self.now)
        monkeypatch.setattr(receiving, "wait", self._wait)

    def _wait(self, fd: int, events: int, seconds: float) -> bool:
        assert (fd, events) == (7, select.POLLIN)
        self.waits.append(seconds)
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_without_mod_reqtimeout_each_read_has_timeout(clock: Clock) -> None:
    allowance = Allowance(60, None)
    for _ in range(3):
        clock.now += 50
        allowance.extend(1)
        assert allowance.wait(7)
    assert clock.waits == [60, 60, 60]


def test_every_byte_gives_time_up_to_the_maximum(clock: Clock) -> None:
    allowance = Allowance(60, ReadTimeout(20, 40, 500))
    assert allowance.wait(7)
    clock.now += 15
    allowance.extend(1000)  # two seconds
    assert allowance.wait(7)
    allowance.extend(1_000_000)
    assert allowance.wait(7)
    assert clock.waits == [20, 7, 25]
    clock.now += 25
    allowance.extend(1_000_000)
    assert not allowance.wait(7)


def test_a_body_has_no_maximum(clock: Clock) -> None:
    allowance = Allowance(60, ReadTimeout(20, None, 500))
    allowance.extend(500 * 100)
    clock.now += 119.5
    assert allowance.wait(7)
    assert clock.waits == [1]  # what is left is rounded up to a second
    clock.now += 0.5
    assert not allowance.wait(7)


def test_timeout_holds_for_a_single_read_all_the_same(clock: Clock) -> None:
    assert Allowance(5, ReadTimeout(20, 40, 500)).wait(7)
    assert clock.waits == [5]


def test_without_a_rate_nothing_is_given(clock: Clock) -> None:
    allowance = Allowance(60, ReadTimeout(20, None, 0))
    allowance.extend(1_000_000)
    clock.now += 20
    assert not allowance.wait(7)
