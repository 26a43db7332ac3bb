"""Preconditions (RFC 9110, 13): 304 and 412."""

import pytest

from tests.support.lab_server import SITE, LabServer
from tests.support.raw_http import ask

OLD = "Mon, 01 Jan 2001 00:00:00 GMT"
NEW = "Fri, 01 Jan 2100 00:00:00 GMT"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (["If-None-Match: {etag}"], 304),
        (["If-None-Match: W/{etag}"], 304),
        (['If-None-Match: "x", {etag}'], 304),
        (["If-None-Match: *"], 304),
        (['If-None-Match: "x"'], 200),
        (["If-None-Match: nonsense"], 200),
        (["If-Modified-Since: {modified}"], 304),
        ([f"If-Modified-Since: {NEW}"], 304),
        ([f"If-Modified-Since: {OLD}"], 200),
        (["If-Modified-Since: yesterday"], 200),
        (["If-Modified-Since: 01 Jan 2100 00:00:00 GMT"], 200),
        ([f"If-Modified-Since: {NEW} x"], 200),
        ([f"If-Modified-Since: {NEW[:-3]}+0100"], 200),
        ([f"If-Modified-Since: {NEW}", f"If-Modified-Since: {NEW}"], 200),
        (["If-Modified-Since: Tuesday, 01-Jan-52 00:00:00 GMT"], 304),
        (["If-Modified-Since: Fri Jan  1 00:00:00 2100"], 304),
        (['If-None-Match: "x"', f"If-Modified-Since: {NEW}"], 200),
        (["If-Match: {etag}"], 200),
        (["If-Match: *"], 200),
        (["If-Match: W/{etag}"], 412),
        (['If-Match: "x"'], 412),
        ([f"If-Unmodified-Since: {OLD}"], 412),
        ([f"If-Unmodified-Since: {NEW}"], 200),
        (["If-Match: {etag}", f"If-Unmodified-Since: {OLD}"], 200),
    ],
)
def test_a_precondition_decides(server: LabServer, fields: list[str], status: int) -> None:
    known = ask(server.address, "/pic.png").headers
    sent = [field.format(etag=known["ETag"], modified=known["Last-Modified"]) for field in fields]
    answer = ask(server.address, "/pic.png", *sent)
    assert answer.status == status
    if status == 304:
        assert answer.body == b""
        assert answer.headers["ETag"] == known["ETag"]
        assert "Content-Type" not in answer.headers
    if status == 200:
        assert answer.body == SITE["htdocs/pic.png"]
