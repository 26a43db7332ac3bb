"""Which processes the parent sends signals to: its own children, whatever the scoreboard says."""

import os
import signal
from types import SimpleNamespace

import pytest

from server.processes.brood import Brood
from server.processes.scoreboard import Scoreboard

OWN, OTHER = 1001, 1002


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Collect the signals instead of sending them; nobody has ended."""
    signals: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: signals.append((pid, number)))
    monkeypatch.setattr(os, "waitpid", lambda *_: (0, 0))
    return signals


def brood_of(scoreboard: Scoreboard) -> Brood:
    runtime, mpm = SimpleNamespace(scoreboard=scoreboard), SimpleNamespace(is_threaded=False)
    brood = Brood(runtime, mpm)  # type: ignore[arg-type]
    brood.add(0, OWN)
    return brood


@pytest.mark.parametrize("written", [OTHER, -1, 1])
def test_a_pid_that_a_child_has_written_gets_no_signal(written: int, killed: list[tuple[int, int]]) -> None:
    scoreboard = Scoreboard(2, 1)
    brood = brood_of(scoreboard)
    scoreboard.process(0).pid = written
    brood.leave_gracefully()
    assert killed == []
    assert brood.remaining() == [OWN]  # who has hidden from the scoreboard is ended, too


def test_an_own_child_gets_it(killed: list[tuple[int, int]]) -> None:
    brood = brood_of(Scoreboard(2, 1))
    brood.leave_gracefully()
    assert killed == [(OWN, signal.SIGUSR1)]


def test_who_has_ended_does_not_remain(
    killed: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    scoreboard = Scoreboard(2, 1)
    brood = brood_of(scoreboard)
    ended = [(OWN, 0), (0, 0)]
    monkeypatch.setattr(os, "waitpid", lambda *_: ended.pop(0))
    assert brood.remaining() == []
    brood.leave_gracefully()
    assert killed == []
