"""Event's timeout queues, under a clock that the test holds."""

import itertools
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from server import timeout_queues
from server.timeout_queues import NEVER, Parked, TimeoutQueue

if TYPE_CHECKING:
    from server.connection import Connection

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
    queue = TimeoutQueue(5)
    parked = Parked([queue])
    first, second = stand(), stand()
    parked.add(first, queue)
    clock.now += 2
    parked.add(second, queue)
    assert parked.expired(queue, clock.now) == []
    assert parked.expired(queue, 1004.9) == []
    assert parked.expired(queue, 1005) == [first]
    assert parked.expired(queue, 1007) == [first, second]
    assert parked.expired(queue, NEVER) == [first, second]
    assert len(queue) == 2


@pytest.mark.usefixtures("clock")
def test_what_was_taken_out_does_not_expire() -> None:
    queue, other = TimeoutQueue(5), TimeoutQueue(60)
    parked = Parked([queue, other])
    one, two = stand(), stand()
    parked.add(one, queue)
    parked.add(two, other)
    assert parked.remove(one.fd) == (one, queue)
    assert parked.remove(two.fd) == (two, other)
    assert parked.expired(queue, NEVER) == parked.expired(other, NEVER) == []
    with pytest.raises(KeyError):
        parked.remove(one.fd)


def test_only_an_earlier_expiry_is_worth_waking_for(clock: Clock) -> None:
    slow, quick = TimeoutQueue(60), TimeoutQueue(5)
    parked = Parked([slow, quick])
    assert parked.next_expiry == NEVER
    assert parked.add(stand(), slow)
    assert parked.add(stand(), quick)
    assert parked.next_expiry == 1005
    clock.now += 1
    assert not parked.add(stand(), quick)
    assert parked.next_expiry == 1005


@pytest.mark.usefixtures("clock")
def test_a_little_earlier_is_not_earlier() -> None:
    slow, quick = TimeoutQueue(5.05), TimeoutQueue(5)
    parked = Parked([slow, quick])
    assert parked.add(stand(), slow)
    assert not parked.add(stand(), quick)


@pytest.mark.usefixtures("clock")
def test_the_next_expiry_is_found_anew() -> None:
    slow, quick = TimeoutQueue(60), TimeoutQueue(5)
    parked = Parked([slow, quick])
    soon = stand()
    parked.add(stand(), slow)
    parked.add(soon, quick)
    parked.remove(soon.fd)
    parked.find_next_expiry()
    assert parked.next_expiry == 1060
    slow.seconds = 2  # as the lingering close of a child that is leaving
    parked.find_next_expiry()
    assert parked.next_expiry == 1002
    parked.remove(next(iter(slow.arrivals)).fd)
    parked.find_next_expiry()
    assert parked.next_expiry == NEVER
