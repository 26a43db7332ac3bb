"""Tasks done by processes of their own: whatever ends one of them, the other tasks are done."""

import math
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import task, wait_until
from tracekit.lab.grading.workers import Crew, Lost

ENDLESS = "max(iter(int, 1))"
"""Takes a processor until it is ended, in one call of a C function: no signal handler of Python runs."""


def done(work: Callable[[Any], Any], tasks: list[Any], jobs: int = 2, **limits: Any) -> list[Any]:
    results = dict(Crew(work, jobs, **limits).results(tasks))
    assert sorted(results) == list(range(len(tasks)))
    return [results[index] for index in range(len(tasks))]


@pytest.mark.parametrize("jobs", [1, 2, 9])
def test_every_task_has_its_result(jobs: int) -> None:
    assert done(math.sqrt, [1.0, 4.0, 9.0, 16.0], jobs) == [1, 2, 3, 4]


def test_no_tasks_need_no_process() -> None:
    assert done(math.sqrt, []) == []


def test_an_error_is_told_and_the_rest_is_done() -> None:
    assert done(math.sqrt, [4.0, -1.0, 9.0], 1) == [2, Lost("ValueError: math domain error"), 3]


def test_a_process_that_ends_loses_its_task_alone() -> None:
    found = done(eval, ["1", "__import__('os')._exit(3)", "2"], 1)
    assert found == [1, Lost("its process ended with 3"), 2]


def test_a_process_that_is_killed_loses_its_task_alone() -> None:
    found = done(signal.raise_signal, [signal.SIGKILL, signal.SIGURG], 1)
    assert found == [Lost("its process was ended by SIGKILL"), None]


def test_a_task_has_so_much_of_a_processor() -> None:
    found = done(eval, ["1", ENDLESS, "2"], processor=1)
    assert found == [1, Lost("it took more than 1 s of a processor"), 2]


def test_a_task_has_so_much_time() -> None:
    assert done(time.sleep, [3600], clock=0.5) == [Lost("it took longer than 0.5 s")]
    assert done(time.sleep, [0], clock=3600) == [None]


def test_what_lies_in_the_current_folder_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("socket", "multiprocessing", "tracekit", "math"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a student was here')")
    monkeypatch.chdir(tmp_path)
    assert done(math.sqrt, [4.0]) == [2]


def test_processes_end_with_the_one_who_waits() -> None:
    results = Crew(eval, 2).results(["__import__('os').getpid()", "__import__('time').sleep(3600)"])
    _, pid = next(results)
    assert Path(f"/proc/{pid}").exists()
    results.close()
    assert not Path(f"/proc/{pid}").exists()


PARENT = """
import os, sys, time
from tracekit.lab.grading.workers import Crew
done = Crew(eval, 1).results(["__import__('os').getpid()", "1"])
print(next(done)[1], flush=True)
time.sleep(3600)
"""


def test_they_end_with_a_parent_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.kill()
    wait_until(lambda: not alive(pid), "the end of the process")


def alive(pid: int) -> bool:
    found = task(pid)
    return found is not None and not found.ended
