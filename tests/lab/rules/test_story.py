"""What a line shows by what stands around it."""

from collections.abc import Sequence

import pytest

from tests.support.lab_traces import Few
from tracekit.lab.evidence import Call, Evidence
from tracekit.lab.rules import story


def events(evidence: Evidence, *lines: int) -> Sequence[Call]:
    found = [evidence.call(line) for line in lines]
    return [call for call in found if call is not None]


def test_the_request_before_a_line(evidence: Evidence, trace: Few) -> None:
    (opened,) = events(evidence, 13)
    assert story.request_before(evidence, trace, opened) == "/a%20b/?x=1"
    (accept,) = events(evidence, 10)
    assert story.request_before(evidence, trace, accept) == ""


@pytest.mark.parametrize("lines", [(6, 9), (7, 11), (11, 6)])
def test_one_connection(evidence: Evidence, lines: tuple[int, int]) -> None:
    accept, read = story.one_connection(events(evidence, *lines))
    assert (accept.tid, read.tid) == (73, 72)


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ((6,), "two lines"),
        ((10, 11), "two connections"),
        ((8, 11), "took no connection"),
        ((6, 13), "nothing is read"),
    ],
)
def test_what_is_no_one_connection(evidence: Evidence, lines: tuple[int, ...], what: str) -> None:
    with pytest.raises(AssertionError, match=what):
        story.one_connection(events(evidence, *lines))


def test_peers_have_to_be_in_the_trace() -> None:
    plain = Few(
        (
            "73 100.000007 accept4(3, NULL, NULL, SOCK_CLOEXEC) = 10 <0.000007>",
            '72 100.000011 read(10, "GET / HTTP/1.1\\r\\n\\r\\n", 8000) = 18 <0.0001>',
        )
    )
    with pytest.raises(AssertionError, match="-yy"):
        story.one_connection(events(Evidence(plain), 1, 2))


@pytest.mark.parametrize("line", [14, 15])
def test_a_connection_that_is_kept_alive(evidence: Evidence, trace: Few, line: int) -> None:
    (call,) = events(evidence, line)
    assert story.kept_alive(evidence, trace, call) == 72


@pytest.mark.parametrize(
    ("line", "what"), [(17, "being closed"), (13, "neither a wait"), (6, "neither a wait")]
)
def test_what_is_no_waiting_for_a_request(evidence: Evidence, trace: Few, line: int, what: str) -> None:
    (call,) = events(evidence, line)
    with pytest.raises(AssertionError, match=what):
        story.kept_alive(evidence, trace, call)


def test_signals_takers_and_readers(evidence: Evidence, trace: Few) -> None:
    assert [call.line for call in story.signals(evidence, trace)] == [18, 19, 20]
    assert story.takers_and_readers(evidence, trace) == ({73}, {72})
