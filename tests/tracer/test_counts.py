"""What a trace says of itself at its end: what it has, and what it missed."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import ending, start, stop, wait_until
from tests.support.requirements import need_ptrace
from tests.support.tracers import TRACEKIT
from tracekit.tracer.counts import Counts

CHILDREN = 3
FORKING = f"""
import os
for _ in range({CHILDREN}):
    if not (child := os.fork()): os.getppid(); os._exit(0)
    os.waitpid(child, 0)
"""
SLEEPING = "import time; print('ready', flush=True); time.sleep(1000)"


@pytest.fixture(autouse=True)
def _may_trace() -> None:
    need_ptrace()


def tracekit(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [*TRACEKIT, *map(str, words)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


def closing_line(path: Path) -> dict[str, Any]:
    *_, last = path.read_text().splitlines()
    key, text = last.removeprefix("# tracekit ").split(" ", 1)
    assert key == "end"
    found: dict[str, Any] = json.loads(text)
    return found


def test_a_run_counts_what_stands_in_its_lines(tmp_path: Path) -> None:
    out = tmp_path / "t.strace"
    done = tracekit("run", "-f", "-o", out, "--", sys.executable, "-S", "-c", FORKING)
    lines = [line for line in out.read_text().splitlines() if not line.startswith("#")]
    calls = sum(bool(re.match(r"\d+ +[\d.]+ \w+\(", line)) for line in lines)
    signals = sum(" --- SIG" in line for line in lines)
    ends = sum(" +++ " in line for line in lines)
    assert ends == 1 + CHILDREN
    end = closing_line(out)
    assert {key: end[key] for key in ("tasks", "attached", "calls", "signals", "events", "refused")} == {
        "tasks": 1 + CHILDREN,
        "attached": 0,
        "calls": calls,
        "signals": signals,
        "events": calls + signals + ends,
        "refused": [],
    }
    assert "cut" not in end
    assert done.stderr.splitlines()[-1] == (
        f"tracekit: {1 + CHILDREN} tasks, {end['events']} events, {calls} calls,"
        f" {signals} signal{'s' * (signals != 1)} -> {out}"
    )


def test_an_attach_counts_what_it_cut_off(tmp_path: Path) -> None:
    out = tmp_path / "t.strace"
    with ending(start([sys.executable, "-c", SLEEPING], stdout=subprocess.PIPE)) as program:
        assert program.stdout
        program.stdout.readline()
        command = [*TRACEKIT, "attach", "-f", "-p", str(program.pid), "-o", str(out)]
        with ending(start(command, stderr=subprocess.PIPE)) as tracer:
            wait_until(lambda: out.exists() and "sleep(" in out.read_text(), "a call")
            assert stop(tracer, signal.SIGINT) == 0
            assert tracer.stderr
            assert b"tracekit: missed: 1 call still running at the end\n" in tracer.stderr.read()
    end = closing_line(out)
    assert (end["attached"], end["tasks"], end["cut"]) == (1, 1, 1)


def test_the_end_of_a_trace_of_many_files_stands_in_the_first_tasks(tmp_path: Path) -> None:
    tracekit("run", "-ff", "-o", tmp_path / "t", "--", sys.executable, "-S", "-c", FORKING)
    files = list(tmp_path.iterdir())
    assert len(files) == 1 + CHILDREN
    (first,) = (path for path in files if " execve(" in path.read_text())
    assert closing_line(first)["tasks"] == 1 + CHILDREN
    assert not any("# tracekit end" in path.read_text() for path in files if path != first)


def test_plain_traces_have_no_closing_line(tmp_path: Path) -> None:
    out = tmp_path / "t.strace"
    done = tracekit("run", "-f", "--plain", "-o", out, "--", "true")
    assert "#" not in {line[0] for line in out.read_text().splitlines()}
    assert "tracekit: 1 task, " in done.stderr


def test_strace_says_none_of_it(tmp_path: Path) -> None:
    out = tmp_path / "t.strace"
    done = tracekit("strace", "-f", "-o", out, "true")
    assert done.stderr == ""
    assert "tracekit" not in out.read_text()


def test_what_is_not_missing_is_not_named() -> None:
    facts = Counts(tasks=2, calls=5, signals=1, others=3, left=1).facts()
    assert facts == {
        "events": 9,
        "tasks": 2,
        "attached": 0,
        "calls": 5,
        "signals": 1,
        "refused": [],
        "left": 1,
    }


GARBAGE = """
import gc, sys
from tracekit.tracer import tracing
from tracekit.tracer.options.settings import Settings
resting = []
class Output:
    def write(self, text): resting.append(gc.isenabled())
    def flush(self): pass
sys.stderr = Output()
{before}
tracing.run(["true"], Settings())
print(any(resting[:5]), gc.isenabled())
"""


@pytest.mark.parametrize(("before", "after"), [("", True), ("gc.disable()", False)])
def test_the_garbage_collector_rests_only_while_tracing(before: str, after: bool) -> None:
    code = GARBAGE.format(before=before)
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split() == ["False", str(after)]
