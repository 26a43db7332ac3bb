"""HTTP/1.x messages in a stream with holes."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from tracekit.analyzers.http.messages import Head
from tracekit.analyzers.http.streams import Requests, Responses

MESSAGES = (
    b"GET /a?b=c HTTP/1.1\r\nHost: one\r\n\r\n"
    b"POST /p HTTP/1.1\r\nContent-Length: 22\r\n\r\nGET /fake HTTP/1.1\r\n\r\n"
    b"\r\nPUT /q HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5;x=y\r\nhello\r\n12\r\nGET /fake HTTP/1.1\r\n0\r\nX: y\r\n\r\n"
    b"HEAD /last HTTP/1.0\n\n"
)
LINES = [b"GET /a?b=c HTTP/1.1", b"POST /p HTTP/1.1", b"PUT /q HTTP/1.1", b"HEAD /last HTTP/1.0"]

ANSWERS = (
    b"HTTP/1.1 100 Continue\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\nHTTP/1.1 500 no\r\n"
    b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n11\r\nHTTP/1.1 501 no\r\n\r\n0\r\n\r\n"
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n"
    b"HTTP/1.1 206 Partial Content\r\nContent-Length: 99\r\n\r\n"
    b"HTTP/1.0 200 OK\r\n\r\nHTTP/1.1 500 no\r\n"
)
METHODS = [b"GET", b"GET", b"GET", b"HEAD", b"GET"]
STATUSES = [100, 200, 404, 304, 206, 200]


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % len(data) for cut in cuts)})
    return [data[begin:end] for begin, end in itertools.pairwise(places)]


@given(st.lists(st.integers(min_value=0), max_size=60))
def test_requests_do_not_depend_on_where_reads_end(cuts: list[int]) -> None:
    reader = Requests()
    heads = [head for piece in pieces(MESSAGES, cuts) for head in reader.feed(piece, len(piece))]
    assert [head.line for head in heads] == LINES
    assert not any(head.cut for head in heads)
    assert heads[0].get(b"host") == b"one"
    assert not reader.pending


@given(st.lists(st.integers(min_value=0), max_size=60))
def test_responses_do_not_depend_on_where_writes_end(cuts: list[int]) -> None:
    writer, waiting, found, total = Responses(), list(METHODS), [], 0
    for piece in _whole_status_lines(pieces(ANSWERS, cuts)):
        for part in writer.feed([(piece, len(piece))], waiting):
            total += part.size
            if part.begins is not None:
                found.append(part.begins)
                del waiting[: part.begins >= 200]
    assert found == STATUSES
    assert total == len(ANSWERS)


def _whole_status_lines(parts: list[bytes]) -> list[bytes]:
    """Join pieces that would end within the first 13 bytes of a response: no server writes such."""
    joined = [b""]
    for part in parts:
        tail = (joined[-1] + b"").rpartition(b"HTTP/1.")[2]
        if len(tail) < 13 or joined[-1].endswith((b"H", b"HT", b"HTT", b"HTTP", b"HTTP/", b"HTTP/1")):
            joined[-1] += part
        else:
            joined.append(part)
    return joined


@given(st.binary(max_size=200), st.integers(min_value=0, max_value=300))
def test_no_bytes_break_the_reader(data: bytes, hidden: int) -> None:
    reader, writer = Requests(), Responses()
    for head in reader.feed(data, len(data) + hidden):
        assert isinstance(head, Head)
    parts = writer.feed([(data, len(data) + hidden)], [b"GET"])
    assert sum(part.size for part in parts) == len(data) + hidden


def test_a_head_in_a_hole_is_given_out_as_far_as_it_is_known() -> None:
    [head] = Requests().feed(b"GET /a HTTP/1.1\r\nX: 1\r\nHost: exa", 90)
    assert (head.line, head.line_cut, head.cut) == (b"GET /a HTTP/1.1", False, True)
    assert (head.fields, head.partial) == ([(b"x", b"1")], b"Host: exa")
    [head] = Requests().feed(b"GET /a/lo", 90)
    assert (head.line, head.line_cut) == (b"GET /a/lo", True)
    [head] = Requests().feed(b"", 90)
    assert (head.line, head.cut) == (b"", True)


def test_after_a_cut_head_only_an_answer_or_a_request_line_begins_another() -> None:
    reader = Requests()
    assert len(reader.feed(b"POST /a HT", 90)) == 1
    assert reader.feed(b"GET /fake HTTP/1.1\r\n\r\n", 22) == []
    reader.answered = True
    assert len(reader.feed(b"GET /b HTTP/1.1\r\n\r\n", 19)) == 1
    reader = Requests()
    assert len(reader.feed(b"GET /a HT", 90)) == 1
    assert reader.feed(b"rest of a field\r\n\r\n", 19) == []
    assert len(reader.feed(b"GET /b HTTP/1.1\r\n\r\n", 19)) == 1


def test_what_never_becomes_a_head_is_not_kept() -> None:
    reader = Requests()
    for _ in range(200_000):
        reader.feed(b"x", 1)
    assert reader.opaque
    assert reader.feed(b"\r\n\r\nGET / HTTP/1.1\r\n\r\n", 22) == []
