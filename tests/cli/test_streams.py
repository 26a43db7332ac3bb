"""Standard streams that are full, closed, or of an encoding that lacks a character."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.requirements import need_ptrace
from tests.support.tracers import TRACEKIT
from tracekit.errors import ExitCode

LINE = '1  1.000001 openat(AT_FDCWD, "/srv/\\303\\251\\342\\202\\254", O_RDONLY) = 3\n'


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "t.strace"
    path.write_text(LINE)
    return path


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a shell command in which ``tracekit`` is the one under test."""
    here = f'tracekit() {{ {" ".join(TRACEKIT)} "$@"; }}\n'
    return subprocess.run(
        ["bash", "-c", here + command],
        check=False,
        capture_output=True,
        encoding="latin-1",
        timeout=60,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_a_full_disk_is_told_in_one_line(trace: Path, form: str) -> None:
    done = shell(f"tracekit files {trace} --format {form} > /dev/full")
    assert done.returncode == ExitCode.USAGE
    assert done.stderr == (
        "tracekit: cannot write the output: No space left on device (make room, or write elsewhere)\n"
    )


@pytest.mark.parametrize(
    ("where", "command", "trace_is", "code"),
    [
        (">&-", "files", "", ExitCode.ANSWERED),
        ("2>&-", "files", ".not-there", ExitCode.UNREADABLE),
        ("<&-", "docroot", "", ExitCode.UNDETERMINED),
        ("<&- >&- 2>&-", "files", "", ExitCode.ANSWERED),
        ("<&- >&- 2>&-", "docroot", "", ExitCode.UNDETERMINED),
        ("<&- >&- 2>&-", "files", ".not-there", ExitCode.UNREADABLE),
    ],
)
def test_closed_streams_change_no_exit_code(
    trace: Path, where: str, command: str, trace_is: str, code: ExitCode
) -> None:
    assert shell(f"tracekit {command} {trace}{trace_is} {where}").returncode == code


def test_a_full_standard_error_changes_no_exit_code(trace: Path) -> None:
    assert shell(f"tracekit files {trace}.not-there 2> /dev/full").returncode == ExitCode.UNREADABLE


def test_a_trace_does_not_become_the_standard_error_of_the_program(tmp_path: Path) -> None:
    need_ptrace()
    program = f"{sys.executable} -c 'import os; os.write(2, b\"spoilt\")'"
    shell(f"tracekit run -o {tmp_path}/t.strace -- {program} 2>&-")
    written = (tmp_path / "t.strace").read_text()
    assert written.startswith("# tracekit trace ")
    assert "\nspoilt" not in written
    assert not [line for line in written.splitlines() if line.startswith("spoilt")]


def test_a_character_that_the_encoding_lacks_is_written_out(trace: Path) -> None:
    done = shell(f"tracekit files {trace}", PYTHONIOENCODING="latin-1")
    assert done.returncode == ExitCode.ANSWERED
    assert "/srv/\u00e9\\u20ac " in done.stdout


def test_ctrl_c_ends_the_demo_and_its_server(tmp_path: Path) -> None:
    need_ptrace()
    with subprocess.Popen(
        [*TRACEKIT, "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as demo:
        assert demo.stdout
        assert demo.stderr
        pid = int(demo.stdout.readline().split("pid ")[1].split(")")[0])
        os.killpg(demo.pid, signal.SIGINT)
        assert demo.wait(30) == 128 + signal.SIGINT
        assert "Traceback" not in demo.stderr.read()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
