"""The static file handler, where a running server cannot be brought to it."""

from pathlib import Path

import pytest

from server.config import load
from server.error_log import ErrorLog
from server.handler import StaticFiles
from server.http.request import take_request
from server.media_types import MediaTypes
from server.sites import Sites


class Broken(MediaTypes):
    """A part with a bug, of the kind that a worker takes for a client that has left."""

    def of(self, path: bytes) -> bytes | None:
        raise ConnectionResetError(path)


def test_a_bug_is_logged_and_answered_with_500(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "index.html").write_text("index")
    (tmp_path / "httpd.conf").write_text(f'Listen 127.0.0.1:0\nDocumentRoot "{tmp_path}"\n')
    config = load(tmp_path / "httpd.conf")
    client = ("127.0.0.1", 1)
    site = Sites(config).select(client, b"")
    request = take_request(bytearray(b"GET / HTTP/1.0\r\n\r\n"))
    assert request is not None
    response = StaticFiles(Broken(config), ErrorLog()).respond(request, site, b"localhost", client)
    assert (response.status, response.file) == (500, -1)
    assert "ConnectionResetError" in capfd.readouterr().err
