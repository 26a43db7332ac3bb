"""Seconds of what ``make torture-server`` does for minutes."""

from pathlib import Path

import pytest

from tests.torture.server import MPMS, torture

SECONDS = 1.0
HELD = 200


@pytest.mark.parametrize("mpm", MPMS)
def test_hostile_clients_cost_no_worker(mpm: str, tmp_path: Path) -> None:
    figures = torture(mpm, SECONDS, HELD, tmp_path)
    assert figures.defects == []
    assert figures.held == HELD
    assert figures.requests > 0
    assert figures.connections > 0
