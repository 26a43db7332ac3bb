"""What cannot be done is said in one line, with a hint and the exit code of its kind."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.asking import tracekit
from tests.support.processes import Process, ending, start, task, wait_until
from tests.support.requirements import need, need_ptrace, need_root
from tests.support.tracers import TRACEKIT

pytestmark = pytest.mark.conformance

USAGE, NOT_PERMITTED, UNREADABLE = 2, 4, 5
"""The documented exit codes; not taken from the code that they are asked of."""

NOBODY = 65534
WITHOUT_PTRACE = ["--bounding-set", "-sys_ptrace"]
AS_NOBODY = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *WITHOUT_PTRACE]
READS_EVERYTHING = ["--inh-caps", "+dac_override", "--ambient-caps", "+dac_override"]
"""Lets nobody use an interpreter that lies in somebody's home; it allows no tracing."""

NO_TRACES = {
    "empty": b"",
    "prose": b"It is a truth universally acknowledged\nthat a trace is not a novel.\n",
    "binary": bytes(range(256)) * 40,
    "access log": b'127.0.0.1 - - [23/Nov/2026:06:27:19 +0000] "GET / HTTP/1.1" 200 45\n',
    "broken gzip.gz": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03 not deflated",
    "\x1b[31mred": b"not a trace\n",
}


@pytest.fixture
def program() -> Iterator[Process]:
    """A program that does nothing, to be traced."""
    with ending(start(["sleep", "600"])) as process:
        yield process


def complaint(command: list[str], status: int) -> str:
    """Run a command that cannot succeed and return what it says: a message, and a hint in brackets."""
    run = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert run.returncode == status, run.stderr
    return explained(run.stdout, run.stderr)


def explained(out: str, err: str) -> str:
    """Return the message of a command that could not be done, which is all that it says."""
    assert out == ""
    (line,) = err.splitlines()
    match = re.fullmatch(r"tracekit: (.+) \(.+\)", line)
    assert match, line
    assert line.isprintable()
    return match[1]


def setpriv(*words: str) -> list[str]:
    """Return the command that runs tracekit with fewer privileges."""
    need_root()
    return [need("setpriv"), *words, *TRACEKIT]


@pytest.mark.parametrize("command", ["docroot", "files", "dispatch"])
@pytest.mark.parametrize("name", NO_TRACES, ids=ascii)
def test_a_file_that_is_no_trace(name: str, command: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(NO_TRACES[name])
    code, out, err = tracekit(command, tmp_path / name)
    assert code == UNREADABLE
    assert explained(out, err)


def test_a_folder_with_nothing(tmp_path: Path) -> None:
    code, out, err = tracekit("docroot", tmp_path)
    assert code == UNREADABLE
    assert str(tmp_path) in explained(out, err)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "gone.strace" in complaint([*TRACEKIT, "docroot", str(tmp_path / "gone.strace")], UNREADABLE)


def test_a_process_that_is_gone(tmp_path: Path) -> None:
    process = start(["true"])
    process.wait()
    command = [*TRACEKIT, "attach", "-p", str(process.pid), "-o", str(tmp_path / "trace")]
    assert str(process.pid) in complaint(command, USAGE)


def test_a_name_that_no_process_has(tmp_path: Path) -> None:
    command = [*TRACEKIT, "attach", "--name", "no-such-program", "-o", str(tmp_path / "trace")]
    assert "no-such-program" in complaint(command, USAGE)


def test_a_process_of_another_user(program: Process, tmp_path: Path) -> None:
    as_nobody = setpriv(*AS_NOBODY, *READS_EVERYTHING)
    command = [*as_nobody, "attach", "-p", str(program.pid), "-o", str(tmp_path / "trace")]
    assert str(program.pid) in complaint(command, NOT_PERMITTED)
    assert program.poll() is None


def test_root_without_the_capability(tmp_path: Path) -> None:
    need_root()
    nobodys = [need("setpriv"), *AS_NOBODY, "sleep", "600"]
    with ending(start(nobodys)) as process:
        wait_until(
            lambda: Path(f"/proc/{process.pid}").stat().st_uid == NOBODY, "setpriv to have changed the user"
        )
        command = [*setpriv(*WITHOUT_PTRACE), "attach", "-p", str(process.pid), "-o", str(tmp_path / "trace")]
        assert str(process.pid) in complaint(command, NOT_PERMITTED)


def test_a_process_that_is_traced_already(program: Process, tmp_path: Path) -> None:
    need_ptrace()
    strace = [need("strace"), "-qq", "-o", str(tmp_path / "other"), "-p", str(program.pid)]
    with ending(start(strace)) as other:
        wait_until(lambda: (one := task(program.pid)) and one.tracer == other.pid, "strace to attach")
        command = [*TRACEKIT, "attach", "-p", str(program.pid), "-o", str(tmp_path / "trace")]
        assert str(other.pid) in complaint(command, NOT_PERMITTED)
    assert program.poll() is None
