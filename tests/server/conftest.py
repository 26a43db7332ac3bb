"""A server for each test module and MPM; tests that need another one start it themselves."""

import socket
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


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connection: the server's end, which never blocks, and the client's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
    server.setblocking(False)
    with server, client:
        yield server, client
