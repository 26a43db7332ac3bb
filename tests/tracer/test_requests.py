"""Signals to the tracer of a launched program, and what is inherited of ours."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import Process, ending, start, task, tree, wait_until
from tests.support.requirements import need_ptrace
from tests.support.tracers import TRACEKIT

COUNTS = "import signal; print(signal.sigwait({15}), flush=True); raise SystemExit(signal.sigwait({15}) + 1)"
COUNTED = f"import signal; signal.pthread_sigmask(signal.SIG_BLOCK, {{15}}); {COUNTS}"
IGNORING = (
    "import os, signal, sys; signal.signal(signal.{}, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
)


@pytest.fixture(autouse=True)
def _may_trace() -> None:
    need_ptrace()


def run(out: Path, *program: str) -> Process:
    return start([*TRACEKIT, "run", "-f", "-o", out, "--", *program], stdout=subprocess.PIPE)


def program_of(tracer: Process, out: Path, mark: str) -> int:
    """Return the pid of the launched program once its trace shows that it has come to ``mark``."""
    wait_until(lambda: out.exists() and mark in out.read_text(), mark)
    return next(pid for pid in tree(tracer.pid) if pid != tracer.pid)


def test_a_request_to_end_reaches_a_stopped_program(tmp_path: Path) -> None:
    out = tmp_path / "t.strace"
    with ending(run(out, "sh", "-c", "kill -STOP $$; exit 5")) as tracer:
        program_of(tracer, out, "--- stopped by SIGSTOP ---")
        tracer.send_signal(signal.SIGTERM)
        assert tracer.wait(30) == 128 + signal.SIGTERM


def test_every_request_to_end_is_passed_on(tmp_path: Path) -> None:
    out = tmp_path / "t.strace"
    with ending(run(out, sys.executable, "-c", COUNTED)) as tracer:
        program = program_of(tracer, out, "rt_sigtimedwait(")
        tracer.send_signal(signal.SIGTERM)
        assert tracer.stdout
        assert tracer.stdout.readline() == b"15\n"
        untraced = task(program)
        assert untraced
        assert untraced.tracer == 0
        tracer.send_signal(signal.SIGTERM)
        assert tracer.wait(30) == signal.SIGTERM + 1


@pytest.mark.parametrize("ignored", [signal.SIGCHLD, signal.SIGTTOU], ids=lambda ignored: ignored.name)
def test_what_was_ignored_before_is_ignored_by_the_program_too(
    tmp_path: Path, ignored: signal.Signals
) -> None:
    ours = [sys.executable, "-c", IGNORING.format(ignored.name), *TRACEKIT]
    command = [*ours, "run", "-f", "-o", str(tmp_path / "t"), "--", "grep", "SigIgn", "/proc/self/status"]
    done = subprocess.run(command, check=True, capture_output=True, timeout=30)
    assert int(done.stdout.split()[1], 16) >> (ignored - 1) & 1


def test_no_terminal_stops_us(tmp_path: Path) -> None:
    """A traced shell takes the terminal; to write to it would stop us, and with us all that we trace."""
    out = tmp_path / "t.strace"
    with ending(run(out, "sleep", "1000")) as tracer:
        program_of(tracer, out, "clock_nanosleep(")
        status = Path(f"/proc/{tracer.pid}/status").read_text()
        ignored = int(next(line.split()[1] for line in status.splitlines() if line.startswith("SigIgn")), 16)
        assert ignored >> (signal.SIGTTOU - 1) & 1
        assert ignored >> (signal.SIGTTIN - 1) & 1
