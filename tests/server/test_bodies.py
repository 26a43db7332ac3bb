"""Request bodies: where they end, what is wrong in them, and how long they may be."""

import random

import pytest

from server.http.body import body_of
from server.http.request import CHUNKED
from server.http.status import HttpError

NEXT = b"GET / HTTP/1.1\r\n"


def outcome(sent: bytes, cuts: list[int], limit: int = 0) -> int | bytes | None:
    """Give a chunked body in pieces; return its error, what follows it, or None where it has no end."""
    body = body_of(CHUNKED, limit)
    data = bytearray()
    for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True):
        data += sent[start:end]
        try:
            if body.discard(data):
                return bytes(data) + sent[end:]
        except HttpError as error:
            return error.status
    return None


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"0\r\n\r\n", b""),
        (b"5\r\nhello\r\n0\r\n\r\n" + NEXT, NEXT),
        (b"A\r\n0123456789\r\n0000\r\n\r\n" + NEXT, NEXT),
        (b"a;x\r\n0123456789\r\n0\r\n\r\n", b""),
        (b'1;x=y;z="a\\"\\\\ b" ; q = 1\r\nx\r\n0\r\n\r\n', b""),
        (b"1\r\nx\r\n0;last\r\nTrailer: y\r\nB:\r\n\r\n" + NEXT, NEXT),
        (b"2\r\n\r\n\r\n0\r\n\r\n", b""),
        (b"", None),
        (b"5", None),
        (b"5\r\nhel", None),
        (b"5\r\nhello\r\n0\r\n", None),
        (b"5\nhello\r\n0\r\n\r\n", 400),
        (b"5\r\nhello\n0\r\n\r\n", 400),
        (b"5\r\nhello0\r\n\r\n", 400),
        (b"\r\n", 400),
        (b"x\r\n", 400),
        (b"-1\r\n", 400),
        (b"+1\r\n", 400),
        (b"0x1\r\n", 400),
        (b" 1\r\n", 400),
        (b"1 \r\nx\r\n", 400),
        (b"1_0\r\n", 400),
        (b"1;\r\nx\r\n", 400),
        (b"1;x=\r\nx\r\n", 400),
        (b'1;x="\r\nx\r\n', 400),
        (b"1;\x01\r\nx\r\n", 400),
        (b"1\r\r\nx\r\n", 400),
        (b"FFFFFFFFFFFFFFFF\r\n", 413),
        (b"1" + b"0" * 70 + b"\r\n", 400),
        (b"0\r\nTrailer\r\n\r\n", 400),
        (b"0\r\n Trailer: x\r\n\r\n", 400),
        (b"0\r\nTrailer : x\r\n\r\n", 400),
        (b"0\r\nTrailer: \x00\r\n\r\n", 400),
        (b"0\r\nTrailer: x\n\r\n", 400),
        (b"1;" + b"x" * 9000, 413),
        (b"0\r\n" + b"a: b\r\n" * 20_000, 413),
        (b"1;aaaa\r\nx\r\n" * 3 + b"0\r\n\r\n", b""),
    ],
)
def test_a_chunked_body_ends_where_it_ends(sent: bytes, expected: int | bytes | None) -> None:
    assert outcome(sent, []) == expected
    chance = random.Random(len(sent))
    cuts = sorted(chance.sample(range(len(sent)), min(len(sent), 5)))
    assert outcome(sent, cuts) == expected
    if len(sent) < 200:
        assert outcome(sent, list(range(len(sent)))) == expected


def test_a_body_may_be_as_long_as_the_limit() -> None:
    assert outcome(b"5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n", [], 10) == b""
    assert outcome(b"5\r\nhello\r\n6\r\nworlds\r\n0\r\n\r\n", [], 10) == 413
    body_of(10, 10)
    with pytest.raises(HttpError) as raised:
        body_of(11, 10)
    assert raised.value.status == 413


def test_a_body_of_known_length_ends_after_so_many_bytes() -> None:
    body = body_of(5, 0)
    data = bytearray(b"hel")
    assert not body.discard(data)
    data += b"lo" + NEXT
    assert body.discard(data)
    assert data == NEXT
