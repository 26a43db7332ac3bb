"""What one line shows, and what kind of thing is wrong with one that does not."""

import pytest

from tracekit.lab.evidence import Call, Evidence
from tracekit.lab.rules import calls

CLONE, STRANGER, THREAD = 1, 2, 4
ACCEPT, AGAIN, OTHER_ACCEPT = 6, 8, 10
READ, FAILED_OPEN, OPEN, POLL, ADD, SHUTDOWN, LINGER = 11, 12, 13, 14, 15, 16, 17
FAULT, SENT_ON, FROM_OUTSIDE, DEATH = 18, 19, 20, 21
ALL = range(1, 22)


def there(evidence: Evidence, line: int) -> Call:
    call = evidence.call(line)
    assert call is not None
    return call


def showing(evidence: Evidence, rule: object) -> set[int]:
    """Return the first lines of the events that a rule holds for."""
    assert callable(rule)
    return {there(evidence, line).line for line in ALL if rule(there(evidence, line))}


def test_which_lines_show_what(evidence: Evidence) -> None:
    assert showing(evidence, calls.accepts) == {ACCEPT, OTHER_ACCEPT}
    assert showing(evidence, calls.opens) == {OPEN}
    assert showing(evidence, calls.request) == {9}
    assert showing(evidence, calls.makes_process) == {CLONE}
    assert showing(evidence, calls.makes_thread) == {THREAD, THREAD + 1}
    assert showing(evidence, calls.waits) == {POLL, LINGER}
    assert showing(evidence, calls.hands_back) == {ADD}


def test_a_fault_is_told_from_a_signal_that_was_sent_on(evidence: Evidence) -> None:
    tids = evidence.tids
    assert tids == {70, 71, 72, 73, 90}
    assert showing(evidence, lambda call: calls.faults(call, tids)) == {FAULT, FROM_OUTSIDE}
    assert "sent on" in calls.why_no_fault(there(evidence, SENT_ON))
    assert "end of a thread" in calls.why_no_fault(there(evidence, DEATH))
    assert "no signal" in calls.why_no_fault(there(evidence, OPEN))


@pytest.mark.parametrize(
    ("why", "line", "what"),
    [
        (calls.why_no_accept, READ, "look for accept4"),
        (calls.why_no_accept, AGAIN, "took no connection"),
        (calls.why_no_open, READ, "look for openat"),
        (calls.why_no_open, FAILED_OPEN, "this open failed"),
        (calls.why_no_request, OPEN, "nothing is read here"),
        (calls.why_no_process, OPEN, "look for clone"),
        (calls.why_no_process, THREAD, "a thread is created here"),
    ],
)
def test_the_kind_of_mistake_is_told(evidence: Evidence, why: object, line: int, what: str) -> None:
    assert callable(why)
    assert what in why(there(evidence, line))


def test_targets(evidence: Evidence) -> None:
    assert calls.target(there(evidence, READ)) == "/a%20b/?x=1"
    assert calls.path_of("/a%20b/?x=1") == "/a b/"
    assert calls.target(there(evidence, OPEN)) == ""


def test_paths_below_a_folder(evidence: Evidence) -> None:
    opened = there(evidence, OPEN)
    assert calls.below(opened, "/srv/www")
    assert calls.below(opened, "/")
    assert not calls.below(opened, "/srv/ww")
    assert calls.inside("/srv/www", "/srv/www")
    assert not calls.inside(None, "/srv")


def test_a_target_and_a_root_lead_to_a_file(evidence: Evidence) -> None:
    opened = there(evidence, OPEN)
    assert calls.leads_to("/a%20b/?x=1", opened, "/srv/www")
    assert calls.leads_to("/a%20b/index.html", opened, "/srv/www")
    assert not calls.leads_to("/", opened, "/srv/www")
    assert not calls.leads_to("/other/index.html", opened, "/srv/www")
    assert not calls.leads_to("/a%20b/", opened, "/srv")
