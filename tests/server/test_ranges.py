"""Byte ranges (RFC 9110, 14): which are sent, in which form, and which are not worth it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.http import ranges
from server.http.ranges import RangeLimits
from server.http.response import FilePart
from tests.support.lab_server import SITE, LabServer
from tests.support.raw_http import Answer, ask

FILE = SITE["htdocs/pic.png"]
SIZE = len(FILE)
OLD = "Mon, 01 Jan 2001 00:00:00 GMT"


@pytest.mark.parametrize(
    ("field", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, SIZE - 1),
        (f"bytes=100-{SIZE * 2}", 100, SIZE - 1),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE - 1),
        ("bytes=-1", SIZE - 1, SIZE - 1),
        (f"bytes=-{SIZE * 2}", 0, SIZE - 1),
        ("BYTES=5-6", 5, 6),
        ("bytes= 5-6 ,", 5, 6),
        (f"bytes={SIZE}-,1-2", 1, 2),
        ("bytes=1-5,3-9", 1, 9),
        ("bytes=1-5,6-9", 1, 9),
        ("bytes=6-9,1-5", 1, 9),
        ("bytes=4096-8191", 4096, 8191),
        ("bytes=4097-12345", 4097, 12345),
    ],
)
def test_one_range_is_sent_as_it_is(server: LabServer, field: str, first: int, last: int) -> None:
    answer = ask(server.address, "/pic.png", f"Range: {field}")
    assert answer.status == 206
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert answer.headers["Content-Type"] == ask(server.address, "/pic.png").headers["Content-Type"]
    assert answer.body == FILE[first : last + 1]


@pytest.mark.parametrize(
    ("fields", "method"),
    [
        (["Range: bytes=5-3"], "GET"),
        (["Range: bytes=a-b"], "GET"),
        (["Range: bytes=-"], "GET"),
        (["Range: bytes="], "GET"),
        (["Range: bytes=0-1,x"], "GET"),
        (["Range: bytes=0x1-2"], "GET"),
        (["Range: bytes=1- 2"], "GET"),
        (["Range: lines=0-1"], "GET"),
        (["Range: bytes=0-1", "Range: bytes=3-4"], "GET"),
        (["Range: bytes=" + ",".join(["0-1", "3-4"] * 101)], "GET"),
        (["Range: bytes=0-,0-,1-"], "GET"),
        (["Range: bytes=0-1", f"If-Range: {OLD}"], "GET"),
        (["Range: bytes=0-1", 'If-Range: "other"'], "GET"),
        (["Range: bytes=0-1", "If-Range: W/{etag}"], "GET"),
        (["Range: bytes=0-1", "If-Range: nonsense"], "GET"),
        (["Range: bytes=0-1"], "HEAD"),
        (["Range: bytes=0-1"], "POST"),
    ],
)
def test_a_range_that_does_not_apply_is_ignored(server: LabServer, fields: list[str], method: str) -> None:
    etag = ask(server.address, "/pic.png").headers["ETag"]
    sent = [field.replace("{etag}", etag) for field in fields]
    answer = ask(server.address, "/pic.png", *sent, method=method)
    assert answer.status in (200, 206)
    if fields == ["Range: bytes=0-,0-,1-"]:  # merged, they are the whole file
        assert answer.headers["Content-Range"] == f"bytes 0-{SIZE - 1}/{SIZE}"
    else:
        assert answer.status == 200
        assert answer.headers["Content-Length"] == str(SIZE)
    assert answer.body == (b"" if method == "HEAD" else FILE)


@pytest.mark.parametrize("field", [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE + 5},{SIZE + 9}-", "bytes=-0"])
def test_a_range_outside_of_the_file_is_refused(server: LabServer, field: str) -> None:
    answer = ask(server.address, "/pic.png", f"Range: {field}")
    assert answer.status == 416
    assert answer.headers["Content-Range"] == f"bytes */{SIZE}"
    assert FILE[:9] not in answer.body


def test_of_nothing_there_is_no_range(server: LabServer) -> None:
    answer = ask(server.address, "/empty.txt", "Range: bytes=0-")
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize("condition", ["If-Range: {etag}", "If-Range: {modified}"])
def test_a_range_of_what_is_still_the_same_is_sent(server: LabServer, condition: str) -> None:
    known = ask(server.address, "/pic.png").headers
    field = condition.format(etag=known["ETag"], modified=known["Last-Modified"])
    assert ask(server.address, "/pic.png", "Range: bytes=0-1", field).body == FILE[:2]


def test_preconditions_come_before_ranges(server: LabServer) -> None:
    etag = ask(server.address, "/pic.png").headers["ETag"]
    assert ask(server.address, "/pic.png", "Range: bytes=0-1", f"If-None-Match: {etag}").status == 304
    assert ask(server.address, "/pic.png", "Range: bytes=0-1", 'If-Match: "x"').status == 412


def parts(answer: Answer) -> list[tuple[str, bytes]]:
    """Read a multipart body as RFC 2046 says, and return each part's range and content."""
    match = re.fullmatch(r"multipart/byteranges; boundary=(\S+)", answer.headers["Content-Type"])
    assert match is not None
    before, *found, end = answer.body.split(f"--{match[1]}".encode())
    assert before.strip() == b""
    assert end == b"--\r\n"
    result = []
    for part in found:
        head, _, content = part.partition(b"\r\n\r\n")
        lines = head.decode().strip().splitlines()
        fields = dict(line.lower().split(": ", 1) for line in lines)
        assert fields["content-type"] == "image/png"
        assert content.endswith(b"\r\n")
        result.append((fields["content-range"], content[:-2]))
    return result


def test_several_ranges_are_sent_in_parts_and_in_the_order_asked_for(server: LabServer) -> None:
    answer = ask(server.address, "/pic.png", "Range: bytes=5000-15000,0-1,-3")
    assert answer.status == 206
    assert "Content-Range" not in answer.headers
    assert parts(answer) == [
        (f"bytes 5000-15000/{SIZE}", FILE[5000:15001]),
        (f"bytes 0-1/{SIZE}", FILE[:2]),
        (f"bytes {SIZE - 3}-{SIZE - 1}/{SIZE}", FILE[-3:]),
    ]


def test_two_hundred_ranges_are_sent_and_one_more_is_not(server: LabServer) -> None:
    spans = [f"{number * 4}-{number * 4 + 1}" for number in range(201)]
    assert len(parts(ask(server.address, "/pic.png", "Range: bytes=" + ",".join(spans[:200])))) == 200
    assert ask(server.address, "/pic.png", "Range: bytes=" + ",".join(spans)).status == 200


@pytest.mark.parametrize(
    ("spans", "is_ignored"),
    [
        (["0-9"] * 21, False),
        (["0-9"] * 22, True),
        ([f"{20 - number}-30" for number in range(21)], False),
        ([f"{21 - number}-30" for number in range(22)], True),
    ],
)
def test_too_many_overlaps_or_steps_back_are_ignored(spans: list[str], is_ignored: bool) -> None:
    assert (ranges.parse(b"bytes=" + ",".join(spans).encode(), 1000, RangeLimits()) is None) is is_ignored


def test_the_limits_can_be_lifted_or_ranges_switched_off() -> None:
    many = b"bytes=" + b",".join(b"%d-%d" % (4 * number, 4 * number) for number in range(300))
    found = ranges.parse(many, 10_000, RangeLimits(-1, -1, -1))
    assert found is not None
    assert len(found) == 300
    assert ranges.parse(b"bytes=0-1", 10, RangeLimits(ranges=0)) is None


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(sorted), min_size=1, max_size=8)


@given(SPANS, st.integers(1, 50))
def test_what_is_sent_is_what_was_asked_for(spans: list[list[int]], size: int) -> None:
    field = b"bytes=" + b",".join(b"%d-%d" % tuple(span) for span in spans)
    asked = {byte for first, last in spans for byte in range(first, last + 1) if byte < size}
    found = ranges.parse(field, size, RangeLimits(-1, -1, -1))
    if found is not None:
        assert {byte for part in found for byte in range(part.offset, part.offset + part.length)} == asked
        assert sum(part.length for part in found) <= size


@given(st.binary(max_size=40))
def test_any_bytes_are_ranges_or_ignored(text: bytes) -> None:
    for field in (text, b"bytes=" + text):
        for part in ranges.parse(field, 100, RangeLimits()) or ():
            assert isinstance(part, FilePart)
            assert 0 <= part.offset < part.offset + part.length <= 100
