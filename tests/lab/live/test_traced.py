"""The traced server for tests of one's own: the trace has what the server says that it did."""

import urllib.request

from tests.support.processes import wait_until
from tests.support.requirements import need_ptrace
from tracekit.lab.live.traced import traced
from tracekit.lab.traces import StudentTrace


def test_a_traced_server() -> None:
    need_ptrace()
    with traced(mpm="worker") as one:
        for target in one.site.targets:
            with urllib.request.urlopen(one.url + target) as answer:
                assert answer.read() == f"{target}\n".encode()
        wait_until(lambda: one.log.read_text().count("\n") > len(one.site.targets), "the server's log")
        one.stop()
        truth = one.truth()
        lines = list(StudentTrace(one.trace).lines())
        assert truth.coverage is not None
        assert truth.coverage.complete
        assert {request.target for request in truth.requests} == set(one.site.targets)
        for request in truth.requests:
            assert any(
                line.startswith(f"{request.tid} ") and f'"GET {request.target} HTTP/1.1' in line
                for line in lines
            )
        assert one.log.read_text().count("\n") == len(one.site.targets) + 1, "one more, at its start"
    assert not one.trace.exists()
