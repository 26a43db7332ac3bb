"""Logs that tests write by hand."""

from pathlib import Path

import pytest

from tests.support.traces import Written


@pytest.fixture
def log(tmp_path: Path) -> Written:
    return Written(tmp_path, [])
