"""A task that makes calls without a rest does not keep the others from being served."""

import signal
import subprocess
from collections import Counter
from pathlib import Path

from tests.support.processes import ending, start, stop, threads, wait_until
from tests.support.requirements import need_ptrace
from tests.support.tracees import build
from tests.support.tracers import TRACEKIT

CALLS = 500
SHARE = 50
"""The busiest thread makes no more than so many calls for each of the others'."""


def test_every_busy_thread_is_served(tmp_path: Path) -> None:
    need_ptrace()
    out = tmp_path / "t.strace"
    words = [build("torture_signals", tmp_path, "-pthread")]
    busy_one = start(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with ending(busy_one, signal.SIGKILL) as program:  # it ignores SIGTERM
        assert program.stdin
        assert program.stdout
        program.stdin.write(b"\n")
        program.stdin.flush()
        child = int(program.stdout.readline().split()[3])
        with ending(start([*TRACEKIT, "attach", "-f", "-p", str(program.pid), "-o", out])) as tracer:
            wait_until(lambda: sum(calls(out).values()) > CALLS, "calls")
            assert stop(tracer, signal.SIGINT) == 0
        busy = {one.tid for one in threads(program.pid)} - {program.pid}
        assert {one.tid for one in threads(child)} == {child}
    counted = calls(out)
    assert set(counted) == busy
    assert max(counted.values()) < SHARE * min(counted.values()), counted


def calls(trace: Path) -> Counter[int]:
    """Return how many calls each thread has made."""
    if not trace.exists():
        return Counter()
    lines = trace.read_text().splitlines()[:-1]
    return Counter(int(line.split(" ", 1)[0]) for line in lines if " getpgid(" in line)
