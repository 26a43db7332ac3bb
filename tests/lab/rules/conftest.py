"""A trace of a few lines, to ask rules about."""

from pathlib import Path

import pytest

from tests.support.lab_traces import Few
from tracekit.lab.evidence import Evidence

SERVER = Path(__file__).with_name("server.txt")
"""A main process (70), a worker (71, its threads 72 and 73), and a stranger (90)."""


@pytest.fixture
def trace() -> Few:
    return Few(tuple(SERVER.read_text().splitlines()))


@pytest.fixture
def evidence(trace: Few) -> Evidence:
    return Evidence(trace)
