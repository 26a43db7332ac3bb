"""Event's timeout queues, under a clock that the test holds."""

import itertools
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from server.mpm import timeout_queues
from server.mpm.timeout_queues import NEVER, Parked, TimeoutQueue

if TYPE_CHECKING:
    from server.connections.connection import Connection

numbers = itertools.count(10)


@dataclass
class Clock:
    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now


@dataclass(eq=False)
class Stand:
    """What stands for a connection."""

    fd: int = field(default_factory=lambda: next(numbers))


def stand() -> "Connection":
    return cast("Connection", Stand())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    held = Clock()
    monkeypatch.setattr(timeout_queues, "time", SimpleNamespace(monotonic=held.monotonic))
    return held


def test_the_first_in_is_the_first_to_expire(clock: Clock) -> None:
    queue = TimeoutQueue()
    parked = Parked([queue])
    first, second = stand(), stand()
    parked.add(first, queue, 5)
    clock.now += 2
    parked.add(second, queue, 5)
    assert parked.expired(queue, clock.now) == []
    assert parked.expired(queue, 1004.9) == []
    assert parked.expired(queue, 1005) == [first]
    assert parked.expired(queue, 1007) == [first, second]
    assert parked.expired(queue, NEVER) == [first, second]
    assert len(queue) == 2


@pytest.mark.usefixtures("clock")
def test_each_may_wait_for_as_long_as_its_host_says() -> None:
    queue = TimeoutQueue()
    parked = Parked([queue])
    patient, strict = stand(), stand()
    parked.add(patient, queue, 20)
    parked.add(strict, queue, 1)
    assert parked.expired(queue, 1001) == [strict]
    assert parked.expired(queue, 1020) == [patient, strict]
    assert len(queue) == 2


@pytest.mark.usefixtures("clock")
def test_what_was_taken_out_does_not_expire() -> None:
    queue, other = TimeoutQueue(), TimeoutQueue()
    parked = Parked([queue, other])
    one, two = stand(), stand()
    parked.add(one, queue, 5)
    parked.add(two, other, 60)
    assert parked.remove(one.fd) == (one, queue)
    assert parked.remove(two.fd) == (two, other)
    assert parked.expired(queue, NEVER) == parked.expired(other, NEVER) == []
    assert len(queue) == len(other) == 0
    with pytest.raises(KeyError):
        parked.remove(one.fd)


def test_only_an_earlier_expiry_is_worth_waking_for(clock: Clock) -> None:
    slow, quick = TimeoutQueue(), TimeoutQueue()
    parked = Parked([slow, quick])
    assert parked.next_expiry == NEVER
    assert parked.add(stand(), slow, 60)
    assert parked.add(stand(), quick, 5)
    assert parked.next_expiry == 1005
    clock.now += 1
    assert not parked.add(stand(), quick, 5)
    assert parked.next_expiry == 1005


@pytest.mark.usefixtures("clock")
def test_a_queue_whose_time_was_cut_short_expires_sooner() -> None:
    """As the lingering close of a child that is leaving."""
    queue = TimeoutQueue()
    parked = Parked([queue])
    queue.at_most = 2
    assert parked.add(stand(), queue, 30)
    assert parked.next_expiry == 1002


@pytest.mark.usefixtures("clock")
def test_a_little_earlier_is_not_earlier() -> None:
    queue = TimeoutQueue()
    parked = Parked([queue])
    assert parked.add(stand(), queue, 5.05)
    assert not parked.add(stand(), queue, 5)


@pytest.mark.usefixtures("clock")
def test_the_next_expiry_is_found_anew() -> None:
    slow, quick = TimeoutQueue(), TimeoutQueue()
    parked = Parked([slow, quick])
    late, soon = stand(), stand()
    parked.add(late, slow, 60)
    parked.add(soon, quick, 5)
    parked.remove(soon.fd)
    parked.find_next_expiry()
    assert parked.next_expiry == 1060
    slow.at_most = 2  # as the lingering close of a child that is leaving
    parked.find_next_expiry()
    assert parked.next_expiry == 1002
    assert parked.expired(slow, 1002) == [late]
    parked.remove(late.fd)
    parked.find_next_expiry()
    assert parked.next_expiry == NEVER
