"""The path of a target, for every target there is."""

from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.http.framing import BadRequestError, take_request
from server.http.request import Request
from server.http.status import HttpError
from server.http.target import decode_path

WORDS = [b"/", b"..", b".", b"a", b"%2e", b"%2E", b"%2f", b"%00", b"%25", b"%zz", b"%", b"?", b"%c3"]
PIECES = st.sampled_from(WORDS) | st.binary(max_size=3)
STARTS = st.sampled_from([b"", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n"])


def path_or_status(target: bytes, encoded_slashes: str = "off") -> bytes | int:
    try:
        return decode_path(target, encoded_slashes)
    except HttpError as error:
        return error.status


@given(st.lists(PIECES, max_size=12))
def test_a_path_has_no_dots_left_and_begins_at_the_root(pieces: list[bytes]) -> None:
    path = path_or_status(b"/" + b"".join(pieces))
    if isinstance(path, int):
        assert path in {400, 404}
    else:
        assert path.startswith(b"/")
        assert not {b"..", b"."} & set(path.split(b"/"))
        assert b"//" not in path


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (b"/", b"/"),
        (b"/a?b/../c", b"/a"),
        (b"/a%20b", b"/a b"),
        (b"/%252e%252e/", b"/%2e%2e/"),
        (b"/a/./b//c/../d/", b"/a/b/d/"),
        (b"/a/..", b"/"),
        (b"/a/b/..", b"/a/"),
        (b"/..a/.b", b"/..a/.b"),
        (b"/..", 400),
        (b"/a/../..", 400),
        (b"/%2e%2e/a", 400),
        (b"/%", 400),
        (b"/a%2fb", 404),
        (b"/a%00", 404),
    ],
)
def test_a_path_is_decoded_once_and_normalised_or_refused(target: bytes, expected: bytes | int) -> None:
    assert path_or_status(target) == expected


@pytest.mark.parametrize(
    ("target", "encoded_slashes", "expected"),
    [
        (b"/a%2Fb", "on", b"/a/b"),
        (b"/a%2f..%2Fb", "on", b"/b"),
        (b"/..%2f", "on", 400),
        (b"/a%2Fb%20c", "nodecode", b"/a%2Fb c"),
        (b"/a%2f..", "nodecode", b"/a%2f.."),
        (b"/a%2f%00", "on", 404),
    ],
)
def test_encoded_slashes_are_as_allowed(target: bytes, encoded_slashes: str, expected: bytes | int) -> None:
    assert path_or_status(target, encoded_slashes) == expected


def test_slashes_that_are_not_merged_are_components() -> None:
    assert decode_path(b"/a//b/../c", merge_slashes=False) == b"/a//c"
    assert decode_path(b"//a", merge_slashes=False) == b"//a"


@given(st.binary(max_size=20))
def test_an_encoded_path_decodes_to_itself(name: bytes) -> None:
    name = b"/" + name.replace(b"/", b"").replace(b"\0", b"") + b"x"
    assert decode_path(quote_from_bytes(name).encode()) == name


def first_request(received: bytearray) -> Request | int | None:
    try:
        return take_request(received)
    except BadRequestError as error:
        return error.status


@given(STARTS, st.binary(max_size=60))
def test_any_bytes_are_a_request_or_refused_or_not_yet_complete(start: bytes, data: bytes) -> None:
    received = bytearray(start + data)
    result = first_request(received)
    if isinstance(result, int):
        assert result in {400, 414, 417, 431, 501, 505}
    if result is None:
        assert b"\r\n\r\n" not in received
