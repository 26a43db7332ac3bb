"""A server for each test module and MPM; tests that need another one start it themselves."""

from collections.abc import Iterator

import pytest

from tests.support.lab_server import LabServer, lab_server


@pytest.fixture(scope="module", params=["event", "worker", "prefork"])
def mpm(request: pytest.FixtureRequest) -> str:
    """Each model in turn."""
    return str(request.param)


@pytest.fixture(scope="module")
def server(mpm: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """A running server that the tests of a module share."""
    with lab_server(tmp_path_factory.mktemp(mpm), mpm, servers=3) as running:
        yield running
