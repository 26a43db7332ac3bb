"""What there is to work with, on this machine."""

import os
import platform
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import ending, start, task, wait_until
from tests.support.requirements import need, need_ptrace
from tracekit.tracer.machine import means


def test_versions_and_cores() -> None:
    found = means.take_stock()
    assert found.versions["Python"] == platform.python_version()
    assert found.versions["python-ptrace"].startswith("0.9")
    assert 1 <= found.usable_cores <= found.cores


def test_the_version_of_strace() -> None:
    said = subprocess.run([need("strace"), "-V"], capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[0].endswith(f" {means.take_stock().strace}")


def test_no_strace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert means.take_stock().strace is None


def test_one_that_does_not_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "strace").write_text("#!/bin/false\n")
    (tmp_path / "strace").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert means.take_stock().strace == "that does not run"


def test_room(tmp_path: Path) -> None:
    found = means.take_stock(tmp_path)
    bounds = os.statvfs(tmp_path)
    assert found.folder == str(tmp_path)
    assert found.free is not None
    assert 0 <= found.free <= bounds.f_blocks * bounds.f_frsize
    assert means.take_stock(tmp_path / "gone").free is None


@pytest.mark.parametrize(("limit", "told"), [(123456, "123456"), (resource.RLIM_INFINITY, "None")])
def test_the_limit_of_a_file(limit: int, told: str) -> None:
    code = (
        "import resource as r; from tracekit.tracer.machine import take_stock; "
        f"r.setrlimit(r.RLIMIT_FSIZE, ({limit}, r.getrlimit(r.RLIMIT_FSIZE)[1])); "
        "print(take_stock().file_limit)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"{told}\n"


def test_who_traces_whom() -> None:
    need_ptrace()
    with ending(start(["sleep", "600"])) as process:
        tracer = start([need("strace"), "-qq", "-o", "/dev/null", "-p", str(process.pid)])
        with ending(tracer):
            wait_until(lambda: (one := task(process.pid)) and one.tracer == tracer.pid, "strace to attach")
            assert means.Traced(process.pid, "sleep", tracer.pid, "strace") in means.traced()
        wait_until(lambda: (one := task(process.pid)) and not one.tracer, "strace to let go")
        assert process.pid not in {one.pid for one in means.traced()}
