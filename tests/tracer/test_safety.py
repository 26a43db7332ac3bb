"""However a trace ends, its program goes on as it was, and every signal reaches it."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.processes import Process, ending, start, task, threads, tree, wait_until
from tests.support.requirements import need, need_ptrace, need_root
from tests.support.tracees import build
from tests.support.tracers import STOPPED, TRACEKIT
from tracekit.errors import ExitCode
from tracekit.tracer.kernel import seccomp
from tracekit.tracer.machine import look
from tracekit.tracer.tasks import guardian

SIGNALS = 200
ENOUGH = 300
"""Calls after which a trace is under way."""
BREATH_S = 0.001
"""Between two signals: as many as may be queued (RLIMIT_SIGPENDING) would soon be."""
DISK = "64k"
"""The size of a disk that is full soon."""

FAILING = """
import importlib, sys
module, kind, method, rounds = sys.argv[1:5]
owner = getattr(importlib.import_module("tracekit.tracer." + module), kind)
right, left = getattr(owner, method), [int(rounds)]
def failing(*given, **named):
    left[0] -= 1
    if left[0] == -1:
        raise RuntimeError("a bug")
    return right(*given, **named)
setattr(owner, method, failing)
from tracekit.cli import main
sys.argv[:5] = ["tracekit"]
sys.exit(main())
"""
"""tracekit with a method that fails once, when it has been called so often."""

BUGS = {
    "at an entry": ("calls", "Calls", "enter", "500"),
    "at an exit": ("calls", "Calls", "leave", "500"),
    "at a signal": ("text.remarks", "Remarks", "signal", "10"),
    "while letting go": ("tasks.release", "Release", "one", "1"),
    "while decoding": ("decode.decoder", "Decoder", "exiting", "500"),
    "while writing": ("text.writer", "Writer", "finish", "500"),
    "while waiting": ("kernel.waiting", "Waiter", "stopped", "500"),
}
REQUESTS = {
    "SIGINT": [signal.SIGINT],
    "two SIGINT": [signal.SIGINT] * 2,
    "SIGTERM": [signal.SIGTERM],
    "three SIGTERM": [signal.SIGTERM] * 3,
    "SIGHUP": [signal.SIGHUP],
}


@pytest.fixture(autouse=True)
def _may_trace() -> None:
    need_ptrace()


class Subject:
    """The program that is traced, by the process whose standard streams it has."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.sent = 0
        _, _, self.pid, self.child = self._ask()

    def _ask(self) -> list[int]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        return [int(word) for word in self._process.stdout.readline().split()]

    def calls(self) -> int:
        """How many calls its threads have made."""
        return self._ask()[1]

    def has_all_signals(self) -> bool:
        """Whether every signal that was sent has arrived."""
        return self._ask()[0] == self.sent

    def send(self) -> None:
        """Send it a signal; signals of this kind are queued."""
        os.kill(self.pid, signal.SIGRTMIN)
        self.sent += 1

    def is_as_before(self, tracer: int = 0) -> bool:
        """Whether its threads run, and its child is stopped, all of them traced by this one, or by nobody."""
        running, stopped = threads(self.pid), threads(self.child)
        return (
            all(one.tracer == tracer for one in (*running, *stopped))
            and not any(one.state in STOPPED for one in running)
            and [one.state for one in stopped] == ["t" if tracer else "T"]
        )

    def is_guarded(self) -> bool:
        """The same with a guardian for its tracer."""
        tracers = {one.tracer for one in threads(self.pid)}
        return len(tracers) == 1 and comm(min(tracers)) == guardian.NAME and self.is_as_before(min(tracers))

    def goes_on(self) -> None:
        """See that it makes calls and gets signals; continue its child, and let it end."""
        before = self.calls()
        for _ in range(SIGNALS):
            self.send()
        wait_until(self.has_all_signals, "every signal")
        wait_until(lambda: self.calls() > before + ENOUGH, "further calls")
        os.kill(self.child, signal.SIGCONT)
        assert self._process.stdin
        self._process.stdin.close()


def comm(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/comm").read_bytes().strip()
    except OSError:
        return b""


@contextmanager
def signalled(subject: Subject) -> Iterator[None]:
    """Send signals all the time while the block lasts."""
    done = threading.Event()

    def send() -> None:
        while not done.wait(BREATH_S):
            subject.send()

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield
    finally:
        done.set()
        sender.join()


def under_way(out: Path) -> None:
    wait_until(lambda: out.exists() and out.read_text().count("getpgid(") > ENOUGH, "calls in the trace")


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("torture_signals", tmp_path_factory.mktemp("program"), "-pthread")


def streamed(command: Sequence[str | Path]) -> Process:
    return start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


# A program that is attached to


@pytest.fixture
def running(program: Path) -> Iterator[Subject]:
    """The program, which ends well at the end of the test."""
    with ending(streamed([program])) as process:
        subject = Subject(process)
        yield subject
        assert subject.is_as_before()
        subject.goes_on()
        assert process.wait(30) == 0


def attach(subject: Subject, out: str, tracekit: Sequence[str] = TRACEKIT) -> list[str]:
    """Return the command that attaches to all of it."""
    return [*tracekit, "attach", "-f", "--tree", "-p", str(subject.pid), "-o", out]


@pytest.mark.parametrize("requests", REQUESTS.values(), ids=REQUESTS)
def test_requests_to_end(running: Subject, tmp_path: Path, requests: list[signal.Signals]) -> None:
    out = tmp_path / "t.strace"
    with ending(start(attach(running, str(out)))) as tracer, signalled(running):
        under_way(out)
        for request in requests:
            tracer.send_signal(request)
        assert tracer.wait(30) == 0
    wait_until(running.has_all_signals, "every signal")
    assert "# tracekit end " in out.read_text().splitlines()[-1]


@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS)
def test_a_bug_of_ours(running: Subject, tmp_path: Path, bug: tuple[str, ...]) -> None:
    out = tmp_path / "t.strace"
    tracekit = [sys.executable, "-c", FAILING, *bug]
    with ending(start(attach(running, str(out), tracekit))) as tracer, signalled(running):
        if bug[1] == "Release":
            under_way(out)
            tracer.send_signal(signal.SIGINT)
        assert tracer.wait(30) == ExitCode.BUG
    wait_until(running.has_all_signals, "every signal")


def test_a_full_disk(running: Subject, tmp_path: Path) -> None:
    need_root()
    folder = tmp_path / "disk"
    folder.mkdir()
    small = 'mount -t tmpfs -o size="$1" tmpfs "$2" && cd "$2" && shift 2 && exec "$@"'
    mounted = [need("unshare"), "--mount", "sh", "-c", small, "sh", DISK, str(folder)]
    tracer = start([*mounted, *attach(running, "t.strace")], stderr=subprocess.PIPE)
    with ending(tracer):
        with signalled(running):
            _, said = tracer.communicate(timeout=60)
        if b"mount" in said:
            pytest.skip(f"no file system can be mounted here: {said.decode()}")
        assert tracer.returncode == ExitCode.USAGE
    assert b"No space left on device" in said
    assert b"not written" in said
    wait_until(running.has_all_signals, "every signal")


def test_a_file_that_may_not_grow(running: Subject, tmp_path: Path) -> None:
    limited = [need("prlimit"), "--fsize=65536", *attach(running, str(tmp_path / "t.strace"))]
    with ending(start(limited)) as tracer, signalled(running):
        assert tracer.wait(30) == ExitCode.USAGE
    wait_until(running.has_all_signals, "every signal")


@pytest.mark.parametrize("reader", ["head -c 1000 > /dev/null", "exit 3"])
def test_a_closed_pipe(running: Subject, reader: str) -> None:
    with ending(start(attach(running, f"|{reader}"))) as tracer, signalled(running):
        assert tracer.wait(30) == ExitCode.USAGE
    wait_until(running.has_all_signals, "every signal")


def test_a_killed_tracer(running: Subject, tmp_path: Path) -> None:
    """What it has been told of and has not passed on yet dies with it; all others arrive."""
    out = tmp_path / "t.strace"
    with ending(start(attach(running, str(out)))) as tracer:
        with signalled(running):
            under_way(out)
        wait_until(running.has_all_signals, "every signal so far")
        tracer.kill()
        tracer.wait()
    wait_until(running.is_as_before, "the kernel to let go")


def test_a_second_request_leaves_what_cannot_be_stopped_to_the_kernel(tmp_path: Path) -> None:
    """The parent of a vfork stands in D state, in which nobody can let go of it."""
    program = build("follow_tasks", tmp_path, "-pthread")
    with ending(start([program, "vfork-waits"], stdin=subprocess.PIPE)) as process:
        wait_until(lambda: len(tree(process.pid)) == 2, "the child")
        child = max(set(tree(process.pid)) - {process.pid})
        wait_until(lambda: state(process.pid) == "D", "the parent to wait")
        command = [*TRACEKIT, "attach", "-f", "--tree", "-p", str(process.pid), "-o", str(tmp_path / "t")]
        with ending(start(command, stderr=subprocess.PIPE)) as tracer:
            assert tracer.stderr
            assert b"attached to 2 tasks" in tracer.stderr.readline()
            tracer.send_signal(signal.SIGINT)
            wait_until(lambda: not any(one.tracer for one in threads(child)), "the child to be let go of")
            assert [one.tracer for one in threads(process.pid)] == [tracer.pid]
            tracer.send_signal(signal.SIGINT)
            assert tracer.wait(30) == 0
            assert b"1 task left to the kernel" in tracer.stderr.read()
        assert not any(one.tracer for pid in (process.pid, child) for one in threads(pid))
        assert process.stdin
        process.stdin.write(b"x")
        process.stdin.close()
        assert process.wait(30) == 0


def state(pid: int) -> str:
    found = task(pid)
    return found.state if found else ""


def test_ctrl_z_passes_by(running: Subject, tmp_path: Path) -> None:
    """It would stop the tracer, and with it soon all that it traces."""
    out = tmp_path / "t.strace"
    with ending(start(attach(running, str(out)))) as tracer:
        under_way(out)
        lines = Path(f"/proc/{tracer.pid}/status").read_text().splitlines()
        ignored = int(next(line.split()[1] for line in lines if line.startswith("SigIgn")), 16)
        assert ignored >> (signal.SIGTSTP - 1) & 1


# A program that is started


def run(program: Path, out: str, *options: str, tracekit: Sequence[str] = TRACEKIT) -> list[str]:
    return [*tracekit, "run", "-f", *options, "-o", out, "--", str(program)]


@pytest.mark.parametrize("request_to_end", [signal.SIGTERM, signal.SIGHUP], ids=lambda one: one.name)
def test_requests_to_end_a_run(program: Path, tmp_path: Path, request_to_end: signal.Signals) -> None:
    out = tmp_path / "t.strace"
    with ending(streamed(run(program, str(out)))) as tracer:
        subject = Subject(tracer)
        with signalled(subject):
            under_way(out)
            for _ in range(2):
                tracer.send_signal(request_to_end)
            wait_until(subject.is_as_before, "everything as it was")
        subject.goes_on()
        assert tracer.wait(30) == 0
    assert "# tracekit end " in out.read_text().splitlines()[-1]


def test_the_end_of_a_runs_time(program: Path, tmp_path: Path) -> None:
    out = tmp_path / "t.strace"
    with ending(streamed(run(program, str(out), "--duration", "0.5"))) as tracer:
        subject = Subject(tracer)
        with signalled(subject):
            wait_until(subject.is_as_before, "everything as it was")
        wait_until(lambda: "# tracekit end " in out.read_text().splitlines()[-1], "the end of the trace")
        assert tracer.poll() is None
        subject.goes_on()
        assert tracer.wait(30) == 0


@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS)
def test_a_bug_of_ours_in_a_run(program: Path, tmp_path: Path, bug: tuple[str, ...]) -> None:
    out = tmp_path / "t.strace"
    tracekit = [sys.executable, "-c", FAILING, *bug]
    with ending(streamed(run(program, str(out), tracekit=tracekit))) as tracer:
        subject = Subject(tracer)
        with signalled(subject):
            if bug[1] == "Release":
                under_way(out)
                tracer.send_signal(signal.SIGTERM)
            wait_until(subject.is_as_before, "everything as it was")
        subject.goes_on()
        assert tracer.wait(30) == ExitCode.BUG


@pytest.mark.parametrize("out", ["/dev/full", "|head -c 1000 > /dev/null"])
def test_a_run_that_cannot_be_written(program: Path, out: str) -> None:
    with ending(streamed(run(program, out))) as tracer:
        subject = Subject(tracer)
        with signalled(subject):
            wait_until(subject.is_as_before, "everything as it was")
        subject.goes_on()
        assert tracer.wait(30) == ExitCode.USAGE


@pytest.mark.parametrize("filtered", [False, True], ids=["at every call", "under a filter"])
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=lambda one: one.name)
def test_the_end_of_a_tracer_with_and_without_a_filter(
    program: Path, tmp_path: Path, filtered: bool, end: signal.Signals
) -> None:
    if filtered and (reason := seccomp.obstacle(look()) or guardian.obstacle(look())):
        pytest.skip(f"no program can have a filter of ours here: {reason}")
    out = tmp_path / "t.strace"
    options = ["-e", "trace=getpgid"] if filtered else []
    with ending(streamed(run(program, str(out), *options))) as tracer:
        subject = Subject(tracer)
        with signalled(subject):
            under_way(out)
        wait_until(subject.has_all_signals, "every signal so far")
        tracer.send_signal(end)
        wait_until(subject.is_guarded if filtered else subject.is_as_before, "everything as it was")
        subject.goes_on()
        assert tracer.wait(30) == (-end if end == signal.SIGKILL else 0)
