"""Logs that tests write by hand."""

from pathlib import Path

import pytest

from tests.support.traces import Written
from tests.support.written_site import Site


@pytest.fixture
def log(tmp_path: Path) -> Written:
    return Written(tmp_path, [])


@pytest.fixture
def site(log: Written) -> Site:
    log.notes({"pid": 10, "cwd": "/", "fds": {"3": "socket:[1]"}})
    return Site(log)
