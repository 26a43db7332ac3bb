"""Where PTRACE_GET_SYSCALL_INFO is refused, registers tell which call a task makes."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.chance import by_task
from tests.support.requirements import need_ptrace

REFUSED = """
import sys
from tracekit.tracer.kernel import ptrace
ptrace._GET_SYSCALL_INFO = int(sys.argv.pop(1), 0)
from tracekit.cli import main
sys.exit(main())
"""
RIGHT, UNKNOWN = "0x420e", "0x7fff"
CODE = """
import contextlib, os
with contextlib.suppress(OSError): os.chdir("/nowhere")
if not os.fork():
    os.chdir("/"); os._exit(3)
os.wait()
os.kill(os.getpid(), 15)
"""


@pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86-64 tells its registers so")
def test_the_lines_are_the_same(tmp_path: Path) -> None:
    need_ptrace()
    lines = []
    for request in (RIGHT, UNKNOWN):
        out = tmp_path / request
        command = [sys.executable, "-c", REFUSED, request, "run", "-f", "--plain", "-o", str(out)]
        calls = ["-e", "trace=chdir,execve,clone,fork,kill,exit_group"]
        program = ["--", sys.executable, "-S", "-c", CODE]
        done = subprocess.run([*command, *calls, *program], check=False, capture_output=True, timeout=60)
        assert done.returncode == 128 + 15, done.stderr
        lines.append(by_task(out.read_text()))
    assert lines[0] == lines[1]
    assert 'chdir("/nowhere") = -1 ENOENT (No such file or directory)' in lines[0][0]
    assert 'chdir("/") = 0' in lines[0][1]
